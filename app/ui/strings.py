"""Words and figures of the window: translation, times, ranges, names of the quadrants."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication

from models.analysis import QUADRANTS
from models.audio.files import clock as rounded_clock

#: A true minus sign is as wide as a figure; a hyphen is not.
MINUS = "\u2212"
DASH = "\u2013"
NOTHING = "\u2014"

#: An explanation that is longer is not read.
_MOST_SENTENCES = 3


def tr(text: str) -> str:
    """Return `text` in the language of the window; lupdate files plain calls under an empty context."""
    return QCoreApplication.translate("", text)


def counted(count: int, one: str, many: str) -> str:
    """Return one of two translated texts by number; "{count}" in them is the number, thousands parted."""
    return (one if count == 1 else many).format(count=f"{count:,}")


def quadrant_name(quadrant: str, *, short: bool = False) -> str:
    """Return what the field calls a quadrant: "calm, relaxed", or "calm" where room is short."""
    if short:
        return {"Q1": tr("happy"), "Q2": tr("tense"), "Q3": tr("sad"), "Q4": tr("calm")}[quadrant]
    return {
        "Q1": tr("happy, excited"),
        "Q2": tr("angry, tense"),
        "Q3": tr("sad"),
        "Q4": tr("calm, relaxed"),
    }[quadrant]


def quadrant_label(quadrant: str, *, short: bool = False) -> str:
    """Return "Q4 calm, relaxed"."""
    return f"{quadrant} {quadrant_name(quadrant, short=short)}" if quadrant in QUADRANTS else ""


def unfamiliar_name(kind: str, *, short: bool = False) -> str:
    """Return what a recording is like that the model does not know: "sounds like speech", or "speech"."""
    if short:
        return {
            "unusual music": tr("unusual music"),
            "speech": tr("speech"),
            "noise": tr("noise"),
            "silence": tr("silence"),
            "drum loop": tr("drums alone"),
        }.get(kind, kind)
    return {
        "unusual music": tr("music unlike what it was trained on"),
        "speech": tr("sounds like speech"),
        "noise": tr("sounds like noise"),
        "silence": tr("is nearly silent"),
        "drum loop": tr("sounds like drums alone"),
    }.get(kind, kind)


def unfamiliar_explanation(kind: str, message: str = "") -> str:
    """Return what it means that a recording is unfamiliar, in at most three sentences.

    Parameters
    ----------
    kind : str
        What the recording is like, as `models.analysis.Domain` names it.
    message : str
        The model's own one to three sentences, which say what to do; without them that is said here.
    """
    if kind == "unusual music":
        meaning = tr("The numbers are less sure here than the model's scores say.")
        alone = tr("This is music unlike nearly all that the model learned from.")
    else:
        meaning = tr("The model was not measured on such recordings: its numbers may mean little here.")
        alone = ""
    if not message:
        return " ".join(part for part in (alone, meaning, tr("Judge by ear.")) if part)
    sentences = message.count(". ") + 1
    return message if sentences >= _MOST_SENTENCES else f"{message} {meaning}"


def percent(probability: float) -> str:
    """Return 0.712 as "71 %"; what is not quite all or nothing is not rounded to it."""
    value = 100.0 * probability
    if 0.0 < value < 0.5:
        return "<1\u202f%"
    if 99.5 < value < 100.0:
        return ">99\u202f%"
    return f"{value:.0f}\u202f%"


def clock(seconds: float, *, tenths: bool = False) -> str:
    """Return seconds as m:ss, m:ss.d with `tenths`, h:mm:ss from an hour on: rounded as on the command line."""
    sign = MINUS if seconds < 0 else ""
    if not tenths:
        return f"{sign}{rounded_clock(abs(seconds))}"
    whole, tenth = divmod(round(abs(seconds) * 10), 10)
    return f"{sign}{rounded_clock(whole)}.{tenth}"


def signed(value: float, decimals: int = 2) -> str:
    """Return a number of a range around zero with its sign: "+0.42", "0.00", or with a true minus."""
    text = f"{abs(value):.{decimals}f}"
    if float(text) == 0.0:
        return text
    return f"+{text}" if value > 0 else f"{MINUS}{text}"


def between(low: float, high: float, decimals: int = 2) -> str:
    """Return the ends of a range as one speaks them: "between" is left to the words around it."""
    return tr("{low} to {high}").format(low=signed(low, decimals), high=signed(high, decimals))


def decibels(value: float) -> str:
    """Return "-18.3 dB" with a true minus."""
    return f"{MINUS if value < -0.05 else ''}{abs(value):.1f} dB"


def decibels_fs(value: float) -> str:
    """Return "-18.3 dBFS": a level relative to full scale."""
    return f"{decibels(value)}FS"


def hertz(value: float) -> str:
    """Return "440 Hz" or "1.2 kHz"."""
    return f"{value:.0f} Hz" if value < 1000 else f"{value / 1000:.1f} kHz"


def hertz_range(low_hz: float, high_hz: float) -> str:
    """Return "600 to 1,400 Hz", "below 850 Hz" or "above 6,200 Hz", to two figures; 0 and infinity are open ends."""
    low, high = (f"{float(f'{value:.2g}'):,.0f}" if math.isfinite(value) else "" for value in (low_hz, high_hz))
    if low_hz <= 0:
        return tr("below {frequency} Hz").format(frequency=high) if high else tr("all frequencies")
    return tr("{low} to {high} Hz").format(low=low, high=high) if high else tr("above {low} Hz").format(low=low)


def estimates_line() -> str:
    """Return the sentence that stands wherever results show."""
    return tr(
        "Estimates of the emotion the music expresses, not of how a listener feels. "
        "Decision support for qualified people; not a medical device."
    )
