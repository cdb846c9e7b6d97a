"""Why a model answered as it did, by content, model and question: kept, because it takes minutes to find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, select

from app.library import blobs
from app.library.connections import Part, keep, time_now
from app.library.schema import explanations

if TYPE_CHECKING:
    from models.explain.explanation import Explanation

#: So many of one content are kept, the newest ones: every region that is asked about leaves one.
MOST_OF_ONE = 64
#: Stands for no start and no end: the whole recording.
_WHOLE = -1.0


class Explanations(Part):
    """The explanations of all contents; every method may be called from any thread."""

    def get(
        self,
        sha256: str,
        model_id: str,
        model_version: str,
        target: str,
        method: str,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> Explanation | None:
        """Return what was found of this content, or of a stretch of it (seconds); None if there is nothing readable."""
        key = _key(sha256, model_id, model_version, target, method, start_s, end_s)
        query = select(explanations.c.facts, explanations.c.arrays).where(*_is(key))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else blobs.unpack_explanation(row.facts, row.arrays)

    def put(
        self, sha256: str, explanation: Explanation, start_s: float | None = None, end_s: float | None = None
    ) -> None:
        """Keep an explanation; of one content the oldest ones give way."""
        of = explanation
        key = _key(sha256, of.model_id, of.model_version, of.target, of.method, start_s, end_s)
        facts, arrays = blobs.pack(explanation)
        values = {"made": time_now(), "facts": facts, "arrays": arrays}
        newest = (
            select(explanations.c.made)
            .where(explanations.c.sha256 == sha256)
            .order_by(explanations.c.made.desc())
            .limit(MOST_OF_ONE)
        )
        with self._database.writing() as connection:
            keep(connection, explanations, key, values)
            oldest = min(connection.execute(newest).scalars())
            connection.execute(
                explanations.delete().where(explanations.c.sha256 == sha256, explanations.c.made < oldest)
            )


def _key(
    sha256: str,
    model_id: str,
    model_version: str,
    target: str,
    method: str,
    start_s: float | None,
    end_s: float | None,
) -> dict[str, Any]:
    """A row's key; to the millisecond, so that what is asked again is found again."""
    return {
        "sha256": sha256,
        "model_id": model_id,
        "model_version": model_version,
        "target": target,
        "method": method,
        "start_s": _WHOLE if start_s is None else round(start_s, 3),
        "end_s": _WHOLE if end_s is None else round(end_s, 3),
    }


def _is(key: dict[str, Any]) -> list[ColumnElement[bool]]:
    return [explanations.c[name] == value for name, value in key.items()]
