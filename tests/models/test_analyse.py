from __future__ import annotations

import copy
import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.analysis import Analysis, Overview
from models.audio.decode import decode, sha256_of
from models.audio.log_mel import log_mel
from models.errors import Cancelled, JobError
from models.hub import LoadedModel
from models.inference.analyse import analyse
from models.inference.stepped import WindowRunner, derive_valence_arousal
from models.jobs import AnalysisRequest, CancelToken, Progress
from models.numerics import softmax
from tests import corpus
from tests.tiny_model import tiny_network

Event = Progress | Overview | Analysis


def _events(path: Path, model: LoadedModel, cancel: CancelToken | None = None) -> Iterator[Event]:
    return analyse(AnalysisRequest(5, path), model, cancel or CancelToken())


def _analysis(path: Path, model: LoadedModel) -> Analysis:
    *_, last = _events(path, model)
    assert isinstance(last, Analysis)
    return last


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seventy seconds of stereo FLAC at 44.1 kHz."""
    y = corpus.melody(70, 1, 44_100)
    return corpus.write(tmp_path_factory.mktemp("music") / "song.flac", np.stack((y, 0.5 * y), axis=1), 44_100)


def test_events_come_in_order_and_progress_rises_to_one(song: Path, tiny: LoadedModel) -> None:
    events = list(_events(song, tiny))
    kinds = [type(event) for event in events]
    assert kinds.count(Overview) == kinds.count(Analysis) == 1
    assert kinds[-1] is Analysis
    reading, listening = events[: kinds.index(Overview)], events[kinds.index(Overview) + 1 : -1]
    assert {e.stage for e in reading if isinstance(e, Progress)} == {"reading"}
    assert {e.stage for e in listening if isinstance(e, Progress)} == {"listening"}
    fractions = [e.fraction for e in events if isinstance(e, Progress)]
    assert fractions == sorted(fractions)
    assert fractions[0] >= 0
    assert fractions[-1] == 1.0
    assert len(set(fractions)) > 4
    assert {e.job_id for e in events if isinstance(e, Progress)} == {5}


def test_what_an_analysis_says_agrees_with_itself(song: Path, tiny: LoadedModel) -> None:
    a = _analysis(song, tiny)
    assert (a.sha256, a.sample_rate_hz, a.model_id, a.model_version) == (sha256_of(song), 44_100, "tiny", "7")
    assert a.duration_s == pytest.approx(70, abs=0.01)
    t = len(a.times_s)
    assert t == pytest.approx(70 / a.step_s, abs=1)
    assert a.quadrants_over_time.shape == a.contributions.shape == (t, 4)
    assert a.attention.shape == a.valence_over_time.shape == a.arousal_over_time.shape == (t,)
    assert (np.diff(a.times_s) > 0).all()
    assert a.times_s[0] > 0
    assert a.times_s[-1] <= a.duration_s
    assert a.probabilities.sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(a.quadrants_over_time.sum(axis=1), 1, atol=1e-6)
    assert a.attention.sum() == pytest.approx(1, abs=1e-6)
    # Equation 5 holds for the whole recording: the steps' contributions and the bias are the logits.
    logits = a.contributions.astype(np.float64).sum(axis=0) + a.bias
    np.testing.assert_allclose(softmax(logits), a.probabilities, atol=1e-5)
    assert a.valence == pytest.approx(float(a.probabilities @ [1, -1, -1, 1]), abs=1e-6)
    assert a.arousal == pytest.approx(float(a.probabilities @ [1, 1, -1, -1]), abs=1e-6)
    np.testing.assert_allclose(a.valence_over_time, a.quadrants_over_time @ [1, -1, -1, 1], atol=1e-5)
    assert a.valence_arousal_source == "derived"
    assert a.quadrant == f"Q{a.probabilities.argmax() + 1}"
    assert a.quadrants_over_time.std(axis=0).max() > 1e-3  # the small network does not say the same all the time


def test_thirty_seconds_get_exactly_the_networks_own_answer(tmp_path: Path, tiny: LoadedModel) -> None:
    path = corpus.write(tmp_path / "clip.wav", corpus.melody(30, 2), subtype="FLOAT")
    a = _analysis(path, tiny)
    mel = log_mel(decode(path))
    with torch.inference_mode():
        own = torch.softmax(tiny.network(torch.from_numpy(mel[None])), dim=1)[0].numpy()
    np.testing.assert_allclose(a.probabilities, own, atol=2e-3)  # the recording keeps its log-mel in half precision
    assert a.notes == ()


def test_corners_of_the_plane() -> None:
    valence, arousal = derive_valence_arousal(np.eye(4))
    assert valence.tolist() == [1, -1, -1, 1]
    assert arousal.tolist() == [1, 1, -1, -1]


def test_a_build_up_has_its_climax_where_it_was_planted(tmp_path: Path, tiny: LoadedModel) -> None:
    a = _analysis(corpus.write(tmp_path / "rise.wav", corpus.build_up(32, 30)), tiny)
    assert a.climaxes[0].start_s < 30 < a.climaxes[0].end_s
    assert all(0 <= c.start_s <= c.peak_s <= c.end_s <= a.duration_s for c in a.climaxes)


@pytest.mark.parametrize("seconds", [0.1, 0.5, 3.0])
def test_short_music_gets_an_answer_and_a_note(tmp_path: Path, tiny: LoadedModel, seconds: float) -> None:
    a = _analysis(corpus.write(tmp_path / "short.wav", corpus.melody(seconds)), tiny)
    assert a.probabilities.sum() == pytest.approx(1, abs=1e-6)
    assert len(a.times_s) == max(1, int(seconds / a.step_s))
    assert (a.times_s <= a.duration_s).all()
    assert a.climaxes == ()
    assert any("guess" in note for note in a.notes)


def test_repairs_are_noted(tmp_path: Path, tiny: LoadedModel) -> None:
    a = _analysis(corpus.nan_and_infinite(tmp_path), tiny)
    assert any("4 samples were not numbers" in note for note in a.notes)


@pytest.mark.parametrize("name", sorted(corpus.BAD))
def test_every_bad_file_is_an_error_of_its_kind(tmp_path: Path, tiny: LoadedModel, name: str) -> None:
    kind, make = corpus.BAD[name]
    path = make(tmp_path)
    with pytest.raises(JobError) as caught:
        list(_events(path, tiny))
    assert caught.value.kind == kind
    assert path.name in caught.value.message


# Cancel --------------------------------------------------------------------------------------------------------------


def test_cancel_before_the_start_reads_no_audio(song: Path, tiny: LoadedModel) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        next(_events(song, tiny, cancel))


def test_cancel_answers_after_at_most_one_more_event(song: Path, tiny: LoadedModel) -> None:
    total = len(list(_events(song, tiny)))
    for when in {1, 2, total // 2, total - 2, total - 1}:
        cancel = CancelToken()
        seen = 0
        with pytest.raises(Cancelled):
            for _ in _events(song, tiny, cancel):
                seen += 1
                if seen == when:
                    cancel.cancel()
        assert seen <= when + 1


def test_a_cancelled_analysis_lets_go_of_the_file(tmp_path: Path, tiny: LoadedModel) -> None:
    path = corpus.write(tmp_path / "a.wav", corpus.melody(20))
    work = _events(path, tiny)
    next(work)
    work.close()  # type: ignore[attr-defined]
    if Path("/proc/self/fd").is_dir():
        opened = [Path("/proc/self/fd") / fd.name for fd in Path("/proc/self/fd").iterdir()]
        assert path.resolve() not in [fd.resolve() for fd in opened if fd.exists()]


# A network that fails ------------------------------------------------------------------------------------------------


def _with_network(model: LoadedModel, network: Any, device: str = "cpu") -> LoadedModel:
    return dataclasses.replace(model, network=network, device=device)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("where", ["classifier.weight", "attention_context.weight", "classifier.bias"])
def test_weights_that_are_no_numbers_are_a_bad_model(
    tmp_path: Path, tiny: LoadedModel, where: str, value: float
) -> None:
    network = tiny_network()
    network.get_parameter(where)[0] = value
    path = corpus.write(tmp_path / "a.wav", corpus.melody(8))
    with pytest.raises(JobError) as caught:
        _analysis(path, _with_network(tiny, network))
    assert caught.value.kind == "bad_model"
    assert "tiny" in caught.value.message


class _Memory:
    """Stands in for a network on a device that holds `room` windows at a time."""

    def __init__(self, network: Any, room: int, error: Exception | None = None) -> None:
        self._network = network
        self.room = room
        self.sizes: list[int] = []
        self.error = error or torch.OutOfMemoryError("CUDA out of memory.")
        self.classifier = network.classifier

    def normalise(self, x: torch.Tensor) -> torch.Tensor:
        self.sizes.append(len(x))
        if len(x) > self.room:
            raise self.error
        normal: torch.Tensor = self._network.normalise(x)
        return normal

    def steps(self, x: torch.Tensor) -> Any:
        return self._network.steps(x)

    def __deepcopy__(self, memo: object) -> _Memory:
        return self

    def cpu(self) -> Any:
        return self._network


class _OnTheCpu(WindowRunner):
    """A runner that believes it has a GPU, of which this machine has none: tensors stay where they are."""

    def _steps(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        steps = self._network.steps(self._network.normalise(x))
        return steps.scores, steps.evidence


@pytest.fixture
def windows() -> np.ndarray:
    return np.random.default_rng(0).normal(-7, 3, (16, 128, 320)).astype(np.float32)


def test_out_of_memory_halves_the_batch_for_good(tiny: LoadedModel, windows: np.ndarray) -> None:
    memory = _Memory(tiny.network, room=5)
    runner = _OnTheCpu(_with_network(tiny, memory, "cuda"))
    scores, evidence = runner(windows)
    assert memory.sizes == [16, 8, 4, 4, 4, 4]
    runner(windows)
    assert memory.sizes[6:] == [4, 4, 4, 4]
    assert runner.notes == []
    plain = WindowRunner(tiny)
    plain.batch = 16
    for got, expected in zip((scores, evidence), plain(windows), strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-4)


def test_a_gpu_without_room_for_one_window_hands_over_to_the_cpu_and_says_so(
    tiny: LoadedModel, windows: np.ndarray
) -> None:
    memory = _Memory(tiny.network, room=0)
    runner = _OnTheCpu(_with_network(tiny, memory, "cuda"))
    scores, _ = runner(windows)
    assert memory.sizes == [16, 8, 4, 2, 1]
    assert scores.shape == (16, 20)
    (note,) = runner.notes
    assert "cuda" in note
    assert "CPU" in note


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_a_machine_without_memory_is_an_error_that_says_so(song: Path, tiny: LoadedModel, error: Exception) -> None:
    with pytest.raises(JobError) as caught:
        _analysis(song, _with_network(tiny, _Memory(tiny.network, room=0, error=error)))
    assert caught.value.kind == "out_of_memory"
    assert "memory" in caught.value.message


def test_other_faults_of_the_network_are_not_taken_for_want_of_memory(song: Path, tiny: LoadedModel) -> None:
    broken = _Memory(tiny.network, room=0, error=RuntimeError("shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="shapes"):
        _analysis(song, _with_network(tiny, broken))


# Memory --------------------------------------------------------------------------------------------------------------

_PEAK = """
import resource, sys
from pathlib import Path
from models.hub import load_model
from models.inference.analyse import analyse
from models.jobs import AnalysisRequest, CancelToken
model = load_model(sys.argv[1], "cpu")
for path in sys.argv[2:]:
    for event in analyse(AnalysisRequest(0, Path(path)), model, CancelToken()):
        pass
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(event.times_s))
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read in Linux's unit")
def test_the_memory_for_a_long_recording_is_that_of_its_log_mel(tmp_path: Path, tiny_folder: Path) -> None:
    (tmp_path / "short").mkdir()
    short = corpus.long_recording(tmp_path / "short", 60)
    long = corpus.long_recording(tmp_path, 25 * 60)
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, str(tiny_folder), str(short), str(long)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    (first, _), (peak, steps) = (map(int, line.split()) for line in done.stdout.splitlines())
    assert steps == pytest.approx(25 * 60 / 0.3715, rel=0.01)
    # 25 min are 132 MB of samples and, in half precision, 17 MB of log-mel; three hours must stay under 1 GB.
    assert (peak - first) / 1024 < 70


def test_a_close_call_is_said_and_a_clear_answer_is_not(tmp_path: Path, tiny: LoadedModel) -> None:
    path = corpus.write(tmp_path / "song.wav", corpus.melody(12))
    network = copy.deepcopy(tiny.network)
    for bias, said in (([0.0, 0.05, -3.0, -3.0], True), ([0.0, 0.8, -3.0, -3.0], False)):
        with torch.no_grad():
            network.classifier.weight.zero_()
            network.classifier.bias.copy_(torch.tensor(bias))
        *_, last = analyse(AnalysisRequest(0, path), dataclasses.replace(tiny, network=network), CancelToken())
        assert isinstance(last, Analysis)
        assert any(note.startswith("Undecided: Q2 (") for note in last.notes) is said
