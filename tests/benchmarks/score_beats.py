"""Where the beats of a score fall: the tempo map and the metre of a MIDI file, for benchmarks."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where what follows begins."""
    value = 0
    while True:
        byte = data[at]
        value, at = value << 7 | byte & 0x7F, at + 1
        if byte < 0x80:
            return value, at


def _events(track: bytes) -> tuple[list[tuple[int, int, bytes]], int]:
    """Meta events (tick, kind, content) of a track, and the tick of its last note."""
    metas, tick, at, status, last = [], 0, 0, 0, 0
    while at < len(track):
        wait, at = _number(track, at)
        tick += wait
        if track[at] in (0xFF, 0xF0, 0xF7):
            kind = track[at + 1] if track[at] == 0xFF else -1
            size, at = _number(track, at + (2 if kind >= 0 else 1))
            if kind >= 0:
                metas.append((tick, kind, track[at : at + size]))
            at += size
            continue
        if track[at] & 0x80:
            status, at = track[at], at + 1
        if status & 0xF0 == 0x90 and track[at + 1]:
            last = tick
        at += 1 if status & 0xF0 in (0xC0, 0xD0) else 2
    return metas, last


def beats_of(midi: Path) -> tuple[NDArray[np.float64], int, bool]:
    """Beats of a score.

    Returns
    -------
    beats_s : np.ndarray [shape=(b,)]
        Seconds; of compound metres the dotted beats.
    beats_in_bar : int
        By the first time signature; 4 without one.
    one_metre : bool
        Whether the metre stays.
    """
    data = midi.read_bytes()
    tracks, per_quarter = struct.unpack(">HH", data[10:14])
    at, tempi, metres, end = 14, {0: 500_000}, [], 0
    for _ in range(tracks):
        size = struct.unpack(">I", data[at + 4 : at + 8])[0]
        metas, last = _events(data[at + 8 : at + 8 + size])
        at, end = at + 8 + size, max(end, last)
        tempi.update({tick: int.from_bytes(content, "big") for tick, kind, content in metas if kind == 0x51})
        metres += [(content[0], 2 ** content[1]) for _, kind, content in metas if kind == 0x58]
    over, under = metres[0] if metres else (4, 4)
    compound = under >= 8 and over % 3 == 0
    beat = 4 * per_quarter // under * (3 if compound else 1)
    ticks = np.array(sorted(tempi))
    seconds = np.concatenate(([0.0], np.cumsum(np.diff(ticks) * [tempi[t] / 1e6 / per_quarter for t in ticks[:-1]])))
    places = np.arange(0, end + 1, beat)
    before = np.searchsorted(ticks, places, side="right") - 1
    pace = np.array([tempi[t] / 1e6 / per_quarter for t in ticks])
    return (
        seconds[before] + (places - ticks[before]) * pace[before],
        over // 3 if compound else over,
        len(set(metres)) < 2,
    )
