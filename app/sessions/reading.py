"""Reading a session file that anybody may have made: everything is checked before anything is believed."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from app.library.rows import KeptLayer, Mark, Moment
from app.sessions.content import SCHEMA, SavedModel, SavedTrack, SessionContent, View
from app.sessions.writing import BACKUP
from models.audio.files import presentable
from models.errors import JobError
from models.inference.compared import MOST_RECORDINGS
from models.layers import Layer, LayerKind

#: Larger files are not read: a hundred hours of curves are smaller.
MOST_BYTES = 256 * 2**20
#: A list of more tracks, or more things set in one, is nobody's work.
MOST_TRACKS, MOST_IN_ONE = 100_000, 100_000
#: Labels and notes of more characters are no labels and notes.
MOST_CHARACTERS = 20_000
#: Seconds: no recording is a year long.
LAST_S = 366 * 86400.0

_T = TypeVar("_T")


class _Wrong(Exception):  # noqa: N818 - becomes a JobError where the file's name is known
    """What is wrong, and where in the file."""


def read_session(file: Path) -> tuple[SessionContent, bytes]:
    """Read a session file.

    Returns
    -------
    content : SessionContent
        Checked: all numbers are finite, all texts of a sane length, layers are in order.
    data : bytes
        What the file held.

    Raises
    ------
    JobError
        "not_found", "unreadable", or "bad_data" (damaged, cut short, made by a newer version, or no session at all). It
        names the file, the cause, and what to do.
    """
    data = _bytes(file)
    try:
        document = json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise JobError(
            "bad_data",
            f"The session “{file.name}” is damaged or cut short, and nothing was changed. {_cure(file)}",
            repr(error),
        ) from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if not isinstance(schema, str) or not schema.startswith("affekt.session/"):
        raise JobError(
            "bad_data", f"“{file.name}” is not a session of Affekt. Open audio files with Ctrl+O.", repr(schema)
        )
    if schema != SCHEMA:
        raise JobError(
            "bad_data",
            f"The session “{file.name}” was made by a newer version of Affekt. Update Affekt to open it.",
            schema,
        )
    try:
        return _content(document, file), data
    except _Wrong as error:
        raise JobError(
            "bad_data",
            f"The session “{file.name}” cannot be used: {error}. Nothing was changed. {_cure(file)}",
            repr(error),
        ) from error


def _bytes(file: Path) -> bytes:
    try:
        size = file.stat().st_size
        if size > MOST_BYTES:
            raise JobError("bad_data", f"“{file.name}” is no session of Affekt: it has {size / 2**20:,.0f} MB.")
        return file.read_bytes()
    except FileNotFoundError:
        raise JobError(
            "not_found", f"The session “{file.name}” is not there: it was moved or renamed. It was in {file.parent}."
        ) from None
    except OSError as error:
        raise JobError(
            "unreadable", f"The session “{file.name}” cannot be read: {error.strerror or error}.", repr(error)
        ) from error


def _cure(file: Path) -> str:
    backup = file.with_name(file.name + BACKUP)
    return f"An earlier state of it is in {backup.name}, in the same folder." if backup.is_file() else ""


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _content(document: dict[str, Any], file: Path) -> SessionContent:
    tracks = tuple(_each(document, "tracks", "", lambda one, at: _track(one, at, file), MOST_TRACKS))
    shown = document.get("shown")
    if shown is not None and not _is_place(shown, tracks):
        raise _Wrong("“shown” is none of its tracks")
    comparison = _part(document, "compared")
    compared = comparison.get("tracks", [])
    if not isinstance(compared, list) or not all(_is_place(one, tracks) for one in compared):
        raise _Wrong("“compared.tracks” is no list of its tracks")
    model, view = _part(document, "model"), _part(document, "view")
    pages = _part(view, "pages")
    return SessionContent(
        tracks,
        shown,
        _region(document.get("selection_s"), "selection_s"),
        tuple(dict.fromkeys(compared))[:MOST_RECORDINGS],
        "time" if comparison.get("along") == "time" else "music",
        View(
            _text(view, "workspace", "view"),
            _region(view.get("range_s"), "view.range_s"),
            _seconds(view.get("playhead_s", 0.0), "view.playhead_s"),
            {name: kept for name, kept in pages.items() if isinstance(kept, dict)},
        ),
        SavedModel(_text(model, "id", "model"), _text(model, "version", "model"), _text(model, "name", "model")),
    )


def _is_place(value: Any, tracks: Sequence[SavedTrack]) -> bool:
    return type(value) is int and 0 <= value < len(tracks)


def _part(document: dict[str, Any], name: str) -> dict[str, Any]:
    part = document.get(name, {})
    if not isinstance(part, dict):
        raise _Wrong(f"“{name}” is no object")
    return part


def _each(
    document: dict[str, Any], name: str, at: str, make: Callable[[dict[str, Any], str], _T], most: int = MOST_IN_ONE
) -> list[_T]:
    items, where = document.get(name, []), f"{at}.{name}" if at else name
    if not isinstance(items, list):
        raise _Wrong(f"“{where}” is no list")
    if len(items) > most:
        raise _Wrong(f"“{where}” has {len(items):,} entries, more than {most:,}")
    made = []
    for i, item in enumerate(items):
        if not isinstance(item, dict):
            raise _Wrong(f"“{where}[{i}]” is no object")
        made.append(make(item, f"{where}[{i}]"))
    return made


def _text(document: dict[str, Any], name: str, at: str) -> str:
    return presentable(_raw(document, name, at))


def _raw(document: dict[str, Any], name: str, at: str) -> str:
    """Take a text as it is: names of files may hold bytes that are no text in any encoding."""
    text = document.get(name, "")
    if not isinstance(text, str):
        raise _Wrong(f"“{at}.{name}” is no text")
    if len(text) > MOST_CHARACTERS:
        raise _Wrong(f"“{at}.{name}” has {len(text):,} characters")
    return text


def _seconds(value: Any, at: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong(f"“{at}” is no number")
    if not 0 <= value <= LAST_S:
        raise _Wrong(f"“{at}” is no moment that a recording has")
    return float(value)


def _region(value: Any, at: str) -> tuple[float, float] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:
        raise _Wrong(f"“{at}” is no pair of seconds")
    first, last = (_seconds(one, at) for one in value)
    if first > last:
        raise _Wrong(f"“{at}” ends before it begins")
    return first, last


def _track(one: dict[str, Any], at: str, file: Path) -> SavedTrack:
    near, absolute = _raw(one, "path", at), _raw(one, "absolute", at)
    if not (near or absolute) or "\0" in near + absolute:
        raise _Wrong(f"“{at}” names no file")
    path = Path(absolute) if absolute else file.parent / near
    if not path.is_absolute():  # another system's: only the way from the session file can be gone
        path = (file.parent / (near or absolute)).absolute()
    size = one.get("size_bytes")
    if size is not None and (type(size) is not int or size < 0):
        raise _Wrong(f"“{at}.size_bytes” is no size")
    duration = one.get("duration_s")
    return SavedTrack(
        path,
        near,
        _text(one, "sha256", at).lower(),
        size,
        _text(one, "title", at),
        _text(one, "artist", at),
        None if duration is None else _seconds(duration, f"{at}.duration_s"),
        tuple(_each(one, "marks", at, _mark)),
        tuple(_each(one, "moments", at, _moment)),
        tuple(_each(one, "layers", at, _layer)),
    )


def _mark(one: dict[str, Any], at: str) -> Mark:
    return Mark(round(_seconds(one.get("time_s"), f"{at}.time_s"), 3), _text(one, "label", at))


def _moment(one: dict[str, Any], at: str) -> Moment:
    start_s, peak_s, end_s = (_seconds(one.get(name), f"{at}.{name}") for name in ("start_s", "peak_s", "end_s"))
    if not start_s <= peak_s <= end_s or start_s == end_s:
        raise _Wrong(f"“{at}” does not begin before its peak and end after it")
    hidden = one.get("hidden", False)
    if not isinstance(hidden, bool):
        raise _Wrong(f"“{at}.hidden” is neither true nor false")
    return Moment(_id(one, at), 0, start_s, peak_s, end_s, _text(one, "label", at), _text(one, "note", at), hidden)


def _id(one: dict[str, Any], at: str) -> str:
    name = _text(one, "id", at)
    if not 0 < len(name) <= 100:
        raise _Wrong(f"“{at}.id” is no id")
    return name


def _layer(one: dict[str, Any], at: str) -> KeptLayer:
    kind: LayerKind | None = next((kind for kind in get_args(LayerKind) if kind == one.get("kind")), None)
    if kind is None:
        raise _Wrong(f"“{at}.kind” is no kind of layer")
    times_s = _curve(one, "times_s", at)
    if times_s is None or not np.isfinite(times_s).all() or (np.diff(times_s) < 0).any():
        raise _Wrong(f"“{at}.times_s” is no ascending list of seconds")
    values, durations_s = _curve(one, "values", at), _curve(one, "durations_s", at)
    labels = one.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(x, str) and len(x) <= MOST_CHARACTERS for x in labels):
        raise _Wrong(f"“{at}.labels” is no list of texts")
    words = tuple(map(presentable, labels))
    if (kind == "values") is not (values is not None) and kind != "regions":
        raise _Wrong(f"“{at}.values” does not fit its kind, “{kind}”")
    if (kind == "regions") is not (durations_s is not None):
        raise _Wrong(f"“{at}.durations_s” does not fit its kind, “{kind}”")
    if durations_s is not None and not (durations_s >= 0).all():
        raise _Wrong(f"“{at}.durations_s” holds what is no length")
    if any(len(other) != len(times_s) for other in (values, durations_s, labels or None) if other is not None):
        raise _Wrong(f"“{at}” has lists of several lengths")
    if kind == "regions" and values is not None and np.isnan(values).any():
        values = None  # as layers have them: all or none
    limits = one.get("range")
    if limits is not None:
        numbers = isinstance(limits, list) and len(limits) == 2 and all(type(x) in (int, float) for x in limits)
        # A whole number may have any number of digits; the largest float has fewer.
        if not numbers or not -sys.float_info.max <= limits[0] < limits[1] <= sys.float_info.max:
            raise _Wrong(f"“{at}.range” is no pair of numbers")
        limits = (float(limits[0]), float(limits[1]))
    texts = {name: _text(one, name, at) for name in ("name", "unit", "origin")}
    layer = Layer(texts["name"], kind, times_s, values, durations_s, words, texts["unit"], limits, texts["origin"])
    return KeptLayer(_id(one, at), 0, 0, layer)


def _curve(one: dict[str, Any], name: str, at: str) -> NDArray[np.float64] | None:
    """Take a list of numbers; null in it is a gap."""
    items = one.get(name)
    if items is None:
        return None
    if not isinstance(items, list) or not {type(item) for item in items} <= {int, float, type(None)}:
        raise _Wrong(f"“{at}.{name}” is no list of numbers")
    try:
        curve = np.array([math.nan if item is None else float(item) for item in items], np.float64)
    except OverflowError:
        curve = np.array([math.inf])
    if np.isinf(curve).any():
        raise _Wrong(f"“{at}.{name}” holds what is no number")
    return curve
