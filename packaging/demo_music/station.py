"""The Empty Platform: piano, strings and timpani in D minor, in the manner of a film score.

Form, in bars of four: 1-2 the piano's figure; 3-6 the theme; 7-8 a swell that promises a climax and is denied
by a sudden quiet; 9-11 the cellos with the theme upside down; 12-15 the bass climbs from D to A while the
theme's head is driven upwards; 16-19 the climax, with the notes of the denied one an octave higher;
20-21 what is left.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from demo_music.dsp import Bus
from demo_music.percussion import cymbal, swell, timpani
from demo_music.plucked import piano
from demo_music.room import impulse_response, mix
from demo_music.score import Note, Tempo, chord, hz, line, pattern, pitch
from demo_music.sustained import STRINGS, section

SLUG = "the-empty-platform"
TITLE = "The Empty Platform"
SUMMARY = (
    "Piano, strings and timpani in D minor, like a film score: a climax that is denied, and a late one that is not."
)
CLIMAX_BEATS = (60.0, 68.0, 75.0)  # bar 16, the high B flat of bar 18, the end of bar 19
END_BEAT = 84.5

TEMPO = Tempo(
    [
        (0, 66), (6, 72), (7.5, 64), (8, 72), (14, 74), (15.7, 66), (16, 74), (22, 74), (23.5, 66),
        (24, 78), (29, 80), (31.6, 60), (32, 60), (36, 64), (42, 66), (43.7, 56), (44, 72),
        (52, 84), (58, 96), (59.6, 72),
        (60, 84), (66, 88), (67.6, 72), (68, 78), (72, 80), (75.5, 60), (76, 62), (80, 54), (84, 40),
    ]
)  # fmt: skip

# One chord a bar, low to high, for the strings: bass, cello, viola, second violin.
HARMONY = {
    3: ("D3", "A3", "D4", "F4"), 4: ("Bb2", "F3", "D4", "F4"), 5: ("F2", "F3", "C4", "A4"),
    6: ("C3", "G3", "C4", "G4"), 7: ("G2", "G3", "D4", "Bb4"), 8: ("A2", "G3", "C#4", "A4"),
    12: ("D2", "A3", "D4", "F4"), 13: ("E2", "G3", "C4", "G4"), 14: ("F2", "A3", "C4", "A4"),
    15: ("A2", "G3", "E4", "C#5"), 16: ("D2", "A3", "F4", "A4"), 17: ("Bb2", "F3", "D4", "Bb4"),
    18: ("G2", "G3", "D4", "Bb4"), 19: ("A2", "G3", "E4", "C#5"),
}  # fmt: skip
STRENGTH = {
    3: (0.1, 0.16), 4: (0.18, 0.22), 5: (0.22, 0.26), 6: (0.26, 0.24), 7: (0.34, 0.5), 8: (0.58, 0.56),
    12: (0.27, 0.42), 13: (0.46, 0.58), 14: (0.62, 0.74), 15: (0.74, 0.92), 16: (0.92, 0.9), 17: (0.9, 0.95),
    18: (1.0, 0.98), 19: (0.95, 0.6),
}  # fmt: skip


def left_hand() -> list[Note]:
    """The piano's rocking figure, which changes with the harmony and turns into octaves at the climax."""
    figures = {
        1: "D3 A3 D4 E4 F4 E4 D4 A3", 2: "D3 A3 D4 E4 F4 E4 D4 A3", 3: "D3 A3 D4 E4 F4 E4 D4 A3",
        4: "Bb2 F3 Bb3 D4 F4 D4 Bb3 F3", 5: "F2 C3 F3 A3 C4 A3 F3 C3", 6: "C3 G3 C4 D4 E4 D4 C4 G3",
        7: "G2 D3 G3 Bb3 D4 Bb3 G3 D3", 8: "A2 E3 G3 C#4 E4 C#4 G3 E3",
        12: "D2 A2 D3 F3 A3 F3 D3 A2", 13: "E2 C3 G3 C4 E4 C4 G3 C3", 14: "F2 C3 A3 C4 F4 C4 A3 C3",
        15: "A2 E3 A3 C#4 E4 C#4 A3 E3",
    }  # fmt: skip
    levels = {1: 0.24, 2: 0.28, 3: 0.27, 4: 0.3, 5: 0.33, 6: 0.33, 7: 0.42, 8: 0.52}
    levels |= {12: 0.34, 13: 0.46, 14: 0.6, 15: 0.7}
    notes: list[Note] = []
    for bar, names in figures.items():
        notes += pattern(names, 4 * (bar - 1), 0.5, [levels[bar], levels[bar] * 1.08], ring=3)
    # 9-11: single low notes only.
    for beat, names in ((32, "Bb1 Bb2"), (36, "G1 G2"), (40, "A1 A2")):
        notes += chord(names, beat, 3.9, 0.26, 0.05)
    # 16-19: octaves in the bass, semiquavers rolling above them.
    rolls = {
        16: ("D1 D2", "D3 A3 D4 F4 A4 F4 D4 A3"), 17: ("Bb1 Bb2", "Bb2 F3 Bb3 D4 F4 D4 Bb3 F3"),
        18: ("G1 G2", "G2 D3 G3 Bb3 D4 Bb3 G3 D3"), 19: ("A1 A2", "A2 E3 A3 C#4 E4 C#4 A3 E3"),
    }  # fmt: skip
    for bar, (bass, names) in rolls.items():
        at = 4.0 * (bar - 1)
        notes += chord(bass, at, 2, 0.85) + chord(bass, at + 2, 2, 0.75)
        notes += pattern(names, at, 0.25, [0.75, 0.8] if bar < 19 else [0.78, 0.5], ring=4, times=2)
    notes += chord("D1 D2", 76, 6, 0.4)
    notes += pattern("A2 D3 E3 F3 E3 D3", 77, 0.5, [0.3, 0.22], ring=4)
    notes += chord("D2 A2 D3", 80, 6, 0.2, 0.18)
    return notes


def right_hand() -> list[Note]:
    """The theme on the piano; chords on top of the climax; the theme's head left hanging at the end."""
    notes = line("A4/2 D5/1 E5/1 | F5/2.5 E5/.5 D5/1", 8, [0.4, 0.5, 0.44])
    notes += line("C5/2 F5/1 G5/1 | E5/3 C5/1", 16, [0.46, 0.54, 0.44])
    notes += line("D5/1 G5/1 Bb5/1.5 A5/.5 | A5/1 G5/1 E5/1 C#5/1", 24, [0.5, 0.64, 0.6, 0.5])
    notes += line("r/1 F5/3 | r/1 D5/2 Bb4/1 | r/1 E5/3", 32, [0.26, 0.22])
    notes += line("A4/1 D5/1 E5/1 F5/1 | G4/.5 C5/.5 E5/.5 F5/.5 G5/1 E5/1", 44, [0.36, 0.58])
    notes += line("C5/.5 F5/.5 G5/.5 A5/.5 C5/.5 G5/.5 A5/.5 C6/.5", 52, [0.6, 0.7])
    notes += pattern("C#5 E5 G5 A5", 56, 0.25, [0.66, 0.85], ring=2, times=4)
    tops = (
        ("A4 D5 F5 A5", 60, 2.0), ("D5 F5 D6", 62, 1.0), ("E5 A5 E6", 63, 1.0), ("F5 Bb5 F6", 64, 2.5),
        ("E5 E6", 66.5, 0.5), ("D5 F5 D6", 67, 1.0), ("Bb5 D6 G6 Bb6", 68, 2.0), ("A5 D6 A6", 70, 1.0),
        ("G5 Bb5 G6", 71, 1.0), ("A5 C#6 E6 A6", 72, 2.0), ("E5 A5 E6", 74, 1.0), ("C#5 G5 C#6", 75, 1.0),
    )  # fmt: skip
    for names, at, beats in tops:
        notes += chord(names, at, beats, 0.8 if at < 74 else 0.56)
    notes += line("A4/1 D5/.5 E5/.5 F5/2.5~", 80, [0.28, 0.3, 0.22])
    notes += chord("D5 A5", 84, 4, 0.14, 0.3)
    return notes


def melody() -> list[Note]:
    """First violins: silent at first, a descant to the denied climax, then the theme itself."""
    notes = line("F4/4~ | E4/3 C4/1", 16, [0.12, 0.24])
    notes += line("D5/1~ G5/1~ Bb5/1.5~v A5/.5 | A5/1v G5/1 E5/1 C#5/.95", 24, [0.4, 0.62, 0.6])
    notes += line("D5/4v | D5/4 | C#5/2 E5/1.8", 32, [0.14, 0.16, 0.12])
    notes += line("A4/1 D5/1 E5/1 F5/1 | G4/.5 C5/.5 E5/.5 F5/.5 G5/1 E5/.95", 44, [0.28, 0.6])
    notes += line("C5/.5~ F5/.5 G5/.5 A5/.5 C5/.5 G5/.5 A5/.5 C6/.5 | A5/2~v C#6/1.95~v", 52, [0.62, 0.92])
    notes += line("A5/2~v D6/1 E6/1 | F6/2.5~v E6/.5 D6/1", 60, [0.95, 0.98])
    notes += line("Bb6/2~v A6/1 G6/1 | A6/2~v E6/1 C#6/1", 68, [1.0, 0.98, 0.6])
    notes += line("D6/3.8~v", 76, [0.3])
    return notes


def cellos() -> list[Note]:
    """The theme upside down, sung low; later the melody two octaves below the violins."""
    notes = line("D4/2~ A3/1 G3/1 | Bb3/2.5~v A3/.5 G3/1 | A3/3~v G3/.5 E3/.45", 32, [0.4, 0.52, 0.3])
    notes += line("A3/2~v D4/1 E4/1 | F4/2.5~v E4/.5 D4/1", 60, [0.9, 0.95])
    notes += line("Bb4/2~v A4/1 G4/1 | A4/2~v E4/1 C#4/1", 68, [1.0, 0.95, 0.6])
    notes += line("D4/4", 76, [0.25])
    return notes


def inner(part: int) -> list[Note]:
    """One line of the string choir: 0 bass, 1 cello, 2 viola, 3 second violin."""
    notes: list[Note] = []
    for bar, names in HARMONY.items():
        first, last = STRENGTH[bar]
        at = 4.0 * (bar - 1)
        # Two bows a bar when strong, one when soft.
        bows = 2 if first >= 0.5 else 1
        for i in range(bows):
            level = first + (last - first) * i / bows
            # A hair of rest at the end of bars 8 and 15 lets the air in.
            short = 0.08 if bar in (8, 15) and i == bows - 1 else 0.0
            notes.append(Note(at + i * 4 / bows, 4 / bows - short, pitch(names[part]), level))
    for at, name in ((32, ("Bb2", "F3", "Bb3", "F4")[part]), (36, ("G2", "D3", "Bb3", "G4")[part])):
        notes.append(Note(at, 4, pitch(name), 0.14))
    notes.append(Note(40, 3.8, pitch(("A2", "E3", "A3", "E4")[part]), 0.15))
    notes.append(Note(76, 6.5, pitch(("D2", "A2", "D4", "A4")[part]), 0.2))
    return sorted(notes, key=lambda n: n.at)


def tremolo() -> list[Note]:
    """Violins trembling under the climb and the climax: short bows, eight a beat."""
    notes: list[Note] = []
    chords = {14: "F5 A5", 15: "E5 A5", 16: "D5 F5", 17: "F5 Bb5", 18: "D5 G5", 19: "C#5 G5"}
    for bar, names in chords.items():
        level = (0.5, 0.75, 0.85, 0.9, 1.0, 0.8)[bar - 14]
        for i in range(32):
            name = names.split()[i % 2]
            notes.append(Note(4 * (bar - 1) + i / 8, 0.12, pitch(name), level * (0.9 + 0.1 * (i % 4 == 0))))
    return notes


def _play_piano(bus: Bus, seed: int) -> None:
    """Both hands, with the pedal changed at each bar."""
    rng = np.random.default_rng(seed)
    for hand, notes in enumerate((left_hand(), right_hand())):
        for note in notes:
            start = TEMPO.seconds(note.at) + rng.normal(0, 0.006) + 0.008 * hand
            pedal = max(note.end, min(4.0 * (note.at // 4 + 1), note.at + 3.0))
            seconds = min(TEMPO.seconds(pedal) - TEMPO.seconds(note.at), 6.0)
            level = float(np.clip(note.level * (1 + rng.normal(0, 0.05)), 0.05, 1.0))
            y = piano(note.midi, seconds, level, rng)
            bus.add(y, max(start, 0.03), float(np.clip((note.midi - 62) / 50, -0.6, 0.6)))


def _strike_all(bus: Bus, seed: int) -> None:
    """Timpani and cymbals: almost nothing for the denied climax, everything for the true one."""
    rng = np.random.default_rng(seed)
    hits = [("A2", 28, 0.34), ("D2", 44, 0.2), ("D2", 46, 0.25), ("E2", 48, 0.36), ("E2", 50, 0.4)]
    hits += [("F2", 52, 0.46), ("F2", 53.5, 0.4), ("F2", 54, 0.5)]
    hits += [("A2", 56 + i / 8, 0.22 + 0.02 * i) for i in range(31)]
    for bar, name in ((16, "D2"), (17, "Bb2"), (18, "G2"), (19, "A2")):
        at = 4.0 * (bar - 1)
        hits += [(name, at, 0.95), (name, at + 1.5, 0.6), (name, at + 2, 0.85), (name, at + 3.5, 0.6)]
    hits += [("G2", 67 + i / 8, 0.3 + 0.06 * i) for i in range(8)]
    hits += [("D2", 76, 0.45)]
    for name, beat, level in hits:
        stroke = timpani(float(hz(pitch(name))), float(np.clip(level * rng.normal(1, 0.04), 0.05, 1)), rng)
        bus.add(stroke, TEMPO.seconds(beat) + rng.normal(0, 0.003), 0.15)
    for first, last, level in ((29, 31.6, 0.2), (55, 60, 0.8), (66, 68, 0.7)):
        seconds = TEMPO.seconds(last) - TEMPO.seconds(first)
        bus.add(swell(seconds, level, rng), TEMPO.seconds(first), -0.3, 0.8)
    for beat, level in ((60, 0.75), (68, 1.0)):
        bus.add(cymbal(level, rng), TEMPO.seconds(beat), -0.3, 0.5)


def _choir(bus: Bus, parts: Sequence[tuple[Sequence[Note], float, float, int]], seed: int) -> None:
    """Seat the string sections; each part is (notes, pan, gain, players)."""
    for i, (notes, pan, gain, players) in enumerate(parts):
        section(bus, STRINGS, notes, TEMPO.seconds, seed=seed + i, pan=pan, gain=gain, players=players)


def render() -> np.ndarray:
    """Play the piece [shape=(n, 2), float32, 44.1 kHz]."""
    duration_s = TEMPO.seconds(END_BEAT) + 2.4
    keys, strings, drums = Bus(duration_s), Bus(duration_s), Bus(duration_s)
    _play_piano(keys, 201)
    _choir(
        strings,
        [
            (inner(0), 0.55, 0.85, 2), (inner(1), 0.4, 0.7, 3), (inner(2), 0.1, 0.7, 3),
            (inner(3), -0.3, 0.7, 3),
            (melody(), -0.5, 1.15, 5), (cellos(), 0.4, 1.0, 4), (tremolo(), -0.25, 0.5, 2),
        ],
        210,
    )  # fmt: skip
    _strike_all(drums, 230)
    hall = impulse_response(2.9, 240, warmth=1.15)
    return mix([(keys, 1.0, 0.28), (strings, 1.6, 0.42), (drums, 0.7, 0.35)], hall, fade_out_s=3.0)
