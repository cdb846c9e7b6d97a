"""Networks by kind: built, trained, written, and refused where they have nothing to say over time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from models.data.labelled import LabelledClip
from models.errors import JobError
from models.hub import load_model
from models.inference.analyse import analyse
from models.jobs import AnalysisRequest, CancelToken
from models.networks import registry
from models.networks.base import LogMelNetwork, SteppedNetwork
from models.networks.crnn import CRNN
from models.training.loop import predict
from models.training.recipes import Recipe
from models.training.record import TrainingRun
from models.training.run import run_training
from tests import corpus
from tests.tiny_model import write_tiny_model


class Plain(LogMelNetwork):
    """Two numbers per band over a clip's time, and a linear layer: no steps, no context."""

    def __init__(self, *, width: int = 8) -> None:
        super().__init__()
        self.first = nn.Linear(256, width)
        self.classifier = nn.Linear(width, 4)

    def answer(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.classifier(torch.relu(self.first(torch.cat((x.mean(2), x.std(2)), dim=1))))
        return logits


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(registry.KINDS, "plain", Plain)
    return "plain"


def _clips(n: int) -> tuple[list[LabelledClip], np.ndarray]:
    clips = [LabelledClip(Path(f"{i}.wav"), i % 4, f"song {i // 4}", source="toy") for i in range(n)]
    features = np.random.default_rng(0).normal(-7, 2, (n, 128, 48)).astype(np.float16)
    for i in range(n):
        features[i, 32 * (i % 4) : 32 * (i % 4) + 32] += 4  # each quadrant is loud in bands of its own
    return clips, features


def test_a_kind_and_its_arguments_make_a_network() -> None:
    network = registry.build("crnn", attention=False)
    assert isinstance(network, CRNN)
    assert not network.attention
    with pytest.raises(ValueError, match=r"'gru' is no kind of network; there are .*crnn"):
        registry.build("gru")
    with pytest.raises(TypeError):
        registry.build("crnn", colour="blue")


def test_a_network_that_only_answers_is_trained_measured_written_and_loaded(plain: str, tmp_path: Path) -> None:
    clips, features = _clips(32)
    recipe = Recipe(
        "plain", network=plain, arguments={"width": 12}, crop_frames=32, epochs=30, batch=8, learning_rate=1e-2
    )
    # Tags are no reason to fail for a network that has no vector to ask for them.
    clips = [replace(clip, tags=frozenset({"piano"})) for clip in clips]
    *_, card = run_training(TrainingRun(tmp_path / "m", recipe, folds=2), clips, features)
    assert card.raw["network"] == {"kind": "plain", "width": 12}
    assert card.raw["scores"]["sources"]["toy"]["accuracy"]["value"] > 0.7
    loaded = load_model(str(tmp_path / "m"), "cpu").network
    assert isinstance(loaded, Plain)
    assert np.mean(predict(loaded, features).argmax(axis=1) == np.arange(32) % 4) > 0.7


def test_what_says_nothing_over_time_cannot_be_looked_at(plain: str, tmp_path: Path) -> None:
    from models.hub import write_model

    write_model(tmp_path / "m", Plain(), {"kind": plain}, {"name": "P", "version": "1", "summary": ""})
    song = corpus.write(tmp_path / "a.wav", corpus.melody(1))
    with pytest.raises(JobError, match="m answers for whole clips only") as caught:
        list(analyse(AnalysisRequest(1, song), load_model(str(tmp_path / "m"), "cpu"), CancelToken()))
    assert caught.value.kind == "bad_model"


def test_a_model_of_a_kind_from_elsewhere_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tiny_model(tmp_path / "m")
    monkeypatch.delitem(registry.KINDS, "crnn")
    with pytest.raises(JobError, match="cannot be loaded") as caught:
        load_model(str(tmp_path / "m"), "cpu")
    assert caught.value.kind == "bad_model"
    assert "crnn" in caught.value.detail


def test_the_crnn_is_one_that_can_be_looked_at_and_gives_its_context() -> None:
    torch.manual_seed(0)
    network = CRNN().eval()
    assert isinstance(network, SteppedNetwork)
    x = torch.randn(2, 128, 64)
    logits, context = network.answer_and_context(network.normalise(x))
    torch.testing.assert_close(logits, network(x))
    torch.testing.assert_close(network.classifier(context), network(x), atol=1e-5, rtol=0)
