from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from models.analysis import QUADRANTS, Analysis
from models.audio.decode import decode
from models.audio.descriptors.stream import of_frames
from models.errors import Cancelled, JobError
from models.explain import hearing
from models.explain.asked import Asked, ask
from models.explain.explain import ExplainRequest, explain, explain_sound
from models.explain.explanation import Explanation, Method, Target
from models.explain.faithfulness import measure, order_of, rank_correlation, with_random_weights
from models.explain.gradients import between, integrated_gradients, saliency, slope
from models.explain.hearing import Features
from models.explain.occlusion import COARSE, FINE, Patches, occlude
from models.explain.sound import N_ROWS, Sound, front_ends
from models.hub import LoadedModel, load_model
from models.inference.analyse import HeardRecording, analyse
from models.jobs import AnalysisRequest, CancelToken, Progress
from models.networks.base import LogMelNetwork
from tests import corpus


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpus.write(tmp_path_factory.mktemp("songs") / "song.wav", corpus.build_up(12, 8.0))


@pytest.fixture(scope="module")
def sound(song: Path) -> Sound:
    return front_ends([decode(song)])


@pytest.fixture(scope="module")
def base() -> LoadedModel:
    return load_model("affekt-base", "cpu")


def _explained(asked: Asked, sound: Sound, model: LoadedModel, method: Method) -> list[Explanation]:
    request = ExplainRequest(1, Path("song.wav"), asked.target, method)
    events = explain_sound(request, asked, sound, model, CancelToken())
    return [event for event in events if isinstance(event, Explanation)]


def _whole(sound: Sound) -> slice:
    return slice(0, sound.grid.columns)


class _Planted(Asked):
    """Cares for how loud some cells of the map are, and for nothing else."""

    def __init__(self, weights: NDArray[np.float64]) -> None:
        self.target: Target = "Q1"
        self._weights = weights

    def read(self, sound: Sound) -> Features:
        return (torch.from_numpy(sound.log_mel),)

    def read_again(self, sound: Sound, mask: NDArray[np.bool_], within: slice) -> Features:
        return self.read(sound.without(mask))

    def number(self, features: Features) -> torch.Tensor:
        return (features[0] * self._over(features[0].shape[1])).sum() / 1000

    def _over(self, frames: int) -> torch.Tensor:
        columns = np.minimum(np.arange(frames) * 512 / 22050 // 0.5, self._weights.shape[1] - 1).astype(int)
        return torch.from_numpy(np.repeat(self._weights, 4, axis=0)[:, columns].astype(np.float32))

    def front(self, sound: Sound) -> torch.Tensor:
        return torch.from_numpy(sound.log_mel)

    def through(self, front: torch.Tensor, features: Features, columns: NDArray[np.bool_]) -> Features:
        return (front,)

    def weighing(self, features: Features) -> tuple[torch.Tensor, torch.Tensor]:
        raise NotImplementedError

    def columns_of_steps(self, sound: Sound, steps: int) -> NDArray[np.int64]:
        raise NotImplementedError

    def on_grid(self, sound: Sound, values: NDArray[np.floating]) -> NDArray[np.float64]:
        from models.audio.log_mel import band_centres_hz

        return sound.grid.pooled(values, band_centres_hz(), np.arange(values.shape[1]) * 512 / 22050)

    def over_time(self, sound: Sound, attributed: Features, changed: Features) -> NDArray[np.float64]:
        out: NDArray[np.float64] = self.on_grid(sound, attributed[0].numpy()).sum(axis=0)
        return out


@pytest.fixture
def planted(sound: Sound) -> _Planted:
    """It listens to a low sound at 3 s, and is put off by a high one at 9 s."""
    weights = np.zeros(sound.grid.shape)
    weights[4:8, 6:8] = 1.0
    weights[20:24, 18:20] = -1.0
    return _Planted(weights)


def test_only_the_cells_that_are_named_are_filled(sound: Sound) -> None:
    mask = np.zeros(sound.grid.shape, np.bool_)
    mask[:, 4:6] = True  # from 2 to 3 s
    without = sound.without(mask)
    for before, after, rate_hz in (
        (sound.log_mel, without.log_mel, 22_050 / 512),
        (sound.tag_mel.T, without.tag_mel.T, 62.5),
        (sound.log_cqt, without.log_cqt, 22_050 / 2048),
    ):
        times_s = np.arange(before.shape[1]) / rate_hz
        inside = (times_s >= 2) & (times_s < 3)
        assert np.array_equal(before[:, ~inside], after[:, ~inside])
        assert after[:, inside] == pytest.approx(
            np.repeat(before.mean(axis=1)[:, None], inside.sum(), axis=1), abs=1e-5
        )
    low = np.zeros(sound.grid.shape, np.bool_)
    low[:10] = True
    changed = np.flatnonzero((sound.without(low).log_mel != sound.log_mel).any(axis=1))
    assert changed.max() == 39  # four bands to a row


@pytest.mark.parametrize("model_id", ["affekt-base", "affekt-fast"])
@pytest.mark.parametrize("seconds", [12, 34])
def test_what_is_explained_is_the_answer_of_the_analysis(model_id: str, seconds: int, tmp_path: Path) -> None:
    path = corpus.write(tmp_path / "song.wav", corpus.build_up(seconds, 8.0))
    model = load_model(model_id, "cpu")
    kept: list[HeardRecording] = []
    *_, analysis = analyse(AnalysisRequest(1, path), model, CancelToken(), keep=kept.append)
    assert isinstance(analysis, Analysis)
    sound = front_ends([decode(path)])
    for recording in kept:  # of a fused model
        known = replace(sound)
        known.hearing.know(recording.heard)
        for first, second in zip(sound.hearing.whole(sound), known.hearing.whole(known), strict=True):
            torch.testing.assert_close(first, second, atol=1e-4, rtol=1e-5)
    logs = np.log(analysis.probabilities)
    for quadrant in ("Q1", "Q3"):
        number = ask(model, quadrant).answer(sound)
        assert number == pytest.approx(float(logs[QUADRANTS.index(quadrant)] - logs.mean()), abs=0.02)
    assert ask(model, "arousal").answer(sound) == pytest.approx(analysis.arousal, abs=0.01)
    assert ask(model, "valence").answer(sound) == pytest.approx(analysis.valence, abs=0.01)


@pytest.mark.parametrize("attribute", [saliency, integrated_gradients])
def test_gradients_find_what_the_model_listens_to(
    attribute: Callable[..., NDArray[np.float64]], planted: _Planted, sound: Sound
) -> None:
    found = attribute(planted, sound, planted.read(sound), _whole(sound), lambda: None)
    cells = np.abs(found)
    heard = np.zeros(cells.shape, np.bool_)
    heard[4:8, 6:8] = heard[20:24, 18:20] = True
    assert cells[heard].sum() == pytest.approx(cells.sum(), rel=1e-6)


def test_integrated_gradients_add_up_to_the_difference_from_the_mean(sound: Sound) -> None:
    asked = ask(load_model("affekt-fast", "cpu"), "Q1")
    difference = asked.answer(sound) - asked.answer(sound.without(np.ones(sound.grid.shape, np.bool_)))
    given = integrated_gradients(asked, sound, asked.read(sound), _whole(sound), lambda: None)
    assert given.sum() == pytest.approx(difference, abs=0.1 * abs(difference))


@pytest.mark.parametrize("patches", [COARSE, FINE])
def test_occlusion_of_a_sum_gives_its_terms(patches: Patches, planted: _Planted, sound: Sound) -> None:
    *_, found = occlude(planted, sound, planted.read(sound), patches, _whole(sound))
    lost = planted.answer(sound) - planted.answer(sound.without(np.ones(sound.grid.shape, np.bool_)))
    assert found.sum() == pytest.approx(lost, rel=1e-3)
    one = np.zeros(sound.grid.shape, np.bool_)
    one[:8, 0:8] = True  # whole patches of either size
    alone = planted.answer(sound) - planted.answer(sound.without(one))
    assert found[one].sum() == pytest.approx(alone, rel=1e-3)


def test_occlusion_together_is_near_to_occlusion_alone(base: LoadedModel) -> None:
    # Long enough for three patches to be filled at once.
    sound = front_ends([corpus.build_up(26, 18.0)])
    asked = ask(base, "Q1")
    *_, found = occlude(asked, sound, asked.read(sound), replace(FINE, rows=N_ROWS, columns=4, apart=16), _whole(sound))
    whole = asked.answer(sound)
    firsts = range(0, sound.grid.columns, 4)
    alone = []
    for first in firsts:
        mask = np.zeros(sound.grid.shape, np.bool_)
        mask[:, first : first + 4] = True
        alone.append(whole - asked.answer_of(asked.read_again(sound, mask, _whole(sound))))
    together = [float(found[:, first : first + 4].sum()) for first in firsts]
    assert np.asarray(np.corrcoef(together, alone))[0, 1] > 0.9  # 0.97 when it was written


@pytest.mark.parametrize("target", ["Q1", "arousal"])
def test_two_ends_say_what_many_points_say(base: LoadedModel, target: Target) -> None:
    from captum.attr import IntegratedGradients

    sound = front_ends([corpus.build_up(7, 4.0)])
    asked = ask(base, target)
    features = asked.read(sound)
    mask = np.zeros(sound.grid.shape, np.bool_)
    mask[8:16, 6:10] = True
    without = asked.read_again(sound, mask, slice(6, 10))
    changed = tuple(a - b for a, b in zip(features, without, strict=True))
    ends = between(asked, features, slope(asked, features), without)
    points = IntegratedGradients(lambda *rows: torch.stack([asked.number(one) for one in zip(*rows, strict=True)]))
    many = points.attribute(
        tuple(x[None] for x in features), baselines=tuple(x[None] for x in without), n_steps=16, internal_batch_size=1
    )
    few, exact = (asked.over_time(sound, given, changed) for given in (ends, tuple(x[0] for x in many)))
    assert few.sum() == pytest.approx(asked.answer_of(features) - asked.answer_of(without), abs=1e-5)
    assert np.corrcoef(few, exact)[0, 1] > 0.98


def test_contributions_and_attention_add_up(base: LoadedModel, sound: Sound) -> None:
    fast = load_model("affekt-fast", "cpu")
    for model in (base, fast):
        asked = ask(model, "Q2")
        (attention,) = _explained(asked, sound, model, "attention")
        assert attention.over_time.sum() == pytest.approx(1.0, abs=1e-5)
        assert (attention.over_time >= 0).all()
        assert attention.map.size == attention.frequencies_hz.size == 0
    (given,) = _explained(asked, sound, fast, "contribution")
    assert isinstance(fast.network, LogMelNetwork)
    bias = fast.network.classifier.bias
    # All but what stands in the bias.
    assert given.over_time.sum() + float(bias[1] - bias.mean()) == pytest.approx(given.number, abs=1e-4)


def test_a_coarse_explanation_comes_before_the_fine_one(tmp_path: Path) -> None:
    model = load_model("affekt-fast", "cpu")
    path = corpus.write(tmp_path / "song.wav", corpus.build_up(4, 3.0))
    events = list(explain(ExplainRequest(7, path, "Q1"), model, CancelToken()))
    given = [event for event in events if isinstance(event, Explanation)]
    assert [one.is_final for one in given] == [False, False, True]
    steps = [event.fraction for event in events if isinstance(event, Progress)]
    assert steps == sorted(steps)
    assert steps[-1] <= 1.0
    assert given[0].map.size == given[0].frequencies_hz.size == 0  # whole moments: no frequencies yet
    for one in given[1:]:
        assert one.map.shape == (len(one.frequencies_hz), len(one.times_s))
        assert one.over_time == pytest.approx(one.map.sum(axis=0), abs=1e-5)


def test_only_the_stretch_is_explained(planted: _Planted, sound: Sound, base: LoadedModel) -> None:
    given: list[Explanation] = []
    for method in ("occlusion", "integrated-gradients", "saliency"):
        request = ExplainRequest(1, Path("song.wav"), "Q1", method, start_s=2.2, end_s=5.0)
        events = explain_sound(request, planted, sound, base, CancelToken())
        given += [event for event in events if isinstance(event, Explanation) and event.is_final]
    for one in given:
        assert one.map.shape == (N_ROWS, 6)
        assert one.times_s.tolist() == [2.25, 2.75, 3.25, 3.75, 4.25, 4.75]
        assert (one.start_s, one.end_s) == (2.2, 5.0)
        assert one.number == pytest.approx(planted.answer(sound))
        # What it listens to at 3 s lies in the stretch, what puts it off at 9 s does not.
        strongest = np.unravel_index(np.abs(one.map).argmax(), one.map.shape)
        assert 4 <= strongest[0] < 8
        assert 2 <= strongest[1] < 4
    filled = np.zeros(sound.grid.shape, np.bool_)
    filled[:, 4:10] = True
    lost = planted.answer(sound) - planted.answer(sound.without(filled))
    assert given[0].map.sum() == pytest.approx(lost, rel=1e-3)


def test_a_stretch_is_explained_as_it_is_in_the_whole(base: LoadedModel) -> None:
    sound = front_ends([corpus.build_up(14, 10.0)])
    asked = ask(base, "arousal")
    features = asked.read(sound)
    patches = Patches(N_ROWS, 4, 16)
    *_, whole = occlude(asked, sound, features, patches, _whole(sound))
    *_, part = occlude(asked, sound, features, patches, slice(8, 24))
    assert np.corrcoef(whole[0, 8:24], part[0, 8:24])[0, 1] > 0.9
    assert not part[:, :8].any()
    assert not part[:, 24:].any()


def test_what_is_far_from_a_change_is_not_read_anew_and_the_reading_is_the_same(base: LoadedModel) -> None:
    sound = front_ends([corpus.build_up(24, 14.0)])
    asked = ask(base, "Q1")
    mask = np.zeros(sound.grid.shape, np.bool_)
    mask[:, 40:43] = True
    without = sound.without(mask)
    for whole, near in zip(asked.read(without), asked.read_again(sound, mask, slice(36, 44)), strict=True):
        torch.testing.assert_close(whole, near, atol=0.02, rtol=1e-3)


def _answers(model: LoadedModel, sound: Sound, target: Target, start_s: float, end_s: float) -> list[Explanation]:
    request = ExplainRequest(1, Path("song.wav"), target, start_s=start_s, end_s=end_s)
    events = explain_sound(request, ask(model, target), sound, model, CancelToken())
    return [event for event in events if isinstance(event, Explanation)]


def test_a_second_question_is_answered_as_if_it_were_the_first(
    base: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[object] = []

    def counted(*given: Any) -> Any:
        heard.append(given)
        return of_frames(*given)

    monkeypatch.setattr(hearing, "of_frames", counted)
    sound = front_ends([corpus.build_up(4, 3.0)])
    fresh = replace(sound)  # nothing of it is heard yet
    _answers(base, sound, "Q1", 2.0, 3.0)
    _answers(base, sound, "Q1", 0.0, 0.5)
    before = len(heard)
    again = _answers(base, sound, "arousal", 2.0, 3.0)
    assert len(heard) == before  # nothing is heard twice
    monkeypatch.setattr(hearing, "_MOST_BYTES", 0)
    first = _answers(base, fresh, "arousal", 2.0, 3.0)
    assert len(heard) == before + 1 + (1 + 4 + 8)  # the whole, and each filling of the three answers
    for one, other in zip(first, again, strict=True):
        assert one.number == pytest.approx(other.number, abs=1e-6)
        for mine, theirs in ((one.over_time, other.over_time), (one.map, other.map)):
            np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-3 * np.abs(one.over_time).max())
    before = len(heard)
    _answers(base, fresh, "Q1", 2.0, 3.0)
    assert len(heard) == before + 13  # there was no room to keep any


@pytest.mark.parametrize(
    ("start_s", "end_s"), [(5.0, 5.0), (6.0, 5.0), (40.0, 50.0), (4.0, 30.0), (-2.0, 3.0), (12.1, 12.3)]
)
def test_a_stretch_that_is_none_is_refused(song: Path, base: LoadedModel, start_s: float, end_s: float) -> None:
    request = ExplainRequest(1, song, "Q1", "attention", start_s=start_s, end_s=end_s)
    with pytest.raises(JobError, match=r"song\.wav.: .*stretch") as caught:
        list(explain(request, base, CancelToken()))
    assert caught.value.kind == "bad_data"


def test_it_stops_when_it_is_cancelled(song: Path) -> None:
    cancel = CancelToken()
    events = explain(ExplainRequest(7, song, "Q1"), load_model("affekt-fast", "cpu"), cancel)
    next(events)
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(events)


def test_what_cannot_be_explained_is_named(base: LoadedModel, song: Path) -> None:
    for request, word in (
        (ExplainRequest(1, song, "Q9"), "Q9"),  # type: ignore[arg-type]
        (ExplainRequest(1, song, "Q1", "magic"), "magic"),  # type: ignore[arg-type]
        (ExplainRequest(1, song, "valence", "contribution"), "valence"),
    ):
        with pytest.raises(JobError, match=word) as caught:
            list(explain(request, base, CancelToken()))
        assert "song.wav" in caught.value.message


def test_gradients_reach_the_sound_through_the_fused_model(base: LoadedModel) -> None:
    sound = front_ends([corpus.melody(4)])
    asked = ask(base, "valence")
    (given,) = _explained(asked, sound, base, "saliency")
    assert given.map.shape == (N_ROWS, 8)
    assert np.abs(given.over_time).max() > 0
    assert "tagger" in given.note


def test_deletion_and_insertion_tell_a_true_map_from_a_false_one(planted: _Planted, sound: Sound) -> None:
    true = integrated_gradients(planted, sound, planted.read(sound), _whole(sound), lambda: None)
    good, bad = (measure(planted, sound, order_of(sign * true, true.sum(axis=0), N_ROWS)) for sign in (1, -1))
    orders = [np.random.default_rng(seed).permutation(true.size) for seed in range(4)]
    by_chance = np.mean([measure(planted, sound, order).gain for order in orders])
    assert good.gain > by_chance + 0.2
    assert bad.gain < by_chance - 0.2


def test_an_order_without_a_map_names_whole_moments() -> None:
    order = order_of(np.empty((0, 0)), np.array([0.1, 0.9, 0.4]), 2)
    assert [set(order[i : i + 2]) for i in (0, 2, 4)] == [{1, 4}, {2, 5}, {0, 3}]


def test_other_weights_give_another_map(base: LoadedModel) -> None:
    sound = front_ends([corpus.build_up(5, 3.0)])
    other = with_random_weights(base, 0)
    both = [ask(model, "Q1") for model in (base, other)]
    maps = [saliency(asked, sound, asked.read(sound), _whole(sound), lambda: None).reshape(-1) for asked in both]
    again = with_random_weights(base, 0)
    assert all(torch.equal(a, b) for a, b in zip(other.network.parameters(), again.network.parameters(), strict=True))
    assert rank_correlation(*maps) < 0.97
