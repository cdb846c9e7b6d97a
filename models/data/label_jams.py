"""Labels in JAMS 0.3 (Humphrey et al. 2014): one JSON file per recording, an annotation per rater and kind.

Read and written as plain JSON: the package `jams` brings pandas with it, which is more than a desktop program should
carry for this. The tests let `jams` itself validate what is written here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from models.analysis import QUADRANTS
from models.data.label_csv import Problem, RawRow, Reading, resolved
from models.data.label_rows import LabelRow, mean_trace
from models.data.label_scales import PLANE, Scale
from models.data.moods import quadrant_of_words
from models.data.traces import TRACE_STEP_S, Trace, trace_of_samples
from models.errors import JobError

JAMS_VERSION = "0.3.4"
#: Key of what we add, in the sandbox of a file and of an annotation.
SANDBOX = "affekt"
CANT_SAY = "can't say"
#: An observation of another program that ends so near the end of the recording speaks of all of it.
_NEAR_S = 0.5
#: So many observations close together are a rating over time.
_FEWEST_IN_TRACE = 3
_NAMESPACES = frozenset({"mood_thayer", "tag_open", "vector"})

Json = Mapping[str, Any]


def open_jams(file: Path) -> Json:
    """Return a JAMS file as it stands, with a list of annotations.

    Raises
    ------
    JobError
        "not_found", "unreadable", or "bad_data" when it is no JAMS file.
    """
    try:
        document: Json = json.loads(file.read_text("utf-8"))
        if not isinstance(document["annotations"], list):
            raise TypeError
    except FileNotFoundError:
        raise JobError("not_found", f"{file} does not exist.") from None
    except OSError as error:
        raise JobError("unreadable", f"{file} cannot be read: {error.strerror}.", str(error)) from None
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise JobError("bad_data", f"{file} is no JAMS file.", repr(error)) from None
    return document


def read_jams(file: Path) -> Reading:
    """Read the labels of one JAMS file: `mood_thayer`, and mood words or quadrants in `tag_open`.

    Yields
    ------
    RawRow or Problem
        With the scale that an annotation's sandbox declares (`range`), else without one.

    Raises
    ------
    JobError
        "not_found" or "bad_data" when it is no JAMS file.
    """
    document = open_jams(file)
    annotations = document["annotations"]
    meta, ours = _mapping(document.get("file_metadata")), _mapping(_mapping(document.get("sandbox")).get(SANDBOX))
    named = str(ours.get("file") or "")
    recording = resolved(file.parent, named) if named else _beside(file)
    group = str(ours.get("group") or meta.get("artist") or "")
    base = LabelRow(recording, group=group, origin="import")
    ratings: dict[str, RawRow] = {}
    for i, annotation in enumerate(annotations, start=1):
        where = f"{file}, annotation {i}"
        try:
            for item in _annotation(where, _mapping(annotation), base, _number(meta.get("duration"))):
                if isinstance(item, RawRow) and item.row.trace is not None:
                    _gather(ratings, _rating_name(where, annotation), item)
                else:
                    yield item
        except JobError as error:
            yield Problem(error.message)
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
            yield Problem(f"{where} is not as JAMS describes it ({error}).")
    yield from ratings.values()


def _rating_name(where: str, annotation: Json) -> str:
    """What the two halves of one rating share: where valence was not always rated with arousal, each stands alone."""
    rating = _mapping(_mapping(annotation.get("sandbox")).get(SANDBOX)).get("rating")
    return where if rating is None else f"rating {rating}"


def _gather(ratings: dict[str, RawRow], name: str, item: RawRow) -> None:
    there = ratings.get(name)
    if there is None or there.row.trace is None or item.row.trace is None:
        ratings[name] = item
        return
    both = replace(there.row, trace=mean_trace([there.row.trace, item.row.trace]))
    ratings[name] = RawRow(there.where, both, there.scale)


def _beside(file: Path) -> Path:
    """The recording of the same name, or the JAMS file's own name without its suffix."""
    from models.audio.files import AUDIO_SUFFIXES

    places = (file.parent, file.parent / "audio", file.parent.parent / "audio")
    found = (p for place in places for p in sorted(place.glob(f"{_escaped(file.stem)}.*")))
    return next((p.resolve() for p in found if p.suffix.lower() in AUDIO_SUFFIXES), Path(file.stem))


def _escaped(name: str) -> str:
    import glob

    return glob.escape(name)


def _mapping(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if usable else None


def _observations(data: Any) -> list[tuple[float, float, Any]]:
    """(time, duration, value) of each observation, of a sparse list or a dense table."""
    if isinstance(data, dict):
        rows = list(zip(data["time"], data["duration"], data["value"], strict=True))
    else:
        rows = [(one["time"], one["duration"], one["value"]) for one in data]
    return [(float(time_s), float(duration_s or 0.0), value) for time_s, duration_s, value in rows]


def _annotation(where: str, annotation: Json, base: LabelRow, duration_s: float | None) -> Iterator[RawRow | Problem]:
    namespace = annotation.get("namespace")
    if namespace not in _NAMESPACES:
        return
    sandbox = _mapping(annotation.get("sandbox"))
    ours = _mapping(sandbox.get(SANDBOX))
    if namespace == "vector" and not ours:
        return
    annotator = _mapping(_mapping(annotation.get("annotation_metadata")).get("annotator"))
    common = replace(
        base,
        rater=str(annotator.get("name") or ""),
        origin=str(ours.get("origin") or "import"),
        blind=ours.get("blind") is True,
        warm_up=ours.get("warm_up") is True,
        made=str(ours.get("made") or ""),
        seconds=_number(ours.get("seconds")),
        chills=tuple(float(time_s) for time_s in ours.get("chills", ())),
    )
    scale = _declared(where, sandbox.get("range"))
    observations = _observations(annotation["data"])
    if namespace == "tag_open":
        yield from _tags(where, observations, common, duration_s, ours)
    elif ours.get("kind") == "continuous" or (not ours and _is_trace(observations)):
        yield RawRow(where, replace(common, trace=_trace(where, observations, ours)), scale)
    elif namespace == "mood_thayer":
        for time_s, length_s, value in observations:
            valence, arousal = (float(number) for number in value)
            if not math.isfinite(valence + arousal):
                raise JobError("bad_data", f"{where}: a value is no number.")
            start_s, end_s = _passage(time_s, length_s, duration_s, ours)
            point = replace(common, start_s=start_s, end_s=end_s, valence=valence, arousal=arousal)
            yield RawRow(where, point, scale)


def _declared(where: str, said: Any) -> Scale | None:
    if said is None:
        return None
    numbers = [_number(value) for value in said] if isinstance(said, list | tuple) else []
    if len(numbers) == 2 and None not in numbers:
        low, high = numbers
        if low is not None and high is not None and low < high:
            return Scale(low, high)
    raise JobError("bad_data", f"{where}: the range in its sandbox is {said!r}; it must be [lowest, highest].")


def _is_trace(observations: Sequence[tuple[float, float, Any]]) -> bool:
    times = [time_s for time_s, _, _ in observations]
    return len(times) >= _FEWEST_IN_TRACE and float(np.median(np.diff(times))) <= 2 * TRACE_STEP_S


def _trace(where: str, observations: Sequence[tuple[float, float, Any]], ours: Json) -> Trace:
    if not observations:
        raise JobError("bad_data", f"{where} holds no rating.")
    times_s = np.array([time_s for time_s, _, _ in observations], np.float64)
    values = np.array([value for _, _, value in observations], np.float64)
    if np.any(np.diff(times_s) <= 0) or not np.isfinite(values).all():
        raise JobError("bad_data", f"{where}: its times do not rise, or a value is no number.")
    names = [str(name) for name in ours.get("dimensions", ("valence", "arousal"))]
    columns = {name: values[:, i] for i, name in enumerate(names)}
    return trace_of_samples(times_s, columns.get("valence"), columns.get("arousal"))


def _passage(time_s: float, length_s: float, duration_s: float | None, ours: Json) -> tuple[float | None, float | None]:
    """Start and end of an observation; none where it is about the whole recording."""
    is_all = time_s < _NEAR_S and (length_s == 0 or (duration_s is not None and length_s > duration_s - _NEAR_S))
    if ours.get("kind") == "whole" or (ours.get("kind") != "passage" and is_all) or length_s <= 0:
        return None, None
    return time_s, time_s + length_s


def _tags(
    where: str,
    observations: Sequence[tuple[float, float, Any]],
    common: LabelRow,
    duration_s: float | None,
    ours: Json,
) -> Iterator[RawRow | Problem]:
    for time_s, length_s, value in observations:
        start_s, end_s = _passage(time_s, length_s, duration_s, ours)
        row = replace(common, start_s=start_s, end_s=end_s)
        quadrant = quadrant_of_words(str(value))
        if quadrant is not None:
            valence, arousal = _number(ours.get("valence")), _number(ours.get("arousal"))
            row = replace(row, quadrant=QUADRANTS[quadrant], valence=valence, arousal=arousal)
            yield RawRow(where, row, None if valence is None else PLANE)
        elif value == CANT_SAY:
            yield RawRow(where, replace(row, cant_say=True), None)
        elif ours:
            yield Problem(f"{where}: the tag is {value!r}; it must be one of Q1 to Q4, or a mood word.")
