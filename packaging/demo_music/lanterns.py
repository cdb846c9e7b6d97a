"""Lanterns on the River: zither, fiddle, flutes, lute and drums in the pentatonic of D.

Form, in bars of four: 1-4 the zither alone, free; 5-8 the fiddle's song; 9-12 the song a fifth higher, broken
into shorter and shorter pieces over a held A; 13-18 the song in octaves, turned upwards to its highest note
in bar 16; 19-22 the way home. All of it grows out of the call A-B-A-F# and its answer E-F#-D.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from demo_music.dsp import Bus
from demo_music.percussion import clapper, cymbal, drum, gong
from demo_music.plucked import BASS_ZITHER, LUTE, ZITHER, PluckedString, pluck
from demo_music.room import impulse_response, mix
from demo_music.score import Note, Tempo, chord, line, pattern, sweep
from demo_music.sustained import DIZI, ERHU, STRINGS, XIAO, section, solo

SLUG = "lanterns-on-the-river"
TITLE = "Lanterns on the River"
SUMMARY = (
    "Zither, fiddle, bamboo flutes, lute and drums in an East Asian pentatonic idiom: "
    "quiet opening, build-up, climax, release."
)
CLIMAX_BEATS = (48.0, 60.0, 72.0)  # bar 13, the high F# of bar 16, the end of bar 18
END_BEAT = 88.0
SCALE = "D E F# A B"
LOWEST_WIRE = 48  # MIDI; below lie the wound strings, which sound darker

TEMPO = Tempo(
    [
        (0, 66), (3, 62), (7, 54), (8, 66), (11, 64), (15, 54),  # free, lingering at the ends of lines
        (16, 64), (22, 66), (23.5, 58), (24, 66), (30, 66), (31.5, 60),  # the song breathes
        (32, 80), (40, 90), (46, 108), (47.5, 96), (48, 112),  # driving on, held back just before the arrival
        (58, 118), (60, 104), (63, 108), (64, 116), (70, 104), (72, 76),
        (74, 62), (80, 56), (84, 50), (88, 38),
    ]
)  # fmt: skip


def zither() -> list[Note]:
    """The zither's part: alone at first, then the ground under the others."""
    notes: list[Note] = []
    # 1-4: the call, its answer, and the five notes opening upwards.
    notes += chord("D3 A3", 0, 6, 0.34, 0.5)
    notes += line("r/1.5 A4/1.5bv B4/.5 A4/.5 | F#4/2v", 0, [0.3, 0.46, 0.34])
    notes += line("r/2 E4/1bv F#4/.5 D4/.5", 4, [0.36, 0.3])
    notes += chord("B2 F#3 D4", 8, 4, 0.34, 0.12)
    notes += line("D4/.5 E4/.5 F#4/.5 A4/.5 B4/2bv", 8, [0.28, 0.48])
    notes += chord("A2 E3 A3", 12, 4, 0.36, 0.12)
    notes += line("A4/1.5v F#4/.5 E4/2bv", 12, [0.44, 0.3])
    notes += sweep(SCALE, ("D3", "D5"), 14.6, 1.3, (0.16, 0.34), ring=2.5)
    # 5-8: quavers under the song.
    for bar, names in enumerate(
        (
            "D3 A3 D4 F#4 A4 F#4 D4 A3",
            "B2 F#3 B3 D4 F#4 D4 B3 F#3",
            "A2 E3 A3 B3 E4 B3 A3 E3",
            "D3 A3 D4 E4 A4 E4 F#4 A4",
        )
    ):
        notes += pattern(names, 16 + 4 * bar, 0.5, [0.34 + 0.03 * bar, 0.4 + 0.03 * bar], ring=4)
    # 9-12: over A, quavers becoming semiquavers.
    notes += pattern("A2 E3 A3 C#4 E4 C#4 B3 E3", 32, 0.5, [0.46, 0.5], ring=3)
    notes += pattern("F#2 C#3 F#3 A3 C#4 A3 F#3 C#3", 36, 0.5, [0.5, 0.56], ring=3)
    notes += pattern("A3 C#4 E4 F#4 A4 F#4 E4 C#4 A3 C#4 E4 F#4 A4 B4 A4 F#4", 40, 0.25, [0.54, 0.62], ring=4)
    notes += pattern("A3 C#4 E4 F#4 A4 B4 C#5 E5", 44, 0.25, [0.6, 0.68], ring=4)
    notes += sweep(SCALE, ("A2", "D6"), 46, 1.9, (0.5, 0.95), ring=3.0)
    # 13-18: struck chords and running semiquavers.
    runs = (
        "D4 F#4 A4 B4 D5 B4 A4 F#4 D4 F#4 A4 B4 D5 E5 F#5 A5",
        "B3 D4 F#4 A4 B4 A4 F#4 D4 E4 F#4 A4 B4 D5 E5 F#5 A5",
        "A3 B3 E4 A4 B4 E5 B4 A4 A4 B4 D5 E5 F#5 E5 D5 B4",
        "D5 F#5 A5 B5 D6 B5 A5 F#5 D5 F#5 A5 B5 D6 B5 A5 F#5",
        "D4 F#4 A4 D5 F#5 D5 B4 A4 B4 D5 E5 F#5 A5 F#5 E5 D5",
        "A4 B4 D5 E5 F#5 E5 D5 B4 A4 F#4 E4 D4 B3 A3 F#3 E3",
    )
    for bar, (names, low) in enumerate(
        zip(
            runs,
            ("D2 D3 A3 D4", "B2 F#3 B3 D4", "A2 E3 A3", "D2 D3 A3 F#4", "B2 F#3 D4", "A2 E3 A3"),
            strict=True,
        )
    ):
        at = 48 + 4 * bar
        notes += chord(low, at, 4, 0.95 if bar in (0, 3) else 0.85, 0.03)
        notes += pattern(names, at, 0.25, [0.8, 0.92] if bar < 4 else [0.85, 0.62], ring=4)
    notes += sweep(SCALE, ("D3", "D6"), 59.2, 0.8, (0.5, 0.9), ring=2.0)
    # 19-22: the long descent, the answer once more, and the open strings.
    notes += chord("D2 D3 A3", 72, 6, 0.6, 0.05)
    notes += sweep(SCALE, ("D6", "D3"), 72.6, 3.0, (0.5, 0.2), ring=3.0)
    notes += chord("B2 F#3", 76, 4, 0.34, 0.2)
    notes += line("r/1 E4/1.5bv F#4/.5 D4/2v", 78.5, [0.4, 0.3])
    notes += chord("D3 A3 D4 A4 D5", 84, 7, 0.34, 0.22)
    return notes


def fiddle() -> list[Note]:
    """The erhu's part: the song, its breaking up, its flight."""
    song = line("A4/1.5~ B4/.5 A4/1 F#4/1 | E4/1.5~ F#4/.5 D4/1.9v r/.1", 16, [0.42, 0.55, 0.42])
    song += line("E4/1 F#4/.5 A4/.5 B4/1.5~v D5/.5 | A4/3~v r/1", 24, [0.45, 0.62, 0.4])
    song += line("E5/1.5~ F#5/.5 E5/1 C#5/1 | B4/1.5~ C#5/.5 A4/1.9v r/.1", 32, [0.58, 0.68])
    song += line("B4/.5 C#5/.5 E5/1~ C#5/.5 E5/.5 F#5/1~ | E5/.5 F#5/.5 A5/1~ F#5/.5 A5/.5 B5/.9~", 40, [0.66, 0.85])
    song += line("A5/1.5~ B5/.5 A5/1 F#5/1 | E5/.5 F#5/.5 A5/.5 B5/.5 D6/2~v", 48, [0.88, 0.95])
    song += line("E6/1.5~ D6/.5 B5/1 D6/1 | F#6/3~v E6/.5 D6/.5", 56, [0.95, 1.0, 1.0])
    song += line("D6/1 E6/.5 D6/.5 B5/1 A5/1~ | B5/.5 A5/.5 F#5/.5 E5/.5 D5/1.8v", 64, [0.97, 0.7])
    song += line("F#5/3~v E5/1 | D5/3~v", 72, [0.4, 0.2])
    return song


def flutes() -> tuple[list[Note], list[Note]]:
    """The vertical flute of the quiet ends, and the transverse flute that doubles the climax."""
    xiao = line("r/2 F#5/1.5 E5/.5~ | r/.3 D5/1.2 B4/.5 A4/1.8", 8, [0.3, 0.45, 0.3])
    xiao += line("F#5/3 E5/1~ | D5/2 E5/1.6", 24, [0.25, 0.42, 0.3])
    xiao += line("A5/4 | r/.2 C#6/3.5~", 32, [0.3, 0.5])
    xiao += line("r/.5 A4/1.5~ B4/.5 A4/1 F#4/2", 76, [0.34, 0.44, 0.26])
    xiao += line("r/.5 B4/.5 A4/2.6", 81.5, [0.3, 0.34, 0.12])
    dizi = line("A5/1.5 B5/.5 A5/1 F#5/1 | E5/.5 F#5/.5 A5/.5 B5/.5 D6/2~", 48, [0.7, 0.85])
    dizi += line("E6/1.5 D6/.5 B5/1 D6/1 | F#6/3~v A6/.5 F#6/.5", 56, [0.85, 1.0, 1.0])
    dizi += line("D6/1 E6/.5 D6/.5 B5/1 A5/1 | B5/.5 A5/.5 F#5/.5 E5/.5 D5/1.5", 64, [0.9, 0.55])
    return xiao, dizi


def lute() -> list[Note]:
    """The pipa's part: off-beats, then a ceaseless figure, then tremolo on the high notes."""
    notes: list[Note] = []
    for bar, names in enumerate(("C#5 E5 C#5 F#5", "A4 C#5 A4 E5")):
        for i, name in enumerate(names.split()):
            notes += chord(name, 32 + 4 * bar + i + 0.5, 0.5, 0.42 + 0.03 * bar)
            notes += chord(name, 32 + 4 * bar + i + 0.75, 0.4, 0.34 + 0.03 * bar)
    notes += pattern("A4 E5 A4 F#5 A4 E5 A4 C#5", 40, 0.25, [0.48, 0.58], ring=1.5, times=2)
    notes += pattern("A4 F#5 A4 E5 B4 F#5 B4 A5", 44, 0.25, [0.58, 0.8], ring=1.5, times=2)
    figures = ("D5 A5 F#5 A5", "B4 F#5 D5 F#5", "A4 E5 B4 E5", "D5 A5 F#5 A5", "D5 B5 F#5 B5", "A4 F#5 D5 E5")
    for bar, names in enumerate(figures):
        level = [0.78, 0.86] if bar < 4 else [0.84, 0.6]
        notes += pattern(names, 48 + 4 * bar, 0.25, level, ring=1.4, times=4)
    # Tremolo with all fingers on the song's longest notes: eight strokes a beat.
    for name, at, beats in (("D6", 54, 2.0), ("F#6", 60, 3.0)):
        notes += pattern(name, at, 0.125, [0.6, 0.85], ring=1.0, times=int(beats * 8))
    return notes


def strokes() -> list[tuple[str, float, float]]:
    """Percussion as (instrument, beat, level)."""
    hits: list[tuple[str, float, float]] = [("drum", b, 0.22) for b in (24, 26, 28, 30, 31)]
    hits += [("drum", b, 0.36) for b in (32, 34, 36, 37.5, 38, 39)]
    hits += [("drum", 40 + 0.5 * i, 0.4 + 0.02 * i + (0.08 if i % 2 == 0 else 0)) for i in range(8)]
    hits += [("drum", 44 + 0.5 * i, 0.5 + 0.03 * i) for i in range(4)]
    hits += [("small", 46 + 0.125 * i, 0.35 + 0.035 * i) for i in range(15)]
    hits += [("clapper", b, 0.4) for b in (33, 35, 37, 39, 41, 43, 45)]
    for bar in range(6):
        at, level = 48.0 + 4 * bar, (0.9, 0.86, 0.94, 1.0, 0.88, 0.7)[bar]
        hits += [("drum", at + b, level * a) for b, a in ((0, 1.0), (1.5, 0.7), (2, 0.9), (3, 0.75), (3.5, 0.8))]
        hits += [("small", at + b, level * 0.6) for b in (0.5, 0.75, 1, 2.5, 2.75, 3.25, 3.75)]
        hits += [("clapper", at + b, 0.6) for b in (1, 3)]
    hits += [("cymbal", b, a) for b, a in ((48, 0.8), (56, 0.7), (60, 1.0), (64, 0.6))]
    hits += [("gong", b, a) for b, a in ((48, 0.7), (60, 1.0), (72, 0.5))]
    hits += [("drum", 72, 0.5), ("drum", 74, 0.26), ("drum", 76, 0.16)]
    return hits


def ground() -> tuple[list[Note], list[Note], list[Note]]:
    """Low bowed strings, in three parts, that hold the harmony from bar 9 to bar 19."""
    bass = line("A2/8 | A2/7.8", 32, [0.34, 0.55, 0.8])
    bass += line("D2/4 B2/4 A2/4 D2/4 B2/4 A2/4 | D2/5", 48, [0.85, 0.95, 0.9, 0.3])
    middle = line("E4/8 | E4/4 F#4/3.8", 32, [0.26, 0.45, 0.7])
    middle += line("F#4/4 F#4/4 E4/4 F#4/4 F#4/4 E4/4 | D4/5", 48, [0.8, 0.95, 0.85, 0.25])
    top = line("A4/8 | C#5/4 E5/3.8", 32, [0.22, 0.42, 0.7])
    top += line("A4/4 B4/4 B4/4 D5/4 B4/4 A4/4 | F#4/5", 48, [0.8, 0.95, 0.85, 0.25])
    return bass, middle, top


def _pluck_all(bus: Bus, voice: PluckedString, notes: Sequence[Note], *, seed: int, pan: float, width: float) -> None:
    """Play a plucked part: low strings left of the player's place, high ones right."""
    rng = np.random.default_rng(seed)
    for note in notes:
        loose = 0.012 if note.at < 32 or note.at >= 72 else 0.006
        start = TEMPO.seconds(note.at) + rng.normal(0, loose) * 0.6
        seconds = TEMPO.seconds(note.end) - TEMPO.seconds(note.at)
        level = float(np.clip(note.level * (1 + rng.normal(0, 0.05)), 0.05, 1))
        y = pluck(
            voice, note.midi, min(max(seconds, 0.2), 5.0), level, rng,
            bend=2.0 if "b" in note.marks else 0.0, vibrato=0.35 if "v" in note.marks else 0.0,
        )  # fmt: skip
        place = float(np.clip(pan + width * (note.midi - 64) / 24, -0.9, 0.9))
        bus.add(y, max(start, 0.03), place)


def _strike_all(bus: Bus, seed: int) -> None:
    """Play the percussion."""
    rng = np.random.default_rng(seed)
    for name, beat, level in strokes():
        at = TEMPO.seconds(beat) + rng.normal(0, 0.003)
        strength = float(np.clip(level * (1 + rng.normal(0, 0.04)), 0.05, 1.0))
        if name == "drum":
            bus.add(drum(82, strength, rng), at, -0.1, 0.9)
        elif name == "small":
            bus.add(drum(178, strength, rng, 0.5), at, 0.2, 0.5)
        elif name == "clapper":
            bus.add(clapper(strength, rng), at, 0.45, 0.16)
        elif name == "cymbal":
            bus.add(cymbal(strength, rng), at, 0.3, 0.5)
        else:
            bus.add(gong(72, strength, rng), at, -0.3, 1.0)


def render() -> np.ndarray:
    """Play the piece [shape=(n, 2), float32, 44.1 kHz]."""
    duration_s = TEMPO.seconds(END_BEAT) + 0.7
    clock = TEMPO.seconds
    bus = {name: Bus(duration_s) for name in ("zither", "erhu", "xiao", "dizi", "lute", "drums", "ground")}
    high = [note for note in zither() if note.midi >= LOWEST_WIRE]
    low = [note for note in zither() if note.midi < LOWEST_WIRE]
    _pluck_all(bus["zither"], ZITHER, high, seed=101, pan=-0.2, width=0.35)
    _pluck_all(bus["zither"], BASS_ZITHER, low, seed=102, pan=-0.2, width=0.2)
    _pluck_all(bus["lute"], LUTE, lute(), seed=103, pan=0.45, width=0.1)
    solo(bus["erhu"], ERHU, fiddle(), clock, seed=104, pan=0.08)
    xiao, dizi = flutes()
    solo(bus["xiao"], XIAO, xiao, clock, seed=105, pan=-0.35)
    solo(bus["dizi"], DIZI, dizi, clock, seed=106, pan=0.3)
    for part, seed, seat in zip(ground(), (107, 108, 109), (0.25, -0.1, -0.45), strict=True):
        section(bus["ground"], STRINGS, part, clock, seed=seed, pan=seat, players=3)
    _strike_all(bus["drums"], 110)
    hall = impulse_response(2.4, 120, warmth=1.1)
    levels = {
        "zither": (0.72, 0.30), "erhu": (0.85, 0.34), "xiao": (1.1, 0.5), "dizi": (0.42, 0.4),
        "lute": (1.05, 0.28), "drums": (0.46, 0.22), "ground": (0.42, 0.4),
    }  # fmt: skip
    return mix([(bus[name], gain, send) for name, (gain, send) in levels.items()], hall, fade_out_s=3.0)
