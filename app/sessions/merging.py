"""What of a session's marks, climaxes and layers comes into the library: all that is not there, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import uuid4

import numpy as np

from app.library.rows import KeptLayer, Mark, Moment
from app.sessions.content import SavedTrack
from models.layers import Layer

#: Marks nearer than this are of one instant, of which a recording has one: a second one goes to the next.
_INSTANT_S = 0.001
_SAME_S = 0.0005


@dataclass(frozen=True, slots=True)
class Incoming:
    """What comes into one track."""

    marks: tuple[Mark, ...] = ()
    moments: tuple[Moment, ...] = ()
    layers: tuple[KeptLayer, ...] = ()
    #: Marks that get the name that the session has for them.
    named: tuple[tuple[Mark, str], ...] = ()


def together(ids: Iterable[int], tracks: Iterable[SavedTrack]) -> dict[int, SavedTrack]:
    """Return what a session has of each track, by its id: two of its recordings may be one file here."""
    found: dict[int, SavedTrack] = {}
    for track_id, track in zip(ids, tracks, strict=True):
        one = found.setdefault(track_id, track)
        if one is not track:
            marks, moments, layers = one.marks + track.marks, one.moments + track.moments, one.layers + track.layers
            found[track_id] = replace(one, marks=marks, moments=moments, layers=layers)
    return found


def incoming(
    saved: SavedTrack,
    track_id: int,
    marks: Iterable[Mark],
    moments: Iterable[Moment],
    layers: Iterable[KeptLayer],
    taken: set[str],
) -> Incoming:
    """Return what a track gets from a session, given what it has.

    Of two that differ (a mark with two names, a climax that was changed on two machines) both stay; what is the same in
    all that people see is one.

    Parameters
    ----------
    saved : SavedTrack
        The session's.
    track_id : int
        The track.
    marks, moments, layers
        What the track has.
    taken : set of str
        Ids that moments and layers have anywhere in the library; new ones join them.
    """
    new_marks, named = _marks(saved.marks, list(marks))
    moments = list(moments)
    known = {_seen(moment) for moment in moments}
    new_moments = []
    for moment in saved.moments:
        if _seen(moment) in known:
            continue
        known.add(_seen(moment))
        new_moments.append(replace(moment, id=_free(moment.id, taken), track_id=track_id))
    layers = list(layers)
    position = 1 + max((kept.position for kept in layers), default=-1)
    new_layers: list[KeptLayer] = []
    for kept in saved.layers:
        if not any(_same(kept.layer, other.layer) for other in (*layers, *new_layers)):
            new_layers.append(KeptLayer(_free(kept.id, taken), track_id, position + len(new_layers), kept.layer))
    return Incoming(tuple(new_marks), tuple(new_moments), tuple(new_layers), tuple(named))


def _marks(coming: Iterable[Mark], there: list[Mark]) -> tuple[list[Mark], list[tuple[Mark, str]]]:
    new, named = list[Mark](), list[tuple[Mark, str]]()
    for mark in coming:
        at = [other for other in there if abs(other.time_s - mark.time_s) < 5 * _INSTANT_S]
        if any(other.label == mark.label or not mark.label for other in at):
            continue
        nameless = next((other for other in at if not other.label), None)
        if nameless is not None:
            named.append((nameless, mark.label))
            there[there.index(nameless)] = Mark(nameless.time_s, mark.label)
            continue
        time_s = mark.time_s
        while any(abs(other.time_s - time_s) < _SAME_S for other in there):
            time_s = round(time_s + _INSTANT_S, 3)
        there.append(Mark(time_s, mark.label))
        new.append(there[-1])
    return new, named


def _seen(moment: Moment) -> tuple[object, ...]:
    """All that people see of a moment."""
    times = (round(time_s, 3) for time_s in (moment.start_s, moment.peak_s, moment.end_s))
    return (*times, moment.label, moment.note, moment.hidden)


def _same(one: Layer, other: Layer) -> bool:
    if (one.name, one.kind, one.labels, one.unit) != (other.name, other.kind, other.labels, other.unit):
        return False
    pairs = ((one.times_s, other.times_s), (one.values, other.values), (one.durations_s, other.durations_s))
    return all(a is b if a is None or b is None else np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def _free(name: str, taken: set[str]) -> str:
    """Return an id that nothing has yet: the one it has, if that is free."""
    if name in taken:
        name = uuid4().hex
    taken.add(name)
    return name
