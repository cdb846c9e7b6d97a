"""Descriptors as a stream: in pieces as in one, free of level, finite for whatever comes; and the table of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.audio.descriptors import (
    DESCRIPTORS,
    SUMMARY_NAMES,
    TRACK_DESCRIPTORS,
    Descriptors,
    DescriptorStream,
    describe,
    notes,
    stream,
)
from models.audio.descriptors.document import as_markdown
from models.audio.descriptors.grid import grid_times, window_mean, window_slope, window_std
from models.audio.log_mel import SAMPLE_RATE_HZ, log_mel
from tests import corpus

NAMES = [d.name for d in DESCRIPTORS]
#: What another last digit of a log-mel may do, and what another level may, in units of the usual range.
CLOSE, SIMILAR = 0.02, 0.05


def scales(names: tuple[str, ...]) -> np.ndarray:
    """Width of the usual range of each summary's descriptor."""
    width = {d.name: d.high - d.low for d in (*DESCRIPTORS, *TRACK_DESCRIPTORS)}
    return np.array([width[name.split(".")[0]] for name in names])


def far(a: Descriptors, b: Descriptors, by: float = CLOSE, but: str = "") -> dict[str, float]:
    """Summaries that differ by more than a share of their usual range, and by how much of it."""
    apart = np.abs(a.summary - b.summary) / scales(SUMMARY_NAMES)
    return {
        name: float(d) for name, d in zip(SUMMARY_NAMES, apart, strict=True) if d > by and name.split(".")[0] != but
    }


def in_pieces(y: np.ndarray, piece: int) -> Descriptors:
    stream = DescriptorStream()
    for at in range(0, y.size, piece):
        stream.push(y[at : at + piece])
    return stream.finish()


@pytest.fixture(scope="module")
def y() -> np.ndarray:
    return corpus.build_up(14, 9)


@pytest.fixture(scope="module")
def whole(y: np.ndarray) -> Descriptors:
    return describe(y)


def test_shapes_and_times(y: np.ndarray, whole: Descriptors) -> None:
    assert whole.values.shape == (len(whole.times_s), len(DESCRIPTORS)) == (29, len(DESCRIPTORS))
    assert whole.values.dtype == whole.summary.dtype == np.float32
    np.testing.assert_allclose(whole.times_s, 0.5 * np.arange(29))
    assert whole.summary_names == SUMMARY_NAMES
    assert whole.summary.shape == (len(SUMMARY_NAMES),)
    mean = [SUMMARY_NAMES.index(f"{name}.mean") for name in NAMES]
    np.testing.assert_allclose(whole.summary[mean], whole.values.mean(axis=0), rtol=1e-4, atol=1e-5)
    step = [SUMMARY_NAMES.index(f"{name}.step") for name in NAMES]
    np.testing.assert_allclose(
        whole.summary[step], np.abs(np.diff(whole.values, axis=0)).mean(axis=0), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("piece", [997, 22_050, 131_071])
def test_pieces_give_the_same_as_the_whole(y: np.ndarray, whole: Descriptors, piece: int) -> None:
    assert far(in_pieces(y, piece), whole) == {}


@pytest.mark.parametrize("block", (1, 16, 149))
def test_blocks_of_frames_give_the_same_as_all_at_once(
    y: np.ndarray, whole: Descriptors, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fourteen seconds fit one block; hours take many, and no seam may show."""
    monkeypatch.setattr(notes, "_BLOCK", block)
    monkeypatch.setattr(stream, "_BLOCK", 4 * block)
    cut = describe(y)
    # A matrix product may round its last digit otherwise in another place.
    np.testing.assert_allclose(cut.values, whole.values, rtol=1e-3, atol=1e-4)
    assert far(cut, whole, by=1e-3) == {}


def test_only_loudness_depends_on_the_level() -> None:
    y = corpus.melody(10)
    whole = describe(y)
    at = NAMES.index("loudness")
    for gain in (0.1, 1.9):
        scaled = describe((gain * y).astype(np.float32))
        assert far(scaled, whole, SIMILAR, but="loudness") == {}
        np.testing.assert_allclose(scaled.values[:, at] - whole.values[:, at], 20 * np.log10(gain), atol=0.3)


def test_a_log_mel_that_is_there_already(y: np.ndarray, whole: Descriptors) -> None:
    stream = DescriptorStream(takes_log_mel=False)
    stream.push(y)
    given = stream.finish(log_mel(y).astype(np.float16))
    np.testing.assert_array_equal(given.summary, whole.summary)
    np.testing.assert_array_equal(given.values, whole.values)


def test_what_cannot_be_described_is_refused(y: np.ndarray) -> None:
    with pytest.raises(ValueError, match="no samples"):
        DescriptorStream().finish()
    stream = DescriptorStream(takes_log_mel=False)
    stream.push(y)
    with pytest.raises(ValueError, match="shape"):
        stream.finish()
    stream = DescriptorStream(takes_log_mel=False)
    stream.push(y)
    with pytest.raises(ValueError, match="shape"):
        stream.finish(log_mel(y)[:, :-1])


@pytest.mark.parametrize("seconds", [1 / SAMPLE_RATE_HZ, 0.004, 0.3, 1.2, 5.0])
@pytest.mark.parametrize("kind", ["silence", "noise", "melody", "one click"])
def test_whatever_comes_is_finite(kind: str, seconds: float) -> None:
    n = round(seconds * SAMPLE_RATE_HZ)
    y = np.zeros(n, np.float32)
    if kind == "noise":
        y = (0.3 * np.random.default_rng(0).standard_normal(n)).astype(np.float32)
    elif kind == "melody":
        y = corpus.melody(10)[:n]
    elif kind == "one click":
        y[n // 2] = 1.0
    d = describe(y)
    assert np.isfinite(d.values).all()
    assert np.isfinite(d.summary).all()
    assert len(d.times_s) == 1 + int(2 * seconds + 1e-9)


def test_silence_says_nothing_of_a_mode() -> None:
    d = describe(np.zeros(4 * SAMPLE_RATE_HZ, np.float32))
    by_name = dict(zip(NAMES, d.values.mean(axis=0), strict=True))
    for name in ("mode", "mode_on_tonic", "key_clarity", "flux", "onset_rate", "pulse_clarity", "loudness_slope"):
        assert by_name[name] == pytest.approx(0, abs=1e-3), name
    assert by_name["loudness"] < -70


def test_music_after_silence_is_still_music(y: np.ndarray) -> None:
    d = describe(np.concatenate((np.zeros(5 * SAMPLE_RATE_HZ, np.float32), y)))
    assert np.isfinite(d.values).all()
    at = NAMES.index("loudness")
    assert d.values[:8, at].max() < d.values[12:, at].max() - 40


def test_windows_agree_with_plain_numpy() -> None:
    rng = np.random.default_rng(0)
    x, rate_hz = rng.standard_normal(500), 43.0
    times = grid_times(500 / rate_hz)
    weight = rng.uniform(0.1, 1, 500)
    at = np.arange(500) / rate_hz
    for i, t in enumerate(times):
        inside = np.abs(at - t) <= 1.0
        assert window_mean(x, rate_hz, times, 2.0)[i] == pytest.approx(x[inside].mean(), abs=1e-5)
        expected = np.average(x[inside], weights=weight[inside])
        assert window_mean(x, rate_hz, times, 2.0, weight)[i] == pytest.approx(expected, abs=1e-5)
        assert window_std(x, rate_hz, times, 2.0)[i] == pytest.approx(x[inside].std(), abs=1e-4)
        slope = np.polyfit(at[inside], x[inside], 1)[0]
        assert window_slope(x, rate_hz, times, 2.0)[i] == pytest.approx(slope, abs=1e-3)


def test_hours_before_a_silence_leave_it_as_it_is() -> None:
    rng = np.random.default_rng(0)
    n, rate_hz = 400_000, 43.0
    x = (60 + rng.standard_normal(n)).astype(np.float32)
    weight = rng.uniform(0, 50, n)
    weight[-1000:] = 0
    times = grid_times(n / rate_hz)
    silent = times > (n - 950) / rate_hz
    np.testing.assert_allclose(
        window_mean(x, rate_hz, times, 1.0, weight)[silent], window_mean(x, rate_hz, times, 1.0)[silent], atol=0.01
    )


def test_the_table_is_whole() -> None:
    names = [d.name for d in (*DESCRIPTORS, *TRACK_DESCRIPTORS)]
    assert len(set(names)) == len(names)
    assert len(set(SUMMARY_NAMES)) == len(SUMMARY_NAMES)
    for d in (*DESCRIPTORS, *TRACK_DESCRIPTORS):
        assert d.definition.endswith("."), d.name
        assert d.low < d.high, d.name


def test_music_lies_in_the_usual_ranges(whole: Descriptors) -> None:
    low, high = (np.array([getattr(d, end) for d in DESCRIPTORS]) for end in ("low", "high"))
    inside = ((whole.values >= low) & (whole.values <= high)).mean()
    assert inside > 0.5  # synthetic plucks are no usual music


def test_the_document_is_up_to_date() -> None:
    """After a change of the table: `python -m models.audio.descriptors.document > docs/descriptors.md`."""
    stored = Path(__file__).parents[2] / "docs" / "descriptors.md"
    assert stored.read_text(encoding="utf-8") == as_markdown()
