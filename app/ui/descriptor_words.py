"""Musical descriptors in words: which come first, what each is, and figures with units as a musician reads them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from app.ui.strings import MINUS, decibels, decibels_fs, hertz, percent, signed, tr

if TYPE_CHECKING:
    from models.audio.descriptors import Descriptor

#: What a musicologist looks at first, in this order; all others on request.
MAIN = (
    "tempo", "pulse_clarity", "regularity", "onset_rate", "mode", "key_clarity", "chord_mode", "roughness",
    "consonance", "loudness", "loudness_slope", "brightness", "register", "polyphony", "melody_contour", "staccato",
)  # fmt: skip
_NOTES = ("C", "C\u266f", "D", "E\u266d", "E", "F", "F\u266f", "G", "A\u266d", "A", "B\u266d", "B")
_RANGE = re.compile(r"^(-?[\d.]+?)(?:\.\.| to )(-?[\d.]+)$")


@lru_cache(maxsize=1)
def _table() -> dict[str, Descriptor]:
    from models.audio.descriptors import DESCRIPTORS, TRACK_DESCRIPTORS

    return {descriptor.name: descriptor for descriptor in (*TRACK_DESCRIPTORS, *DESCRIPTORS)}


def info(name: str) -> Descriptor | None:
    """Return what is known of a descriptor; None of one that only its model knows."""
    return _table().get(name)


def descriptor_name(name: str) -> str:
    """Return a descriptor's name for people: "key_clarity" is "key clarity"."""
    return tr(name.replace("_", " "))


def definition(name: str) -> str:
    """Return what a descriptor is, in a sentence; nothing where it is not known."""
    known = info(name)
    return tr(known.definition) if known is not None else ""


def unit_range(unit: str) -> tuple[float, float] | None:
    """Return the ends of a unit that is a range ("0..1", "-1 to 1", a share); None of any other."""
    if unit == "share":
        return 0.0, 1.0
    ends = _RANGE.match(unit)
    return None if ends is None else (float(ends[1]), float(ends[2]))


def note_name(note: float) -> str:
    """Return the note nearest to a MIDI number: 60 is "C4"."""
    nearest = round(note)
    return f"{_NOTES[nearest % 12]}{nearest // 12 - 1}"


def _figure(value: float) -> str:
    size = abs(value)
    text = f"{size:.0f}" if size >= 100 else f"{size:.1f}" if size >= 10 else f"{size:.2f}"
    return f"{MINUS}{text}" if value < 0 and float(text) else text


def with_unit(value: float, unit: str) -> str:
    """Return a descriptor's figure with its unit; what has none but a range has its range behind it."""
    special = {
        "dBFS": decibels_fs,
        "dB": decibels,
        "Hz": hertz,
        "share": percent,
        "octaves re 1 kHz": lambda octaves: hertz(1000.0 * 2.0**octaves),
        "MIDI note": lambda note: tr("{note} ({number})").format(note=note_name(note), number=f"{note:.1f}"),
    }.get(unit)
    if special is not None:
        return special(value)
    ends = unit_range(unit)
    if ends is not None:
        low, high = (f"{MINUS if end < 0 else ''}{abs(end):g}" for end in ends)
        figure = signed(value) if ends[0] < 0 else _figure(value)
        return tr("{value} ({low} to {high})").format(value=figure, low=low, high=high)
    return f"{_figure(value)} {unit}".strip()
