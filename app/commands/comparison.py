"""Choosing which recordings are compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.document import Document


class Compare:
    """Other recordings are compared, or in another order.

    Parameters
    ----------
    document : Document
        Whose comparison it is.
    track_ids : sequence of int
        The recordings from now on, the reference first.
    text : str
        What that means, in words: "Added “Gymnopédie” to the comparison".
    keep : callable
        Is called after each change, to remember it.
    """

    def __init__(
        self, document: Document, track_ids: Sequence[int], text: str, keep: Callable[[], object] = lambda: None
    ) -> None:
        self._document = document
        self._before = document.compared
        self._after = tuple(track_ids)
        self._keep = keep
        self.text = text

    def do(self) -> None:
        """Compare them."""
        self._document.set_compared(self._after)
        self._keep()

    def undo(self) -> None:
        """Compare what was compared before."""
        self._document.set_compared(self._before)
        self._keep()
