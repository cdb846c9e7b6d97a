"""Notes in, sound out: a MIDI file written byte by byte, and fluidsynth."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
from domain_sounds.effects import RATE, Samples, level

from models.data.render import Rendering, find_soundfont, render_midi

DRUMS = 9
_TICKS_PER_S = 960


@dataclass(frozen=True)
class Note:
    """A key, when it goes down and for how long (s), how hard (1..127), on which channel."""

    start_s: float
    key: int
    length_s: float = 0.1
    velocity: int = 90
    channel: int = 0


def _length(ticks: int) -> bytes:
    out = bytes([ticks & 127])
    while ticks := ticks >> 7:
        out = bytes([ticks & 127 | 128]) + out
    return out


def _file(notes: Sequence[Note], programs: dict[int, int]) -> bytes:
    events = [(0, bytes([0xC0 | channel, program])) for channel, program in programs.items()]
    for note in notes:
        start, end = (round(at * _TICKS_PER_S) for at in (note.start_s, note.start_s + note.length_s))
        events.append((start, bytes([0x90 | note.channel, note.key, max(1, min(127, note.velocity))])))
        events.append((max(end, start + 1), bytes([0x80 | note.channel, note.key, 0])))
    body, before = b"", 0
    for tick, message in sorted(events, key=lambda event: event[0]):
        body += _length(tick - before) + message
        before = tick
    body += b"\x00\xff\x2f\x00"
    # 480 ticks to the quarter note and, as the file does not say otherwise, 120 quarter notes to the minute.
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(body)) + body


def played(notes: Sequence[Note], programs: dict[int, int], seconds: float) -> Samples:
    """Play notes with General MIDI programs by channel; channel 9 takes the number of a drum kit."""
    with tempfile.TemporaryDirectory() as folder:
        score, wave = Path(folder) / "notes.mid", Path(folder) / "notes.flac"
        score.write_bytes(_file(notes, programs))
        render_midi(score, wave, Rendering("piano", find_soundfont()), RATE)
        y = sf.read(wave, dtype="float32")[0]
    n = int(seconds * RATE)
    return level(np.pad(y, (0, max(0, n - y.size)))[:n])
