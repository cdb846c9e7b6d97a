"""What a person set and laid over recordings while exploring them, and how these are built. A part of the document."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from psygnal import Signal

from app.library.rows import KeptLayer, Moment
from models.analysis import Analysis, Climax

if TYPE_CHECKING:
    from models.structure.structure import Structure

#: How many tracks keep their structure in memory: an hour of music takes about 2 MB.
STRUCTURES_KEPT = 12


@dataclass(frozen=True, slots=True)
class ShownClimax:
    """A climax as it is shown: found by the model, or as a person set it.

    Attributes
    ----------
    climax : Climax
        Its region; strength and cues as they are by the current analysis.
    moment : Moment or None
        What the person made of it; None for one that is as it was found.
    """

    climax: Climax
    moment: Moment | None = None

    @property
    def label(self) -> str:
        """What the person called it; may be empty."""
        return "" if self.moment is None else self.moment.label

    @property
    def note(self) -> str:
        """What the person noted on it; may be empty."""
        return "" if self.moment is None else self.moment.note

    @property
    def is_own(self) -> bool:
        """Whether the person set, named, moved or noted it."""
        return self.moment is not None


def shown_climaxes(
    found: Iterable[Climax], moments: Iterable[Moment], analysis: Analysis | None
) -> tuple[ShownClimax, ...]:
    """Put what a person set in the place of what was found there.

    Parameters
    ----------
    found : iterable of Climax
        By the model.
    moments : iterable of Moment
        Each stands in the place of the found climaxes whose peaks lie in it; a hidden one leaves the place empty.
    analysis : Analysis or None
        Strength and cues of a moment are read from its contour. Without a contour (in results of earlier versions) they
        are those of the strongest climax that it stands for, and 0 where there is none.

    Returns
    -------
    tuple of ShownClimax
        The strongest first; of equal ones the earlier.
    """
    moments, found = tuple(moments), tuple(found)
    shown = [ShownClimax(climax) for climax in found if not any(m.start_s <= climax.peak_s <= m.end_s for m in moments)]
    shown += [ShownClimax(_measured(moment, found, analysis), moment) for moment in moments if not moment.hidden]
    return tuple(sorted(shown, key=lambda one: (-one.climax.strength, one.climax.peak_s)))


def covered(moment: Moment, found: Iterable[Climax]) -> tuple[Climax, ...]:
    """Return the found climaxes in whose place a moment stands, the strongest first."""
    inside = (climax for climax in found if moment.start_s <= climax.peak_s <= moment.end_s)
    return tuple(sorted(inside, key=lambda climax: -climax.strength))


def _measured(moment: Moment, found: Iterable[Climax], analysis: Analysis | None) -> Climax:
    strength, cues = 0.0, dict[str, float]()
    contour = None if analysis is None else analysis.intensity_over_time
    if analysis is not None and contour is not None and len(contour):
        from models.inference.climaxes import strength_at

        times_s = np.asarray(analysis.times_s, np.float64)
        first, step, last = (
            int(np.argmin(np.abs(times_s - time_s))) for time_s in (moment.start_s, moment.peak_s, moment.end_s)
        )
        strength = strength_at(contour, first, step, last, analysis.step_s)
        if analysis.cues_over_time is not None:
            cues = dict(zip(analysis.cue_names, map(float, analysis.cues_over_time[step]), strict=False))
    else:
        for climax in covered(moment, found)[:1]:
            strength, cues = climax.strength, dict(climax.cues)
    return Climax(moment.start_s, moment.peak_s, moment.end_s, strength, cues)


class Exploration:
    """Moments and layers, also of tracks that are off the list, which may come back; structures while in memory.

    Signals
    -------
    moments_changed(id)
        `moments(id)`, and with them `climaxes(id)`, are new. The latter also are with every `analysis_changed`.
    layers_changed(id)
        `layers(id)` is new.
    structure_changed(id)
        `structure(id)` is new.
    """

    moments_changed = Signal(int)
    layers_changed = Signal(int)
    structure_changed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._moments: dict[int, tuple[Moment, ...]] = {}
        self._layers: dict[int, tuple[KeptLayer, ...]] = {}
        self._structures: OrderedDict[int, Structure] = OrderedDict()

    def analysis(self, track_id: int) -> Analysis | None:
        """The current model's account; the document knows."""
        raise NotImplementedError

    # What views read

    def moments(self, track_id: int) -> tuple[Moment, ...]:
        """What a person set in this recording, in the order of time; also what they took away (`hidden`)."""
        return self._moments.get(track_id, ())

    def climaxes(self, track_id: int) -> tuple[ShownClimax, ...]:
        """What the person's moments and the found climaxes make together, the strongest first."""
        analysis = self.analysis(track_id)
        return shown_climaxes(() if analysis is None else analysis.climaxes, self.moments(track_id), analysis)

    def layers(self, track_id: int) -> tuple[KeptLayer, ...]:
        """What a person laid over this recording, in their order."""
        return self._layers.get(track_id, ())

    @property
    def kept_ids(self) -> set[str]:
        """The ids of all moments and layers, of whatever track: the library has one of each."""
        moments = {moment.id for of_one in self._moments.values() for moment in of_one}
        return moments | {kept.id for of_one in self._layers.values() for kept in of_one}

    def structure(self, track_id: int) -> Structure | None:
        """How this recording is built; None while it is not in memory."""
        return self._structures.get(track_id)

    # What commands and job results change

    def reset_exploration(self, moments: Mapping[int, tuple[Moment, ...]]) -> None:
        """Replace all moments by what the library has, before its tracks are shown; layers follow (`put_layers`)."""
        self._moments = dict(moments)
        self._layers.clear()
        self._structures.clear()

    def set_moments(self, track_id: int, moments: Iterable[Moment]) -> None:
        """Replace a track's moments."""
        ordered = tuple(sorted(moments, key=lambda moment: (moment.peak_s, moment.id)))
        if ordered != self.moments(track_id):
            self._moments[track_id] = ordered
            self.moments_changed.emit(track_id)

    def set_layers(self, track_id: int, layers: Iterable[KeptLayer]) -> None:
        """Replace a track's layers."""
        ordered = tuple(sorted(layers, key=lambda kept: (kept.position, kept.id)))
        if ordered != self.layers(track_id):
            self._layers[track_id] = ordered
            self.layers_changed.emit(track_id)

    def put_layers(self, layers: Iterable[KeptLayer]) -> None:
        """Add the layers that the library has."""
        by_track: dict[int, list[KeptLayer]] = {}
        for kept in layers:
            by_track.setdefault(kept.track_id, []).append(kept)
        for track_id, of_one in by_track.items():
            known = {kept.id for kept in self.layers(track_id)}
            self.set_layers(track_id, (*self.layers(track_id), *(kept for kept in of_one if kept.id not in known)))

    def put_structure(self, track_id: int, structure: Structure) -> None:
        """Keep in memory how a track is built; the oldest one goes."""
        self._structures[track_id] = structure
        self._structures.move_to_end(track_id)
        while len(self._structures) > STRUCTURES_KEPT:
            self._structures.popitem(last=False)
        self.structure_changed.emit(track_id)

    def forget_structure(self, track_id: int) -> None:
        """Drop it from memory: the file is another one by now."""
        if self._structures.pop(track_id, None) is not None:
            self.structure_changed.emit(track_id)
