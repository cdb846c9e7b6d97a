"""Beats, bars, sections: on pieces whose beats, bars and form are known because they are composed here."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from models.audio.cqt import log_cqt
from models.audio.descriptors.notes import note_frames
from models.audio.descriptors.stream import mel_features
from models.audio.log_mel import log_mel
from models.errors import Cancelled, JobError
from models.jobs import AnalysisRequest, CancelToken, Progress
from models.structure.bars import Bars, find_bars
from models.structure.beats import Pulse, find_pulse
from models.structure.chroma import Harmony
from models.structure.look import look
from models.structure.scores import boundary_scores, f_measure
from models.structure.sections import find_sections
from models.structure.structure import Structure
from tests import corpus
from tests.pieces import Piece, beat_times, clicks, compose

NEAR_S = 0.07


def pulse_of(y: np.ndarray) -> Pulse:
    return find_pulse(mel_features(log_mel(y))[0], len(y) / corpus.RATE_HZ)


def harmony_of(y: np.ndarray) -> Harmony:
    return Harmony.of(note_frames(log_cqt(y)))


def letters_of(y: np.ndarray) -> str:
    sections = find_sections(mel_features(log_mel(y))[0], harmony_of(y), len(y) / corpus.RATE_HZ)
    return "".join(section.letter for section in sections)


@cache
def piece(form: str, seed: int, bpm: tuple[float, float] = (108.0, 108.0), metre: int = 4) -> Piece:
    return compose(form, seed, bpm=bpm, metre=metre)


@cache
def looked(folder: Path, form: str, seed: int) -> Structure:
    path = corpus.write(folder / f"{form}{seed}.flac", piece(form, seed).y)
    *_, found = look(AnalysisRequest(1, path), CancelToken())
    assert isinstance(found, Structure)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pieces")


# Beats


@pytest.mark.parametrize("bpm", [60, 84, 108, 132])
def test_clicks_are_beats(bpm: int) -> None:
    beats_s = beat_times((bpm, bpm), bpm // 2)
    found = pulse_of(clicks(beats_s, 31.0))
    assert found.tempo_bpm == pytest.approx(bpm, rel=0.02)
    assert f_measure(found.beats_s, beats_s, NEAR_S) > 0.95


def test_the_tempo_may_change() -> None:
    beats_s = beat_times((80, 120), 80)
    found = pulse_of(clicks(beats_s, float(beats_s[-1]) + 1))
    assert f_measure(found.beats_s, beats_s, NEAR_S) > 0.95
    intervals = np.diff(found.beats_s)
    assert 60 / intervals[:8].mean() == pytest.approx(82, abs=4)
    assert 60 / intervals[-8:].mean() == pytest.approx(118, abs=5)


def test_the_tempo_may_jump() -> None:
    first = beat_times((84, 84), 40)
    beats_s = np.concatenate((first, first[-1] + np.arange(1, 50) * 60 / 126))
    found = pulse_of(clicks(beats_s, float(beats_s[-1]) + 1))
    assert f_measure(found.beats_s, beats_s, NEAR_S) > 0.93


def test_beats_of_music() -> None:
    for bpm, seed in (((84.0, 84.0), 1), ((80.0, 120.0), 3)):
        made = piece("ABA", seed, bpm)
        assert f_measure(pulse_of(made.y).beats_s, made.beats_s, NEAR_S) > 0.9


@pytest.mark.parametrize("seed", range(3))
def test_no_beat_is_heard_in_sounds_at_random_times(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = pulse_of(clicks(np.sort(rng.uniform(0.2, 29, 90)), 30.0, seed))
    assert found.tempo_bpm is None
    assert found.beats_s.size == 0


@pytest.mark.parametrize("seed", range(3))
def test_no_beat_is_heard_in_syllables(seed: int) -> None:
    """Five a second, uneven as speech is."""
    rng = np.random.default_rng(seed)
    times_s = np.cumsum(rng.gamma(6.0, 0.2 / 6, 140))
    assert pulse_of(clicks(times_s[times_s < 29], 30.0, seed)).tempo_bpm is None


def test_no_beat_is_heard_in_a_drone_or_in_noise() -> None:
    noise = (0.1 * np.random.default_rng(0).standard_normal(30 * corpus.RATE_HZ)).astype(np.float32)
    for y in (corpus.stationary(30.0), corpus.tone(220.0, 30.0, corpus.RATE_HZ), noise):
        assert pulse_of(y).beats_s.size == 0


def test_beats_end_where_the_pulse_ends() -> None:
    y = np.concatenate((clicks(beat_times((100, 100), 50), 31.0), corpus.stationary(30.0)))
    found = pulse_of(y)
    assert found.beats_s.size > 40
    assert found.beats_s.max() < 35


# Bars


@pytest.mark.parametrize(("metre", "bpm", "seed"), [(4, 108.0, 0), (4, 84.0, 1), (3, 130.0, 2)])
def test_bars_begin_where_harmony_changes(metre: int, bpm: float, seed: int) -> None:
    made = piece("AB", seed, (bpm, bpm), metre)
    frames, _ = mel_features(log_mel(made.y))
    found = find_bars(made.beats_s.astype(np.float32), frames, harmony_of(made.y))
    assert found.metre == metre
    assert f_measure(found.downbeats_s, made.downbeats_s, NEAR_S) > 0.95


def test_no_bars_are_said_of_bare_clicks() -> None:
    beats_s = beat_times((108, 108), 60)
    y = clicks(beats_s, 35.0)
    frames, _ = mel_features(log_mel(y))
    found = find_bars(beats_s.astype(np.float32), frames, harmony_of(y))
    assert found == Bars(found.downbeats_s, None)
    assert found.downbeats_s.size == 0


# Sections


@pytest.mark.parametrize(("form", "seed"), [("AABA", 20), ("AABA", 21), ("ABAC", 21), ("AABB", 21)])
def test_the_form_is_read(folder: Path, form: str, seed: int) -> None:
    assert "".join(section.letter for section in looked(folder, form, seed).sections) == form


def test_boundaries_are_hit_within_two_seconds(folder: Path) -> None:
    scores = []
    for form, seed in (("AABA", 20), ("AABA", 21), ("ABAC", 20), ("ABAC", 21), ("AABB", 21), ("ABA", 20)):
        starts_s = [section.start_s for section in looked(folder, form, seed).sections[1:]]
        scores.append(boundary_scores(starts_s, piece(form, seed).boundaries_s, 2.0))
    recall, precision = np.mean(scores, axis=0)
    assert recall >= 0.95
    assert precision >= 0.85


def test_one_section_where_nothing_differs() -> None:
    for y in (corpus.stationary(40.0), corpus.melody(60.0, 2), corpus.melody(4.0)):
        assert letters_of(y) == "A"


def test_sections_leave_no_gap(folder: Path) -> None:
    found = looked(folder, "ABAC", 20)
    assert found.sections[0].start_s == 0.0
    assert found.sections[-1].end_s == found.duration_s
    for before, after in zip(found.sections[:-1], found.sections[1:], strict=True):
        assert before.end_s == after.start_s
        assert before.start_s < before.end_s


def test_a_long_recording_is_compared_in_longer_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an hour would be: with a tenth of the steps, each stands for seconds, and the form is the same."""
    made = piece("ABA", 20)
    frames, harmony = mel_features(log_mel(made.y))[0], harmony_of(made.y)
    monkeypatch.setattr("models.structure.sections.MOST_STEPS", 40)
    sections = find_sections(frames, harmony, len(made.y) / corpus.RATE_HZ)
    assert "".join(section.letter for section in sections) == "ABA"
    assert [section.start_s for section in sections[1:]] == pytest.approx(made.boundaries_s.tolist(), abs=1.5)


# All of it


def test_boundaries_lie_on_bars(folder: Path) -> None:
    found = looked(folder, "ABAC", 20)
    assert found.downbeats_s.size
    for section in found.sections[1:]:
        assert np.abs(found.downbeats_s - section.start_s).min() < 1e-6


def test_downbeats_are_beats(folder: Path) -> None:
    found = looked(folder, "ABA", 20)
    assert set(found.downbeats_s.tolist()) <= set(found.beats_s.tolist())


def test_chroma_names_what_sounds() -> None:
    y = np.concatenate((corpus.tone(440.0, 3.0, corpus.RATE_HZ), np.zeros(3 * corpus.RATE_HZ, np.float32)))
    shown = harmony_of(y).shown()
    assert shown.shape[0] == 12
    assert shown[:, 5:25].argmax(axis=0).tolist() == [9] * 20  # A
    assert shown[9, 5:25] == pytest.approx(1.0)
    assert not shown[:, -10:].any()


def test_progress_grows_and_cancel_stops(tmp_path: Path) -> None:
    path = corpus.write(tmp_path / "a.flac", corpus.melody(20))
    cancel = CancelToken()
    steps = look(AnalysisRequest(7, path, sha256="known"), cancel)
    *told, found = steps
    assert isinstance(found, Structure)
    assert found.sha256 == "known"
    fractions = [step.fraction for step in told if isinstance(step, Progress)]
    assert fractions == sorted(fractions)
    assert {step.job_id for step in told if isinstance(step, Progress)} == {7}
    steps = look(AnalysisRequest(8, path), cancel)
    next(steps)
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(steps)


@pytest.mark.parametrize("kind", ["half_second", "nan_and_infinite"])
def test_odd_files_are_looked_at(tmp_path: Path, kind: str) -> None:
    *_, found = look(AnalysisRequest(1, corpus.ODD[kind](tmp_path)), CancelToken())
    assert isinstance(found, Structure)
    assert len(found.sections) == 1
    assert np.isfinite(found.chroma).all()


def test_silence_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="silence"):
        list(look(AnalysisRequest(1, corpus.silence(tmp_path)), CancelToken()))
