"""The bundled demo: what demo.json says is what is heard, and the scores give it again."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "resources" / "demo"
sys.path.insert(0, str(ROOT / "packaging"))

from demo_music import lanterns, station  # noqa: E402
from demo_music.plucked import BASS_ZITHER, LUTE, ZITHER, piano, pluck  # noqa: E402
from demo_music.score import Note, Tempo, chord, hz, line, pitch, sweep  # noqa: E402
from demo_music.sustained import DIZI, ERHU, STRINGS, XIAO, sing  # noqa: E402

RATE = 44_100
PIECES = {piece["file"]: piece for piece in json.loads((DEMO / "demo.json").read_text("utf-8"))["pieces"]}
FILES = sorted(PIECES)


@pytest.fixture(scope="module")
def audio() -> dict[str, np.ndarray]:
    return {name: sf.read(DEMO / name, dtype="float64")[0] for name in FILES}


def level_db(y: np.ndarray, start_s: float, end_s: float) -> float:
    part = y[int(start_s * RATE) : int(end_s * RATE)]
    return float(10 * np.log10(np.mean(part**2) + 1e-12))


def centroid_hz(y: np.ndarray, start_s: float, end_s: float) -> float:
    part = y[int(start_s * RATE) : int(end_s * RATE)].mean(axis=1)
    frames = part[: len(part) // 4096 * 4096].reshape(-1, 4096) * np.hanning(4096)
    spectrum = np.abs(np.fft.rfft(frames)).mean(axis=0)
    return float(np.sum(spectrum * np.fft.rfftfreq(4096, 1 / RATE)) / np.sum(spectrum))


def test_there_are_two_pieces_with_a_free_licence_in_under_two_megabytes():
    assert len(FILES) == 2
    assert {piece["licence"] for piece in PIECES.values()} == {"CC0-1.0"}
    assert {piece["composer"] for piece in PIECES.values()} == {"the Affekt project"}
    assert sorted(file.name for file in DEMO.glob("*.ogg")) == FILES
    assert sum(file.stat().st_size for file in DEMO.iterdir()) < 2_000_000


@pytest.mark.parametrize("name", FILES)
def test_the_listing_describes_the_file(name, audio):
    info = sf.info(DEMO / name)
    assert (info.samplerate, info.channels, info.subtype) == (RATE, 2, "VORBIS")
    assert len(audio[name]) / RATE == pytest.approx(PIECES[name]["duration_s"], abs=0.01)
    assert 60 <= PIECES[name]["duration_s"] <= 76
    with sf.SoundFile(DEMO / name) as file:
        assert file.title == PIECES[name]["title"]


@pytest.mark.parametrize("name", FILES)
def test_the_sound_is_clean(name, audio):
    y = audio[name]
    assert 0.6 < np.max(np.abs(y)) < 0.98  # neither clipped nor faint
    assert np.max(np.abs(y[:220])) < 2e-3
    assert np.max(np.abs(y[-2205:])) < 2e-3
    assert np.abs(y.mean()) < 1e-4
    loud = np.flatnonzero(np.max(np.abs(y), axis=1) > 3e-3)
    assert loud[0] / RATE < 0.5
    assert (len(y) - loud[-1]) / RATE < 3.5


@pytest.mark.parametrize("name", FILES)
def test_the_climax_is_where_it_was_planted(name, audio):
    y, climax, end_s = audio[name], PIECES[name]["climax"], PIECES[name]["duration_s"]
    start, peak, stop = climax["start_s"], climax["peak_s"], climax["end_s"]
    assert 0 < start < peak < stop < end_s
    inside = level_db(y, start, stop)
    assert inside > level_db(y, 0, start) + 7
    assert inside > level_db(y, stop + 2, end_s) + 12
    assert inside > level_db(y, 0, 10) + 15
    # The loudest three seconds lie inside it, and so does the peak that was written down.
    starts = np.arange(0, end_s - 3, 0.25)
    loudest = float(starts[np.argmax([level_db(y, s, s + 3) for s in starts])])
    assert start <= loudest + 1.5 <= stop
    assert level_db(y, peak - 0.5, peak + 2.5) > inside - 1.0
    assert centroid_hz(y, peak, peak + 2) > 1.15 * centroid_hz(y, 5, start - 10)


def test_the_denied_climax_is_loud_short_and_weaker_than_the_true_one(audio):
    y, piece = audio[f"{station.SLUG}.ogg"], PIECES[f"{station.SLUG}.ogg"]
    denied, quiet = station.TEMPO.seconds(26), station.TEMPO.seconds(33)
    assert level_db(y, denied, denied + 4) > level_db(y, quiet, quiet + 5) + 8
    assert level_db(y, denied, denied + 4) > level_db(y, 0, 8) + 8
    true = level_db(y, piece["climax"]["start_s"], piece["climax"]["end_s"])
    assert level_db(y, denied, denied + 4) < true - 5


@pytest.mark.parametrize("piece", [lanterns, station], ids=lambda piece: piece.SLUG)
def test_the_listing_agrees_with_the_score(piece):
    said = PIECES[f"{piece.SLUG}.ogg"]
    assert said["title"] == piece.TITLE
    for key, beat in zip(("start_s", "peak_s", "end_s"), piece.CLIMAX_BEATS, strict=True):
        assert said["climax"][key] == pytest.approx(piece.TEMPO.seconds(beat), abs=0.006)


def test_rendering_again_gives_the_shipped_music(audio):
    again = lanterns.render()
    shipped = audio[f"{lanterns.SLUG}.ogg"]
    assert again.shape == shipped.shape
    difference = again - shipped
    # What differs is Vorbis' coding noise.
    assert np.mean(difference**2) < 0.05 * np.mean(shipped**2)


def test_the_lanterns_keep_to_their_pentatonic():
    melodies = [lanterns.zither(), lanterns.fiddle(), *lanterns.flutes(), lanterns.lute(), *lanterns.ground()]
    home = {pitch(n + "4") % 12 for n in ("D", "E", "F#", "A", "B")}
    raised = {pitch(n + "4") % 12 for n in ("A", "B", "C#", "E", "F#")}
    for note in (note for part in melodies for note in part):
        allowed = home | raised if 32 <= note.at < 48 else home
        assert note.midi % 12 in allowed, note
    assert all(0 < note.level <= 1 for part in melodies for note in part)
    highest = max((note for note in lanterns.fiddle()), key=lambda note: note.midi)
    assert highest.at == lanterns.CLIMAX_BEATS[1]


def test_the_platform_reaches_its_highest_note_at_its_peak():
    top = max(station.melody(), key=lambda note: note.midi)
    assert top.at == station.CLIMAX_BEATS[1]
    first = [note for note in station.melody() if note.at < 32]
    # The denied climax, an octave lower.
    assert max(note.midi for note in first) == top.midi - 12


@pytest.mark.parametrize("midi", [45, 57, 69, 81])
@pytest.mark.parametrize("voice", [ZITHER, LUTE, BASS_ZITHER, None], ids=["zither", "lute", "bass", "piano"])
def test_struck_strings_are_in_tune(voice, midi):
    rng = np.random.default_rng(1)
    y = piano(midi, 1.5, 0.5, rng) if voice is None else pluck(voice, midi, 1.5, 0.5, rng)
    assert abs(cents_off(y, float(hz(midi)))) < 6


@pytest.mark.parametrize("voice", [ERHU, XIAO, DIZI, STRINGS], ids=["erhu", "xiao", "dizi", "strings"])
def test_sustained_voices_are_in_tune_and_repeat_exactly(voice):
    phrase = [Note(0, 2, 69, 0.6), Note(2, 2, 74, 0.8, "~")]
    y, start = sing(voice, phrase, float, np.random.default_rng(3))
    again, _ = sing(voice, phrase, float, np.random.default_rng(3))
    other, _ = sing(voice, phrase, float, np.random.default_rng(4))
    assert np.array_equal(y, again)
    assert not np.array_equal(y[: len(other)], other[: len(y)])
    first = y[int((0.3 - start) * RATE) : int((1.7 - start) * RATE)]
    second = y[int((2.4 - start) * RATE) : int((3.8 - start) * RATE)]
    assert abs(cents_off(first, 440.0)) < 20
    assert abs(cents_off(second, float(hz(74)))) < 20


def cents_off(y: np.ndarray, expected_hz: float) -> float:
    size = 1 << 18
    spectrum = np.abs(np.fft.rfft(y * np.hanning(len(y)), size))
    freq = np.fft.rfftfreq(size, 1 / RATE)
    near = (freq > expected_hz * 0.94) & (freq < expected_hz * 1.06)
    # The middle of the peak: vibrato spreads it to both sides.
    weight = spectrum[near] ** 2
    return 1200 * float(np.log2(np.sum(freq[near] * weight) / np.sum(weight) / expected_hz))


def test_notation_gives_pitches_onsets_lengths_and_a_hairpin():
    notes = line("A4/1.5~ r/.5 | Bb3/2v", 8, [0.2, 0.6])
    assert [(n.at, n.beats, n.midi, n.marks) for n in notes] == [(8, 1.5, 69, "~"), (10, 2, 58, "v")]
    assert [n.level for n in notes] == pytest.approx([0.2, 0.4])
    assert [n.at for n in chord("D3 A3", 4, 2, 0.5, spread=0.25)] == [4, 4.25]
    down = sweep("D E F# A B", ("D5", "D4"), 0, 1, (0.5, 0.2), ring=1)
    assert [n.midi for n in down] == [74, 71, 69, 66, 64, 62]
    assert all(a.at < b.at for a, b in itertools.pairwise(down))


def test_a_steady_tempo_is_what_it_says_and_a_changing_one_never_runs_backwards():
    assert Tempo([(0, 60), (10, 60)], lead_in_s=0).seconds(7) == pytest.approx(7)
    assert Tempo([(0, 120), (10, 120)], lead_in_s=0.5).seconds(4) == pytest.approx(2.5)
    times = [lanterns.TEMPO.seconds(beat / 8) for beat in range(8 * 88)]
    assert all(a < b for a, b in itertools.pairwise(times))
