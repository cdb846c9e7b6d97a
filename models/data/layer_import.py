"""Layers from files of other programs, and from our own: what they hold, and what of it could not be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from models.audio.files import presentable
from models.data.label_csv import Problem
from models.data.label_scales import PLANE, scales_of
from models.data.layer_jams import read_jams_layers
from models.data.layer_svl import read_svl
from models.data.layer_text import read_audacity, read_layer_csv
from models.errors import JobError
from models.layers import Layer

#: Endings of files that layers are read from.
LAYER_ENDINGS = (".svl", ".csv", ".txt", ".jams")
#: Files beyond this are no layer of one recording, and would not fit in memory (bytes).
LARGEST_FILE = 64 * 2**20
#: Rounding in other programs may put a time so far past the end of a recording (s).
_PAST_END_S = 0.5
_AFFECT = ("valence", "arousal")


@dataclass(frozen=True)
class LayerImport:
    """What was read of a file.

    Attributes
    ----------
    layers : tuple of Layer
        Their times lie within the recording.
    problems : tuple of str
        What could not be used, in sentences that name the file, the place and the cause.
    notices : tuple of str
        What a person should know of what was taken.
    """

    layers: tuple[Layer, ...]
    problems: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def import_layers(file: Path, duration_s: float, sample_rate_hz: int | None = None) -> LayerImport:
    """Read all layers of a file of a kind that is told from its ending and its content.

    Parameters
    ----------
    file : Path
        SVL, a table (Sonic Visualiser's without a header, or one of ours with it), Audacity's labels (.txt), JAMS.
    duration_s : float
        Of the recording they lie over: entries past its end are left out, and said.
    sample_rate_hz : int, optional
        Of the recording: a file in frames at another rate is converted, and that is said.

    Raises
    ------
    JobError
        "not_found", "unreadable" or "bad_data" where nothing of the file can be used.
    """
    readers: dict[str, Callable[[Path], Iterator[Layer | Problem]]] = {
        ".svl": lambda path: read_svl(path, sample_rate_hz),
        ".csv": read_layer_csv,
        ".txt": read_audacity,
        ".tsv": read_audacity,
        ".jams": read_jams_layers,
        ".json": read_jams_layers,
    }
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise JobError(
            "bad_data", f"{file}: layers are read from {', '.join(LAYER_ENDINGS)}; this is another kind of file."
        )
    _check_size(file)
    layers: list[Layer] = []
    problems: list[str] = []
    notices: list[str] = []
    for item in reader(file):
        if isinstance(item, Problem):
            (problems if item.left_out else notices).append(item.message)
            continue
        kept, problem = _within(item, file, duration_s)
        if problem:
            problems.append(problem)
        if kept is not None:
            layers.append(kept)
    if not layers:
        raise JobError("bad_data", problems[0] if problems else f"{file} holds no layer.", "\n".join(problems))
    layers, more = _scaled(layers, file)
    notices += more
    return LayerImport(tuple(layers), tuple(problems), tuple(notices))


def _check_size(file: Path) -> None:
    try:
        size = file.stat().st_size
    except FileNotFoundError:
        raise JobError("not_found", f"{file} does not exist.") from None
    except OSError as error:
        raise JobError("unreadable", f"{file} cannot be read: {error.strerror}.", str(error)) from None
    if not file.is_file():
        raise JobError("bad_data", f"{file} is a folder: choose a file that holds layers.")
    if size > LARGEST_FILE:
        raise JobError(
            "bad_data",
            f"{file} is {size / 2**20:.0f} MB, too large for layers of one recording (at most "
            f"{LARGEST_FILE // 2**20} MB).",
        )


def _within(layer: Layer, file: Path, duration_s: float) -> tuple[Layer | None, str]:
    """Put entries in order, leave out those past the end, and cut what reaches over it."""
    order = np.argsort(layer.times_s, kind="stable")
    inside = order[(layer.times_s[order] <= duration_s + _PAST_END_S) & (layer.times_s[order] >= -_PAST_END_S)]
    lost = len(order) - len(inside)
    problem = ""
    if lost:
        furthest = float(layer.times_s[np.argmax(np.abs(layer.times_s - duration_s / 2))])
        problem = (
            f"{file}: {lost} of {len(order)} entries of {layer.name} lie outside the recording, which ends at "
            f"{duration_s:.1f} s ({furthest:.1f} s among them): they are left out. Does the file belong to it?"
        )
    if not len(inside):
        return None, problem
    times_s = np.clip(layer.times_s[inside], 0.0, duration_s)
    durations_s = None if layer.durations_s is None else np.minimum(layer.durations_s[inside], duration_s - times_s)
    return replace(
        layer,
        name=presentable(layer.name),
        times_s=times_s,
        values=None if layer.values is None else layer.values[inside],
        durations_s=durations_s,
        labels=tuple(presentable(layer.labels[i]) for i in inside) if layer.labels else (),
        unit=presentable(layer.unit),
        origin=presentable(layer.origin or file.name),
    ), problem


def _scaled(layers: Sequence[Layer], file: Path) -> tuple[list[Layer], list[str]]:
    """Give valence and arousal the range that they are on, as far as it is told or plain."""
    open_ended = {
        str(i): [float(v) for v in layer.values[np.isfinite(layer.values)]]
        for i, layer in enumerate(layers)
        if layer.values is not None and layer.range is None and _affect(layer)
    }
    known, question = scales_of(open_ended, {})
    suggested = {} if question is None else question.suggested
    out, notices = [], []
    for i, layer in enumerate(layers):
        scale = known.get(str(i)) or suggested.get(str(i))
        out.append(layer if scale is None else replace(layer, range=(scale.low, scale.high)))
        if str(i) in suggested:
            notices.append(
                f"{file}: {layer.name} does not say its range; its numbers look like {scale}. It is drawn on that "
                f"scale of its own, not on the program's {PLANE}."
            )
    spans = {layer.range for layer in out if _affect(layer) and layer.values is not None}
    if len(spans) > 1:
        both = " and ".join(sorted(f"{low:g}..{high:g}" for low, high in (s for s in spans if s is not None)))
        notices.append(f"{file}: valence and arousal are on different scales ({both}): their lanes do not compare.")
    return out, notices


def _affect(layer: Layer) -> bool:
    return layer.name.casefold().split("_")[0].split(" ")[0] in _AFFECT
