"""The personal model: nothing learned is nothing changed, sums stay exact, steps can be undone, files come back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from models.errors import JobError
from models.hub import LoadedModel, load_model
from models.live.corrections import Correction
from models.live.personal import Adapter
from models.networks.fusion import FusedAnswer
from models.networks.listener import Listener
from models.networks.personal import Personal, whole_logits
from tests.models.personal_toys import Heard, base_model, fusion, music

FIELDS = ("scores", "evidence", "bias", "values", "deviations", "whole", "whole_deviations", "gems")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return base_model(tmp_path_factory.mktemp("models") / "toy")


def _answer(model: LoadedModel, heard: Heard) -> FusedAnswer:
    with torch.inference_mode():
        answer = model.network(torch.from_numpy(heard.steps), torch.from_numpy(heard.summary))
    assert isinstance(answer, FusedAnswer)
    return answer


def _assert_same(mine: FusedAnswer, theirs: FusedAnswer, tolerance: float = 0.0) -> None:
    for name in FIELDS:
        torch.testing.assert_close(getattr(mine, name), getattr(theirs, name), atol=tolerance, rtol=0, msg=name)
    assert mine.novelty == theirs.novelty


def _lessons(adapter: Adapter, count: int, first: int = 0) -> None:
    for i in range(count):
        adapter.learn(Correction(music(first + i), quadrant="Q2", valence=-0.5, arousal=0.6))


def test_what_learned_nothing_answers_as_its_base(base: LoadedModel, tmp_path: Path) -> None:
    adapter = Adapter.open(base, tmp_path / "me")
    for seed in range(3):
        _assert_same(_answer(adapter.model, music(seed)), _answer(base, music(seed)), 1e-6)
    assert adapter.corrections == 0
    assert not adapter.can_undo
    assert not (tmp_path / "me").exists()


def test_a_correction_moves_the_answer_towards_it_and_the_base_stays(base: LoadedModel, tmp_path: Path) -> None:
    heard = music(3)
    before = _answer(base, heard)
    adapter = Adapter.open(base, tmp_path / "me")
    update = adapter.learn(Correction(heard, valence=-0.8, arousal=0.8))
    assert update.step == 1
    assert not update.migrated
    assert update.why == ""
    now = _answer(adapter.model, heard)
    assert update.after.valence == pytest.approx(float(now.whole[0]), abs=1e-5)
    assert update.before.valence == pytest.approx(float(before.whole[0]), abs=1e-5)
    target = torch.tensor([-0.8, 0.8])
    assert float((now.whole - target).norm()) < 0.8 * float((before.whole - target).norm())
    assert update.after.probabilities[1] > update.before.probabilities[1]
    assert sum(update.after.probabilities) == pytest.approx(1)
    _assert_same(_answer(base, heard), before, 1e-6)


def test_a_quadrant_alone_moves_its_probability_and_its_sides(base: LoadedModel, tmp_path: Path) -> None:
    adapter = Adapter.open(base, tmp_path / "me")
    heard = music(5)
    for quadrant, column in (("Q3", 2), ("Q1", 0)):
        update = adapter.learn(Correction(heard, quadrant=quadrant))
        assert update.after.probabilities[column] > update.before.probabilities[column]
    # What was said of one recording last stands: the first is not rehearsed against the second.
    assert adapter.corrections == 1


def test_contributions_over_time_and_bias_sum_exactly_to_the_logits(base: LoadedModel, tmp_path: Path) -> None:
    adapter = Adapter.open(base, tmp_path / "me")
    _lessons(adapter, 12)
    network = adapter.model.network
    assert isinstance(network, Personal)
    assert float(network.weights()[1:5, :4].abs().max()) > 1e-3  # logits are scaled, so the evidence must be too
    for seed in (50, 51):
        heard = music(seed)
        answer, plain = _answer(adapter.model, heard), _answer(base, heard)
        # The layer's whole as its documentation says it, against the parts that a page draws.
        row = torch.cat(
            (
                torch.ones(1),
                whole_logits(plain),
                plain.whole,
                network.components_of(torch.from_numpy(heard.summary)[None])[0],
            )
        )
        expected = whole_logits(plain) + (row @ network.weights())[:4]
        contributions = torch.softmax(answer.scores, dim=1)[..., None] * answer.evidence
        torch.testing.assert_close(contributions.sum(dim=(0, 1)) + answer.bias, expected, atol=1e-5, rtol=1e-5)
        assert float((answer.evidence - plain.evidence).abs().max()) > 1e-4
        torch.testing.assert_close(answer.values.mean(dim=0), answer.whole, atol=0.02, rtol=0)


def test_a_passage_moves_its_curve_and_leaves_the_rest(base: LoadedModel, tmp_path: Path) -> None:
    heard = music(7, steps=240)
    adapter = Adapter.open(base, tmp_path / "me")
    before = _answer(adapter.model, heard).values.numpy()
    update = adapter.learn(Correction(heard, valence=0.7, arousal=-0.7, start_s=40, end_s=60))
    after = _answer(adapter.model, heard).values.numpy()
    moved = after - before
    inside, far = moved[80:120].mean(axis=0), np.concatenate((moved[:60], moved[145:]))
    wanted = np.array([0.7, -0.7]) - before[80:120].mean(axis=0)
    assert (inside / wanted > 0.4).all()
    assert (np.abs(far.mean(axis=0)) < 0.35 * np.abs(inside)).all()
    np.testing.assert_allclose((update.after.valence, update.after.arousal), after[80:120].mean(axis=0), atol=1e-4)
    assert adapter.corrections == 1


def test_every_step_can_be_undone(base: LoadedModel, tmp_path: Path) -> None:
    adapter = Adapter.open(base, tmp_path / "me")
    heard = music(99)
    states, versions = [], []
    for i in range(4):
        states.append(_answer(adapter.model, heard))
        versions.append(adapter.model.card.version)
        correction = Correction(music(i), quadrant="Q4", start_s=None if i % 2 else 2, end_s=None if i % 2 else 9)
        adapter.learn(correction)
    assert len(set(versions)) == 4
    for left in range(3, -1, -1):
        adapter.undo()
        _assert_same(_answer(adapter.model, heard), states[left], 1e-6)
        assert adapter.model.card.version == versions[left]
        assert adapter.corrections == left
    with pytest.raises(JobError, match="no correction to take back"):
        adapter.undo()


def test_after_undo_it_goes_on_as_if_the_step_had_not_been(base: LoadedModel, tmp_path: Path) -> None:
    one, other = Adapter.open(base, tmp_path / "one"), Adapter.open(base, tmp_path / "other")
    _lessons(one, 3)
    _lessons(other, 3)
    one.learn(Correction(music(40), valence=0.9, arousal=0.9))
    one.undo()
    for adapter in (one, other):
        adapter.learn(Correction(music(41), valence=-0.9, arousal=0.2))
    _assert_same(_answer(one.model, music(42)), _answer(other.model, music(42)), 1e-5)


def test_a_saved_layer_loads_over_its_base_and_goes_on(base: LoadedModel, tmp_path: Path) -> None:
    own = base.card.folder.parent
    adapter = Adapter.open(base, own / "mine")
    _lessons(adapter, 3)
    adapter.learn(Correction(music(8), quadrant="Q1", start_s=3, end_s=8))
    card = adapter.save()
    assert card.version == adapter.model.card.version
    assert card.raw["band_coverage"] == 0.8
    assert card.raw["corrections"] == 4
    loaded = load_model("mine", "cpu", own)
    assert isinstance(loaded.network, Personal)
    _assert_same(_answer(loaded, music(60)), _answer(adapter.model, music(60)), 1e-6)
    again = Adapter.open(base, own / "mine")
    assert again.corrections == 4
    updates = [one.learn(Correction(music(61), valence=0.1, arousal=-0.9)) for one in (adapter, again)]
    assert updates[0].after.valence == pytest.approx(updates[1].after.valence, abs=1e-5)
    _assert_same(_answer(again.model, music(62)), _answer(adapter.model, music(62)), 1e-5)


def test_a_layer_without_its_base_or_over_another_says_so(base: LoadedModel, tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(base.card.folder, models / "toy")
    copied = load_model("toy", "cpu", models)
    adapter = Adapter.open(copied, models / "mine")
    _lessons(adapter, 1)
    adapter.save()
    changed = fusion()
    changed.get_buffer("memory_weight").fill_(2.0)
    other = base_model(tmp_path / "elsewhere" / "toy", changed)
    with pytest.raises(JobError, match="another version of toy"):
        Adapter.open(other, models / "mine")
    shutil.rmtree(models / "toy")
    with pytest.raises(JobError, match="personal model over toy, which is not here"):
        load_model("mine", "cpu", models)
    shutil.copytree(other.card.folder, models / "toy")
    with pytest.raises(JobError, match="another version of toy"):
        load_model("mine", "cpu", models)


def test_a_damaged_layer_is_refused(base: LoadedModel, tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(base.card.folder, models / "toy")
    adapter = Adapter.open(load_model("toy", "cpu", models), models / "mine")
    _lessons(adapter, 1)
    adapter.save()
    file = models / "mine" / "card.json"
    card = json.loads(file.read_text(encoding="utf-8"))
    card["network"]["kept"] = 7
    file.write_text(json.dumps(card), encoding="utf-8")
    for attempt in (lambda: load_model("mine", "cpu", models), lambda: Adapter.open(base, models / "mine")):
        with pytest.raises(JobError, match="cannot be loaded"):
            attempt()


def test_only_models_with_a_memory_can_be_adapted(base: LoadedModel, tmp_path: Path) -> None:
    listener = Listener(4, hidden=8)
    with pytest.raises(JobError, match="no memory of known music"):
        Adapter.open(LoadedModel(base.card, listener, "cpu"), tmp_path / "me")
    adapter = Adapter.open(base, tmp_path / "me")
    with pytest.raises(JobError, match="personal model itself"):
        Adapter.open(adapter.model, tmp_path / "again")
    with pytest.raises(JobError, match="model of another kind"):
        Adapter.open(base, base.card.folder)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "needs a quadrant"),
        ({"quadrant": "Q5"}, "no quadrant 'Q5'"),
        ({"valence": 0.1}, "both valence and arousal"),
        ({"valence": 1.2, "arousal": 0.0}, "from -1 to 1"),
        ({"valence": float("nan"), "arousal": 0.0}, "from -1 to 1"),
        ({"quadrant": "Q1", "start_s": 3.0}, "a start and an end"),
        ({"quadrant": "Q1", "start_s": 5.0, "end_s": 5.0}, "earlier to a later"),
        ({"quadrant": "Q1", "start_s": 400.0, "end_s": 500.0}, "recording ends"),
    ],
)
def test_what_nothing_can_be_learned_from_is_refused(
    base: LoadedModel, tmp_path: Path, said: dict[str, object], words: str
) -> None:
    adapter = Adapter.open(base, tmp_path / "me")
    with pytest.raises(JobError, match=words) as caught:
        adapter.learn(Correction(music(1), **said))  # type: ignore[arg-type]
    assert caught.value.kind == "bad_data"
    assert adapter.corrections == 0
    assert not adapter.can_undo


def test_no_number_ever_gets_in(base: LoadedModel, tmp_path: Path) -> None:
    adapter = Adapter.open(base, tmp_path / "me")
    _lessons(adapter, 1)
    before = _answer(adapter.model, music(2))
    heard = music(4)
    for steps, summary in ((heard.steps * np.nan, heard.summary), (heard.steps, heard.summary + np.inf)):
        with pytest.raises(JobError, match="no number in places"):
            adapter.learn(Correction(Heard(steps, summary), quadrant="Q1"))
    _assert_same(_answer(adapter.model, music(2)), before, 1e-6)
    assert adapter.corrections == 1
    # Far out, but numbers: learned from, and still numbers.
    adapter.learn(Correction(Heard(heard.steps * 1e6, heard.summary * 1e6), quadrant="Q3"))
    assert bool(torch.isfinite(_answer(adapter.model, music(2)).values).all())


def test_a_failed_step_leaves_the_model_as_it_was(
    base: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.live import personal
    from models.live.learning import Weights

    adapter = Adapter.open(base, tmp_path / "me")
    _lessons(adapter, 2)
    before = _answer(adapter.model, music(2))

    def explode(weights: Weights, *_: object) -> Weights:
        return Weights(weights.whole * np.inf, weights.moving)

    monkeypatch.setattr(personal, "learn", explode)
    with pytest.raises(JobError, match="Nothing was learned"), np.errstate(invalid="ignore"):
        adapter.learn(Correction(music(5), quadrant="Q1"))
    _assert_same(_answer(adapter.model, music(2)), before, 1e-6)
    assert adapter.corrections == 2


def test_a_personal_model_is_analysed_and_written_like_any_other(base: LoadedModel, tmp_path: Path) -> None:
    from models.networks.fusion import FusedNetwork

    adapter = Adapter.open(base, tmp_path / "me")
    assert isinstance(adapter.model.network, FusedNetwork)
    assert adapter.model.card.id == "me"
    with pytest.raises(JobError):  # a layer without its base cannot be written over what is no model
        (tmp_path / "me").mkdir()
        (tmp_path / "me" / "thesis.txt").write_text("mine", encoding="utf-8")
        adapter.save()
    assert (tmp_path / "me" / "thesis.txt").read_text(encoding="utf-8") == "mine"
