"""MIDI files, made here byte by byte, and a fluidsynth that sounds like sines: no test needs a real one."""

from __future__ import annotations

import struct
import sys
from collections.abc import Sequence
from pathlib import Path

#: (tick, message): 480 ticks to the quarter note, 120 quarter notes to the minute.
Event = tuple[int, bytes]


def note(tick: int, pitch: int, velocity: int = 80, ticks: int = 480, channel: int = 0) -> list[Event]:
    """A note: its start and its end."""
    return [
        (tick, bytes([0x90 | channel, pitch, velocity])),
        (tick + ticks, bytes([0x80 | channel, pitch, 0])),
    ]


def track(events: Sequence[Event], end: int | None = None) -> bytes:
    """A track of events, sorted by time, every message with its own status byte."""
    events = sorted(events, key=lambda event: event[0])
    last = end if end is not None else events[-1][0] if events else 0
    body, before = b"", 0
    for tick, message in [*events, (last, b"\xff\x2f\x00")]:
        body += delta(tick - before) + message
        before = tick
    return b"MTrk" + struct.pack(">I", len(body)) + body


def delta(ticks: int) -> bytes:
    """A length as MIDI writes it."""
    if ticks < 0x80:
        return bytes([ticks])
    return bytes([ticks >> 7 | 0x80, ticks & 0x7F])


def score(*tracks: bytes, kind: int = 1) -> bytes:
    """A file of tracks."""
    return b"MThd" + struct.pack(">IHHH", 6, kind, len(tracks), 480) + b"".join(tracks)


def tune(path: Path, *pitches: int) -> Path:
    """Write a short piece of quarter notes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(score(track([e for i, pitch in enumerate(pitches or (60, 64)) for e in note(480 * i, pitch)])))
    return path


def soundfont(path: Path) -> Path:
    """Write what looks like a SoundFont by its first bytes."""
    path.write_bytes(b"RIFF\x00\x00\x00\x00sfbk")
    return path


#: Plays 0.2 s of a sine: 300 Hz, and 20 Hz more for each number of the first program that the score changes to;
#: without an end of the track it fails; without a note it plays silence. The gain is its peak.
_FLUIDSYNTH = """#!{python} -IS
import math, struct, sys, wave
words = sys.argv[1:]
rate, gain = int(words[words.index("-r") + 1]), float(words[words.index("-g") + 1])
score = open(words[-1], "rb").read()
if b"\\xff\\x2f\\x00" not in score:
    sys.exit("fluidsynth: error: Unexpected end of file")
program = next((score[i + 1] for i in range(22, len(score) - 1) if score[i] & 0xF0 == 0xC0 and score[i - 1] == 0), 0)
loud = "loud" in words[-2]
peak = (2 * gain if loud else gain) * any(byte & 0xF0 == 0x90 for byte in score[22:])
with wave.open(words[words.index("-F") + 1], "wb") as out:
    out.setnchannels(2)
    out.setsampwidth(2)
    out.setframerate(rate)
    turn = 2 * math.pi * (300 + 20 * program) / rate
    frames = (round(32767 * max(-1, min(1, peak * math.sin(turn * i)))) for i in range(rate // 5))
    out.writeframes(b"".join(struct.pack("<hh", frame, frame) for frame in frames))
"""


def fluidsynth(folder: Path) -> Path:
    """Write the program `fluidsynth` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "fluidsynth"
    program.write_text(_FLUIDSYNTH.format(python=sys.executable), encoding="utf-8")
    program.chmod(0o755)
    return program
