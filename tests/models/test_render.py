from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.data import render
from models.data.ensembles import ENSEMBLES, Voice, _events, arranged
from models.data.render import Rendering, RenderOptions, find_soundfont, render_midi
from models.errors import JobError
from tests import midi

# Arranging -----------------------------------------------------------------------------------------------------------

TWO = (Voice(0, 42, True), Voice(60, 10))


def _said(score: bytes) -> list[midi.Event]:
    """Events of a file of one track, as an independent reading of the format gives them."""
    assert score[:14] == b"MThd\x00\x00\x00\x06\x00\x00\x00\x01" + score[12:14]
    assert score[14:18] == b"MTrk"
    assert int.from_bytes(score[18:22], "big") == len(score) - 22
    out, at, tick = [], 22, 0
    while at < len(score):
        while score[at] & 0x80:
            tick_part = score[at] & 0x7F
            at += 1
            tick += tick_part << 7
        tick += score[at]
        at += 1
        size = {0xC: 2, 0xF: 3 + score[at + 2]}.get(score[at] >> 4, 3)
        out.append((tick, score[at : at + size]))
        at += size
    return out


def test_notes_are_dealt_by_pitch_with_their_velocities_and_times() -> None:
    score = midi.score(
        midi.track([(0, b"\xff\x51\x03\x07\xa1\x20"), (0, b"\xff\x03\x01x"), (0, b"\xc0\x00")]),
        midi.track([*midi.note(0, 59, 70), *midi.note(480, 60, 90), (480, b"\xb0\x07\x20")], end=2000),
    )
    assert _said(arranged(score, TWO)) == [
        (0, b"\xc0\x2a"),
        (0, b"\xc1\x0a"),
        (0, b"\xff\x51\x03\x07\xa1\x20"),
        (0, bytes([0x90, 59, 70])),
        (480, bytes([0x90, 59, 0])),
        (480, bytes([0x91, 60, 90])),
        (960, bytes([0x91, 60, 0])),
        (2000, b"\xff\x2f\x00"),
    ]


def test_running_status_and_system_messages_are_understood() -> None:
    body = b"\x00\xf0\x02\x01\xf7" + b"\x00\x91\x40\x50" + b"\x83\x60\x40\x00" + b"\x00\x43\x50" + b"\x00\xff\x2f\x00"
    score = midi.score(b"MTrk" + len(body).to_bytes(4, "big") + body, kind=0)
    assert _said(arranged(score, TWO))[2:-1] == [
        (0, bytes([0x91, 0x40, 0x50])),
        (480, bytes([0x91, 0x40, 0])),
        (480, bytes([0x91, 0x43, 0x50])),
    ]


def test_the_pedal_holds_only_what_dies_away_by_itself() -> None:
    score = midi.score(
        midi.track([(0, b"\xb0\x40\x7f"), (9, b"\xb1\x40\x30"), (10, b"\xb0\x40\x00"), *midi.note(0, 60)])
    )
    pedal = [event for event in _said(arranged(score, TWO)) if event[1][0] & 0xF0 == 0xB0]
    assert pedal == [(0, b"\xb1\x40\x7f"), (9, b"\xb1\x40\x7f"), (10, b"\xb1\x40\x30")]


def test_a_pitch_that_two_hands_hold_ends_with_the_second() -> None:
    score = midi.score(
        midi.track(midi.note(0, 60, ticks=100)),
        midi.track(midi.note(50, 60, ticks=200, channel=1)),
    )
    ends = [tick for tick, message in _said(arranged(score, TWO)) if message[0] & 0xF0 == 0x90 and message[2] == 0]
    assert ends == [250]


def test_drums_stay_drums() -> None:
    drums = [(0, b"\xc9\x08"), *midi.note(0, 36, channel=9)]
    said = _said(arranged(midi.score(midi.track(drums)), TWO))
    assert [event for event in said if event[1][0] & 0x0F == 9] == drums


@pytest.mark.parametrize(
    "score",
    [
        b"",
        b"RIFF",
        midi.score(midi.track(midi.note(0, 60)))[:-6],
        midi.score(midi.track(midi.note(0, 60)), kind=2),
        midi.score(b"MTrk\x00\x00\x00\x03\x00\x90\x40"),
        midi.score(b"MTrk\x00\x00\x00\x03\x00\x40\x40"),
        midi.score(b"MTrk\x00\x00\x00\x04\x00\x90\x40\x80"),
        midi.score(b"MTrk\x00\x00\x00\x02\x81\x81"),
        midi.score(b"MTrk\x00\x00\x00\x04\x00\xff\x51\x09"),
        midi.track(midi.note(0, 60)),
    ],
)
def test_a_damaged_score_is_refused(score: bytes) -> None:
    with pytest.raises(ValueError, match="it "):
        arranged(score, TWO)


def test_every_ensemble_covers_every_pitch_with_voices_from_the_lowest_up() -> None:
    score = midi.score(midi.track([event for pitch in range(128) for event in midi.note(pitch, pitch, ticks=1)]))
    for name, voices in ENSEMBLES.items():
        if name == "piano":
            continue
        assert voices[0].lowest == 0
        assert [v.lowest for v in voices] == sorted({v.lowest for v in voices})
        assert len(voices) <= 9
        starts = [m for _, m in _events(arranged(score, voices)[22:]) if m[0] & 0xF0 == 0x90 and m[2]]
        assert sorted(m[1] for m in starts) == list(range(128))
        assert {m[0] & 0x0F for m in starts} == set(range(len(voices)))


# Choosing ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def fonts(tmp_path: Path) -> tuple[Path, Path]:
    return midi.soundfont(tmp_path / "one.sf2"), midi.soundfont(tmp_path / "two.sf2")


def test_every_way_has_a_name_of_its_own_and_the_default_has_none(
    fonts: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "SOUNDFONTS", fonts)
    assert [way.suffix for way in RenderOptions().ways()] == [""]
    assert [way.suffix for way in RenderOptions(("piano", "strings", "piano")).ways()] == ["", ".strings"]
    ways = RenderOptions(("piano", "koto"), fonts).ways()
    assert [way.suffix for way in ways] == [".piano.one", ".koto.one", ".piano.two", ".koto.two"]
    assert [way.soundfont for way in ways] == [fonts[0], fonts[0], fonts[1], fonts[1]]


def test_the_draw_depends_on_the_seed_and_the_piece_alone(fonts: tuple[Path, Path]) -> None:
    names = [f"piece {i}" for i in range(60)]

    def drawn(seed: int, renderings: int = 1) -> list[list[Rendering]]:
        options = RenderOptions(("piano", "strings", "winds"), fonts, renderings, seed)
        return [options.choose(options.ways(), name) for name in names]

    assert drawn(0) == drawn(0)
    assert drawn(0) != drawn(1)
    assert {ways[0].suffix for ways in drawn(0)} == {
        w.suffix for w in RenderOptions(("piano", "strings", "winds"), fonts).ways()
    }
    assert all(len({way.suffix for way in ways}) == 4 for ways in drawn(0, 4))


@pytest.mark.parametrize(
    ("options", "kind", "word"),
    [
        (RenderOptions(("kazoo",)), "bad_data", "kazoo"),
        (RenderOptions(soundfonts=(Path("/nowhere/x.sf2"),)), "not_found", "x.sf2"),
        (RenderOptions(renderings=2), "bad_data", "1 to 1"),
        (RenderOptions(renderings=0), "bad_data", "0 different"),
    ],
)
def test_wrong_options_are_named(
    options: RenderOptions, kind: str, word: str, fonts: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "SOUNDFONTS", fonts)
    with pytest.raises(JobError, match=word) as caught:
        options.ways()
    assert caught.value.kind == kind


def test_soundfonts_that_fluidsynth_would_swap_or_mix_up_are_refused(tmp_path: Path, fonts: tuple[Path, Path]) -> None:
    (tmp_path / "song.sf2").write_bytes(b"RIFF\x00\x00\x00\x00WAVE")
    with pytest.raises(JobError, match="is no SoundFont"):
        RenderOptions(soundfonts=(tmp_path / "song.sf2",)).ways()
    (tmp_path / "other").mkdir()
    with pytest.raises(JobError, match="Two SoundFonts"):
        RenderOptions(soundfonts=(fonts[0], midi.soundfont(tmp_path / "other" / "one.sf2"))).ways()


def test_what_is_missing_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "SOUNDFONTS", (tmp_path / "none.sf2",))
    with pytest.raises(JobError, match="fluid-soundfont-gm"):
        find_soundfont()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(JobError, match="apt-get install --no-install-recommends fluidsynth"):
        render.find_fluidsynth()


# Rendering -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def synth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fluidsynth of sines in the path, and its SoundFont."""
    monkeypatch.setenv("PATH", str(midi.fluidsynth(tmp_path / "bin").parent))
    return midi.soundfont(tmp_path / "font.sf2")


def _loudest_hz(path: Path) -> float:
    y, rate = soundfile.read(path)
    return float(np.abs(np.fft.rfft(y)).argmax() * rate / y.size)


def test_a_rendering_is_mono_flac_at_our_rate_in_the_ensembles_voice(tmp_path: Path, synth: Path) -> None:
    tune = midi.tune(tmp_path / "tune.mid")
    for name, hz in (("piano", 300), ("bright-piano", 320), ("string-orchestra", 300 + 20 * 48)):
        render_midi(tune, tmp_path / "out.flac", Rendering(name, synth))
        info = soundfile.info(tmp_path / "out.flac")
        assert (info.samplerate, info.channels, info.format, info.subtype) == (22_050, 1, "FLAC", "PCM_16")
        assert _loudest_hz(tmp_path / "out.flac") == pytest.approx(hz, abs=5)
        assert np.abs(soundfile.read(tmp_path / "out.flac")[0]).max() == pytest.approx(0.6, abs=0.01)
    assert sorted(p.name for p in tmp_path.glob("out*")) == ["out.flac"]


def test_an_ensemble_that_clips_is_played_softer(tmp_path: Path, synth: Path) -> None:
    loud = synth.rename(tmp_path / "loud.sf2")
    render_midi(midi.tune(tmp_path / "tune.mid"), tmp_path / "out.flac", Rendering("brass", loud))
    assert np.abs(soundfile.read(tmp_path / "out.flac")[0]).max() == pytest.approx(0.6, abs=0.01)


@pytest.mark.parametrize("ensemble", ["piano", "strings"])
def test_scores_that_cannot_be_played_are_named(tmp_path: Path, synth: Path, ensemble: str) -> None:
    bad = {
        "text.mid": b"Dear diary",
        "cut.mid": midi.score(midi.track(midi.note(0, 60)))[:-8],
        "empty.mid": midi.score(midi.track([])),
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(JobError, match=name) as caught:
            render_midi(tmp_path / name, tmp_path / "out.flac", Rendering(ensemble, synth))
        assert caught.value.kind == "damaged"
    with pytest.raises(JobError, match=r"gone\.mid") as caught:
        render_midi(tmp_path / "gone.mid", tmp_path / "out.flac", Rendering(ensemble, synth))
    assert caught.value.kind == "not_found"
    assert not (tmp_path / "out.flac").exists()


@pytest.mark.skipif(
    shutil.which("fluidsynth") is None or not any(path.is_file() for path in render.SOUNDFONTS),
    reason="fluidsynth or its SoundFont is not installed",
)
def test_the_real_fluidsynth_plays_an_arrangement(tmp_path: Path) -> None:
    tune = midi.tune(tmp_path / "tune.mid", 69)
    for name in ("piano", "winds"):
        render_midi(tune, tmp_path / f"{name}.flac", Rendering(name, find_soundfont()))
    piano, winds = (soundfile.read(tmp_path / f"{name}.flac")[0] for name in ("piano", "winds"))
    assert not np.array_equal(piano[: winds.size], winds[: piano.size])
    power = np.abs(np.fft.rfft(winds[:22_050])) ** 2
    near = power[438:443].sum() + power[878:883].sum() + power[1317:1323].sum()
    assert near > 0.5 * power.sum()  # an oboe's a' and its harmonics
