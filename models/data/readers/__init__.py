"""Readers of data sets as they are handed out, one function each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from models.data.readers.audio_sets import read_4qaed, read_emotify
from models.data.readers.base import Notice, Piece, Reading
from models.data.readers.midi_sets import read_emopia, read_memomusic, read_vgmidi
from models.data.readers.rated_songs import read_deam, read_pmemo

__all__ = ["MIDI_SETS", "READERS", "Notice", "Piece"]

READERS: dict[str, Callable[[Path], Reading]] = {
    "4qaed": read_4qaed,
    "deam": read_deam,
    "emopia": read_emopia,
    "emotify": read_emotify,
    "memomusic": read_memomusic,
    "pmemo": read_pmemo,
    "vgmidi": read_vgmidi,
}
#: Those that are rendered.
MIDI_SETS = ("emopia", "memomusic", "vgmidi")
