"""The labels of the library as a labelled folder, which refers to the recordings where they lie."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from app.document import Document
from app.library.exchange import rows_of
from app.library.rows import Label

if TYPE_CHECKING:
    from models.data.label_rows import LabelRow

#: In place of a rater's id: what all raters say together.
EVERYONE = "*"


class Count(NamedTuple):
    """How many recordings a rater has labelled."""

    rater_id: str
    name: str
    recordings: int


def _counts(label: Label, document: Document) -> bool:
    """Whether something can be learned from a label: it says something of a whole recording that is open."""
    return label.is_whole and not label.cant_say and not label.warm_up and label.track_id in document


def counts(document: Document) -> list[Count]:
    """Return whose labels there are, the busiest first; with more than one rater, all together in the end."""
    labels = [label for label in document.all_labels() if _counts(label, document)]
    names = {rater.id: rater.name for rater in document.raters}
    by_rater = Counter(label.rater_id for label in labels).most_common()
    found = [Count(rater, names.get(rater, rater), number) for rater, number in by_rater]
    if len(found) > 1:
        found.append(Count(EVERYONE, "", len({label.track_id for label in labels})))
    return found


def label_rows(document: Document, rater_id: str) -> list[LabelRow]:
    """What a rater (or `EVERYONE`) says of whole recordings."""
    chosen = [
        label for label in document.all_labels() if _counts(label, document) and rater_id in (EVERYONE, label.rater_id)
    ]
    return rows_of([document.track(i) for i in document.order], document.raters, chosen, ())


def export(document: Document, rater_id: str, folder: Path) -> list[str]:
    """Write a labelled folder whose recordings stay where they lie; return what a person should know of it.

    Parameters
    ----------
    document : Document
        Its open tracks and their labels.
    rater_id : str
        Whose labels, or `EVERYONE`: recordings over which raters are tied are then left out.
    folder : Path
        Is made; its name is the source's.

    Raises
    ------
    JobError
        "bad_data" when there is nothing to write, "no_space" when it cannot be written.
    """
    from models.export.label_files import export_labels

    return export_labels(label_rows(document, rater_id), folder, "folder")
