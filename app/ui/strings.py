"""Words and figures of the window: translation, times, ranges, names of the quadrants."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from models.analysis import QUADRANTS

#: A true minus sign is as wide as a figure; a hyphen is not.
MINUS = "\u2212"
DASH = "\u2013"
NOTHING = "\u2014"


def tr(text: str) -> str:
    """Return `text` in the language of the window; lupdate files plain calls under an empty context."""
    return QCoreApplication.translate("", text)


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


def unfamiliar_explanation(message: str = "") -> str:
    """Return what it means that a recording is unfamiliar, and what to do; `message` is the model's own sentence."""
    advice = tr(
        "The model was not measured on such recordings: its numbers may mean little here. Judge by ear, and take "
        "off the list what is no music."
    )
    return f"{message} {advice}".strip()


def percent(probability: float) -> str:
    """Return 0.712 as "71 %"; what is not quite all or nothing is not rounded to it."""
    value = 100.0 * probability
    if 0.0 < value < 0.5:
        return "<1\u202f%"
    if 99.5 < value < 100.0:
        return ">99\u202f%"
    return f"{value:.0f}\u202f%"


def clock(seconds: float, *, tenths: bool = False) -> str:
    """Return seconds as m:ss, m:ss.d with `tenths`, h:mm:ss from an hour on."""
    sign = MINUS if seconds < 0 else ""
    ticks = int(abs(seconds) * 10 + 1e-6) if tenths else int(abs(seconds) + 1e-6) * 10
    whole, tenth = divmod(ticks, 10)
    minutes, second = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    out = f"{hours}:{minutes:02d}:{second:02d}" if hours else f"{minutes}:{second:02d}"
    return f"{sign}{out}.{tenth}" if tenths else f"{sign}{out}"


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


def estimates_line() -> str:
    """Return the sentence that stands wherever results show."""
    return tr(
        "Estimates of the emotion the music expresses, not of how a listener feels. "
        "Decision support for qualified people; not a medical device."
    )
