"""Exploring a recording, as a part of the session (`app.session`): climaxes of one's own, layers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from app.commands import AddLayers, RemoveLayers, SetMoment, ShowHidden
from app.exploration import covered
from app.library.rows import KeptLayer, Moment

if TYPE_CHECKING:
    from app.commands import CommandStack
    from app.document import Document
    from app.exploration import ShownClimax
    from app.jobs.desk import Desk
    from app.jobs.structures import Structures
    from models.analysis import Climax
    from models.layers import Layer

#: A climax is no shorter (s): less is a slip of the mouse.
SHORTEST_S = 0.05


class SessionExplore:
    """Moments and layers; each change is a command, and is in the library at once."""

    document: Document
    commands: CommandStack
    structures: Structures
    _desk: Desk

    def add_moment(self, start_s: float, peak_s: float, end_s: float, label: str = "") -> Moment | None:
        """Make a climax of a stretch of the current track. Undoable.

        Parameters
        ----------
        start_s, peak_s, end_s : float
            Seconds; they are put in order and into the recording.
        label : str
            What it is called; may be empty.

        Returns
        -------
        Moment or None
            None if nothing is shown, or if nothing is left of the stretch (a notice says so).
        """
        current = self.document.current
        if current is None:
            return None
        moment = self._fitted(Moment(uuid4().hex, current, start_s, peak_s, end_s, " ".join(label.split())))
        if moment is not None:
            self.commands.run(SetMoment(self.document, self._desk.shelf, None, moment))
        return moment

    def change_moment(self, moment: Moment, **fields: Any) -> Moment | None:
        """Name, note or move a climax of one's own. Undoable.

        Parameters
        ----------
        moment : Moment
            As it is now.
        **fields
            Some of `start_s`, `peak_s`, `end_s`, `label` and `note`.

        Returns
        -------
        Moment or None
            As it is then; None if nothing has changed, if there is no such moment any more, or if nothing would be left
            of its stretch.
        """
        if moment not in self.document.moments(moment.track_id):
            return None
        changed = self._fitted(_with(moment, fields))
        if changed is None or changed == moment:
            return None
        self.commands.run(SetMoment(self.document, self._desk.shelf, moment, changed))
        return changed

    def change_climax(self, shown: ShownClimax, **fields: Any) -> Moment | None:
        """Name, note or move a climax of the current track, found or own. Undoable; see `change_moment`."""
        if shown.moment is not None:
            return self.change_moment(shown.moment, **fields)
        current = self.document.current
        if current is None:
            return None
        found = _of_climax(current, shown.climax)
        changed = self._fitted(_with(found, fields))
        if changed is None or changed == found:
            return None
        text = SetMoment(self.document, self._desk.shelf, found, changed).text
        self.commands.run(SetMoment(self.document, self._desk.shelf, None, changed, text))
        return changed

    def keep_climax(self, climax: Climax) -> Moment | None:
        """Make a found climax of the current track one's own, as it is; None if nothing is shown. Undoable."""
        current = self.document.current
        if current is None:
            return None
        moment = _of_climax(current, climax)
        self.commands.run(SetMoment(self.document, self._desk.shelf, None, moment))
        return moment

    def hide_climax(self, shown: ShownClimax) -> None:
        """Take a climax of the current track away. Undoable.

        One of the person's own is removed; what was found in its place does not come back with that.
        """
        document, moment = self.document, shown.moment
        if moment is None:
            if document.current is None:
                return
            hidden = replace(_of_climax(document.current, shown.climax), hidden=True)
            self.commands.run(SetMoment(document, self._desk.shelf, None, hidden))
        elif moment in document.moments(moment.track_id):
            analysis = document.analysis(moment.track_id)
            found = () if analysis is None else covered(moment, analysis.climaxes)
            after = replace(moment, hidden=True) if found else None
            self.commands.run(SetMoment(document, self._desk.shelf, moment, after))

    def show_hidden_climaxes(self) -> int:
        """Show again what was taken away of the current track; how many there were. Undoable."""
        current = self.document.current
        hidden = [] if current is None else [moment for moment in self.document.moments(current) if moment.hidden]
        if hidden:
            self.commands.run(ShowHidden(self.document, self._desk.shelf, hidden))
        return len(hidden)

    def add_layers(self, track_id: int, layers: Iterable[Layer]) -> tuple[KeptLayer, ...]:
        """Lay layers over a track, under those that lie there. Undoable; nothing happens where there are none."""
        if track_id not in self.document:
            return ()
        first = 1 + max((kept.position for kept in self.document.layers(track_id)), default=-1)
        kept = tuple(KeptLayer(uuid4().hex, track_id, first + i, layer) for i, layer in enumerate(layers))
        if kept:
            self.commands.run(AddLayers(self.document, self._desk.shelf, kept))
        return kept

    def ask_structure(self, track_id: int) -> None:
        """Find out how a track is built, unless that is known; then `document.structure_changed` is emitted."""
        self.structures.ask(track_id)

    def remove_layers(self, layers: Iterable[KeptLayer]) -> None:
        """Take layers away, all in one step. Undoable."""
        there = [kept for kept in layers if kept in self.document.layers(kept.track_id)]
        if there:
            self.commands.run(RemoveLayers(self.document, self._desk.shelf, there))

    def _fitted(self, moment: Moment) -> Moment | None:
        """Put a moment in order and into its recording; None, and a notice, if nothing is left of it."""
        if not all(map(math.isfinite, (moment.start_s, moment.peak_s, moment.end_s))):
            return None
        duration_s = self.document.track(moment.track_id).duration_s if moment.track_id in self.document else None
        last_s = math.inf if duration_s is None else duration_s
        start_s, end_s = sorted(round(max(0.0, min(t, last_s)), 3) for t in (moment.start_s, moment.end_s))
        if end_s - start_s < SHORTEST_S:
            self.document.tell("A climax needs a stretch of the recording: select one, and try again.", "warning")
            return None
        peak_s = round(max(start_s, min(moment.peak_s, end_s)), 3)
        return replace(moment, start_s=start_s, peak_s=peak_s, end_s=end_s)


def _of_climax(track_id: int, climax: Climax) -> Moment:
    start_s, peak_s, end_s = (round(float(t), 3) for t in (climax.start_s, climax.peak_s, climax.end_s))
    return Moment(uuid4().hex, track_id, start_s, peak_s, end_s)


def _with(moment: Moment, fields: dict[str, Any]) -> Moment:
    """Change what may be changed of a moment; raises TypeError for anything else."""
    if wrong := fields.keys() - {"start_s", "peak_s", "end_s", "label", "note"}:
        raise TypeError(f"a moment's {', '.join(sorted(wrong))} cannot be changed")
    if "label" in fields:
        fields["label"] = " ".join(fields["label"].split())
    if "note" in fields:
        fields["note"] = fields["note"].strip()
    return replace(moment, **fields)
