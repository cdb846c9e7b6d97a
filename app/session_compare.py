"""What a person does to compare recordings, as a part of the session (`app.session`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.commands.comparison import Compare
from models.inference.compared import MOST_RECORDINGS

if TYPE_CHECKING:
    from app.commands import CommandStack
    from app.comparison import Along
    from app.document import Document
    from app.jobs.comparer import Comparer

_TRACKS, _ALONG = "compare.tracks", "compare.along"


class SessionCompare:
    """Chooses what is compared; each choice is a command, and is there again at the next start."""

    document: Document
    commands: CommandStack
    comparer: Comparer

    def setting(self, name: str, default: Any = None) -> Any:
        """Return a kept setting; the session knows."""
        raise NotImplementedError

    def set_setting(self, name: str, value: Any) -> None:
        """Keep a setting; the session does."""
        raise NotImplementedError

    def restore_comparison(self) -> None:
        """Compare what was compared last time, as far as it is still on the list. Not a command."""
        kept, along = self.setting(_TRACKS, []), self.setting(_ALONG, "music")
        ids = [i for i in kept if isinstance(i, int)] if isinstance(kept, list) else []
        self.document.set_along("time" if along == "time" else "music")
        self.document.set_compared(ids)

    def compare(self, track_id: int) -> bool:
        """Add a track to those that are compared. Undoable; with six already, a notice says so.

        Returns
        -------
        bool
            Whether it is among them now.
        """
        document = self.document
        here = [i for i in document.compared if i in document]
        if track_id not in document or track_id in here:
            return track_id in here
        if len(here) >= MOST_RECORDINGS:
            document.tell(
                f"{MOST_RECORDINGS} recordings are compared already: take one away first (Ctrl+2).", "warning"
            )
            return False
        self._choose([*here, track_id], f"Added \u201c{document.track(track_id).title}\u201d to the comparison")
        return True

    def compare_no_more(self, track_id: int) -> None:
        """Take a track from those that are compared. Undoable."""
        document = self.document
        if track_id in document.compared:
            rest = [i for i in document.compared if i != track_id]
            title = document.track(track_id).title if track_id in document else ""
            self._choose(rest, f"Took \u201c{title}\u201d from the comparison")

    def compare_with(self, track_id: int) -> None:
        """Make one of the compared tracks the reference, on whose time the others are laid. Undoable."""
        document = self.document
        if track_id in document.compared and document.compared[0] != track_id:
            rest = [i for i in document.compared if i != track_id]
            title = document.track(track_id).title if track_id in document else ""
            self._choose([track_id, *rest], f"Made \u201c{title}\u201d the reference")

    def compare_along(self, along: Along) -> None:
        """Put the recordings on one axis by their music or by time. Not undoable: it changes the view alone."""
        self.document.set_along(along)
        self.set_setting(_ALONG, along)

    def _choose(self, track_ids: Sequence[int], text: str) -> None:
        self.commands.run(Compare(self.document, track_ids, text, self._keep))

    def _keep(self) -> None:
        self.set_setting(_TRACKS, list(self.document.compared))
