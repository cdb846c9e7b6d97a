from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.audio.descriptors import describe
from models.audio.descriptors.table import NAMES
from models.errors import Cancelled, JobError
from models.explain.changes import CHANGES, FADE_S, Change, ChangeKind, applied, stretched
from models.explain.counterfactual import WhatIf, what_if
from models.hub import LoadedModel, load_model
from models.jobs import CancelToken, Progress
from tests import corpus

RATE_HZ = 22_050


def _all(y: NDArray[np.float32], kind: ChangeKind, amount: float) -> NDArray[np.float32]:
    return applied(y, Change(kind, amount), 0, y.size)


def _strongest_hz(y: NDArray[np.float32]) -> float:
    """Frequency of the strongest partial, to a hundredth of a bin by a parabola."""
    spectrum = np.log(np.abs(np.fft.rfft(y * np.hanning(y.size))) + 1e-12)
    at = int(spectrum.argmax())
    a, b, c = spectrum[at - 1 : at + 2]
    return float((at + 0.5 * (a - c) / (a - 2 * b + c)) * RATE_HZ / y.size)


@pytest.fixture(scope="module")
def tune() -> NDArray[np.float32]:
    return corpus.melody(6)


@pytest.mark.parametrize("kind", ["gain", "tempo", "pitch", "treble"])
def test_nothing_asked_is_nothing_done(kind: ChangeKind, tune: NDArray[np.float32]) -> None:
    assert np.array_equal(_all(tune, kind, CHANGES[kind].nothing), tune)


def test_gain_moves_the_loudness_by_exactly_that(tune: NDArray[np.float32]) -> None:
    column = NAMES.index("loudness")
    before, after = (describe(y).values[:, column] for y in (tune, _all(tune, "gain", -9.0)))
    np.testing.assert_allclose(after - before, -9.0, atol=0.05)


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_another_tempo_is_another_length_at_the_same_pitch(factor: float) -> None:
    y = corpus.tone(440.0, 4.0, RATE_HZ)
    changed = _all(y, "tempo", factor)
    assert changed.size == round(y.size / factor)
    middle = changed[RATE_HZ // 2 : -RATE_HZ // 2]
    assert 1200 * np.log2(_strongest_hz(middle) / 440) == pytest.approx(0, abs=3)  # cents
    assert np.sqrt((middle**2).mean()) == pytest.approx(np.sqrt((y**2).mean()), rel=0.05)


def test_blocks_of_the_vocoder_join_without_a_seam() -> None:
    y = corpus.tone(440.0, 25.0, RATE_HZ)  # more frames than are made at a time
    changed = stretched(y, 0.9)
    level = np.sqrt((changed[: changed.size // 2205 * 2205].reshape(-1, 2205) ** 2).mean(axis=1))[5:-5]
    assert level.min() > 0.9 * level.max()
    assert 1200 * np.log2(_strongest_hz(changed) / 440) == pytest.approx(0, abs=3)


def test_events_lie_where_the_tempo_puts_them() -> None:
    y = np.zeros(4 * RATE_HZ, np.float32)
    clicks = corpus.tone(1000.0, 0.05, RATE_HZ)
    for second in (1, 2, 3):
        y[second * RATE_HZ : second * RATE_HZ + clicks.size] = clicks
    changed = _all(y, "tempo", 1.25)
    level = np.convolve(changed**2, np.ones(1102) / 1102, mode="same")
    for second in (1, 2, 3):
        near = slice(int((second / 1.25 - 0.2) * RATE_HZ), int((second / 1.25 + 0.2) * RATE_HZ))
        at_s = (near.start + int(level[near].argmax())) / RATE_HZ
        assert at_s == pytest.approx((second + 0.025) / 1.25, abs=0.03)


@pytest.mark.parametrize("semitones", [-5.0, 4.0])
def test_pitch_moves_by_semitones_and_the_length_stays(semitones: float) -> None:
    y = corpus.tone(440.0, 4.0, RATE_HZ)
    changed = _all(y, "pitch", semitones)
    assert changed.size == y.size
    cents = 1200 * np.log2(_strongest_hz(changed[RATE_HZ : 3 * RATE_HZ]) / 440)
    assert cents == pytest.approx(100 * semitones, abs=5)


@pytest.mark.parametrize(
    ("kind", "amount", "frequency_hz", "expected_db"),
    [
        ("low-pass", 1000.0, 200.0, 0.0),
        ("low-pass", 1000.0, 1000.0, -3.0),
        ("low-pass", 1000.0, 2000.0, -24.0),
        ("high-pass", 1000.0, 500.0, -24.0),
        ("high-pass", 1000.0, 4000.0, 0.0),
        ("treble", -12.0, 2000.0, -6.0),
        ("treble", -12.0, 200.0, 0.0),
        ("treble", 6.0, 8000.0, 6.0),
    ],
)
def test_filters_do_what_they_say(kind: ChangeKind, amount: float, frequency_hz: float, expected_db: float) -> None:
    y = corpus.tone(frequency_hz, 2.0, RATE_HZ)
    inside = slice(RATE_HZ // 2, 3 * RATE_HZ // 2)
    level_db = 20 * np.log10(np.std(_all(y, kind, amount)[inside]) / np.std(y[inside]))
    assert level_db == pytest.approx(expected_db, abs=0.5)


@pytest.mark.parametrize(("kind", "amount"), [("gain", -12.0), ("treble", -12.0), ("low-pass", 500.0), ("pitch", 3.0)])
def test_what_lies_outside_the_stretch_stays(kind: ChangeKind, amount: float, tune: NDArray[np.float32]) -> None:
    first, last = 2 * RATE_HZ, 4 * RATE_HZ
    changed = applied(tune, Change(kind, amount), first, last)
    assert np.array_equal(changed[:first], tune[:first])
    assert np.array_equal(changed[last:], tune[last:])
    assert not np.allclose(changed[first:last], tune[first:last], atol=1e-3)
    # No step where they meet: it fades.
    steps = np.abs(np.diff(changed - tune))
    for edge in (first, last):
        assert steps[edge - 3 : edge + 3].max() < 0.01


def test_another_tempo_of_a_stretch_moves_what_follows(tune: NDArray[np.float32]) -> None:
    first, last = 2 * RATE_HZ, 4 * RATE_HZ
    changed = applied(tune, Change("tempo", 1.25), first, last)
    fade = round(FADE_S * RATE_HZ)
    length = round((last - first) / 1.25)
    assert changed.size == tune.size - (last - first) + length
    assert np.array_equal(changed[: first - fade], tune[: first - fade])
    assert np.array_equal(changed[first + length + fade :], tune[last + fade :])
    assert np.abs(np.diff(changed)).max() < 1.2 * np.abs(np.diff(tune)).max()


def _answers(
    path: Path, model: LoadedModel, *changes: Change, start_s: float | None = None, end_s: float | None = None
) -> list[WhatIf]:
    return [event for event in what_if(path, model, changes, start_s, end_s) if isinstance(event, WhatIf)]


@pytest.fixture(scope="module")
def fast() -> LoadedModel:
    return load_model("affekt-fast", "cpu")


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory, tune: NDArray[np.float32]) -> Path:
    return corpus.write(tmp_path_factory.mktemp("songs") / "song.wav", tune, subtype="FLOAT")


def test_the_model_is_asked_before_and_after(song: Path, fast: LoadedModel) -> None:
    same, darker = _answers(song, fast, Change("gain", 0.0), Change("low-pass", 300.0), start_s=2.0, end_s=5.0)
    assert same.before.arousal == same.after.arousal
    assert np.array_equal(same.stretch_before.probabilities, same.stretch_after.probabilities)
    assert np.array_equal(darker.before.probabilities, same.before.probabilities)
    assert not np.allclose(darker.before.probabilities, darker.after.probabilities, atol=1e-3)
    assert darker.stretch_after.probabilities.sum() == pytest.approx(1, abs=1e-4)
    assert (darker.start_s, darker.end_s) == (2.0, 5.0)
    assert "instrumentation" in darker.note


def test_a_model_that_knows_its_domain_says_so_of_the_changed_sound(song: Path) -> None:
    *_, answer = what_if(song, load_model("affekt-base", "cpu"), [Change("tempo", 1.25)])
    assert isinstance(answer, WhatIf)
    assert answer.domain_before is not None
    assert answer.domain_after is not None
    assert -1 <= answer.after.valence <= 1
    assert (answer.start_s, answer.end_s) == (0.0, 6.0)


def test_progress_goes_on_and_cancel_stops(song: Path, fast: LoadedModel) -> None:
    cancel = CancelToken()
    shares = []
    events = what_if(song, fast, [Change("gain", 3.0)], cancel=cancel)
    for event in events:
        assert isinstance(event, Progress)
        shares.append(event.fraction)
        if event.fraction > 0.5:
            break
    assert shares == sorted(shares)
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(events)


@pytest.mark.parametrize(
    ("change", "ends", "word"),
    [
        (Change("tempo", 5.0), (None, None), "0.5 to 2"),
        (Change("magic", 1.0), (None, None), "magic"),  # type: ignore[arg-type]
        (Change("gain", float("nan")), (None, None), "gain"),
        (Change("gain", 3.0), (3.0, 3.0), "must end after it begins"),
        (Change("gain", 3.0), (30.0, 40.0), "does not lie in the recording"),
        (Change("gain", 3.0), (None, -1.0), "does not lie in the recording"),
    ],
)
def test_what_cannot_be_changed_is_named(
    song: Path, fast: LoadedModel, change: Change, ends: tuple[float | None, float | None], word: str
) -> None:
    with pytest.raises(JobError, match=word) as caught:
        list(what_if(song, fast, [change], *ends))
    assert caught.value.kind == "bad_data"
    assert "song.wav" in caught.value.message


def test_a_change_that_leaves_nothing_is_named(tmp_path: Path, fast: LoadedModel) -> None:
    path = corpus.write(tmp_path / "faint.wav", 0.002 * corpus.melody(3), subtype="FLOAT")
    with pytest.raises(JobError, match="no sound is left") as caught:
        list(what_if(path, fast, [Change("gain", -40.0)]))
    assert "faint.wav" in caught.value.message
    assert "changed.wav" not in caught.value.message
