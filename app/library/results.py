"""What models found in recordings, by content, model and version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, select

from app.library import blobs, sketches
from app.library.connections import Part, keep, time_now
from app.library.rows import LineSummary
from app.library.schema import analyses, line, overviews, tracks
from models.inference.course import sketch_of

if TYPE_CHECKING:
    from models.analysis import Analysis, Overview


class Results(Part):
    """The results of all contents; every method may be called from any thread."""

    def save_analysis(
        self,
        track_id: int,
        overview: Overview,
        analysis: Analysis,
        only_version: bool = False,
        done: bool = True,
    ) -> None:
        """Keep a result under the content's hash, the model's id and its version; the track is "done".

        Without `done` the track's own status stays what it is: another model than the one that judges was asked.
        With `only_version` what other versions of the model found in this content is forgotten: a personal model has a
        new version with every correction.
        """
        facts, arrays = blobs.pack(overview)
        analysis_facts, analysis_arrays = blobs.pack(analysis)
        key = {
            "sha256": analysis.sha256,
            "model_id": analysis.model_id,
            "model_version": analysis.model_version,
        }
        values = {
            "made": time_now(),
            "quadrant": analysis.quadrant,
            "probability": float(max(analysis.probabilities)),
            "valence": float(analysis.valence),
            "arousal": float(analysis.arousal),
            "duration_s": float(analysis.duration_s),
            "facts": analysis_facts,
            "arrays": analysis_arrays,
        }
        with self._database.writing() as connection:
            keep(connection, overviews, {"sha256": analysis.sha256}, {"facts": facts, "arrays": arrays})
            if only_version:
                connection.execute(
                    analyses.delete().where(analyses.c.sha256 == analysis.sha256, *_by(analysis.model_id, None))
                )
            keep(connection, analyses, key, values)
            sketches.put(connection, key, sketch_of(analysis, overview))
            state = {"status": "done", "error": "", "missing": False} if done else {}
            connection.execute(
                tracks.update()
                .where(tracks.c.id == track_id)
                .values(sha256=analysis.sha256, duration_s=float(analysis.duration_s), **state)
            )

    def find_overview(self, sha256: str) -> Overview | None:
        """Return what can be drawn of this content; None if the library has nothing readable."""
        query = select(overviews.c.facts, overviews.c.arrays).where(overviews.c.sha256 == sha256)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else blobs.unpack_overview(row.facts, row.arrays)

    def find_analysis(self, sha256: str, model_id: str, model_version: str | None) -> tuple[Overview, Analysis] | None:
        """Return what this version of this model found in this content; None if the library has nothing readable.

        Here and below, a version of None stands for the newest result by any version.
        """
        query = (
            select(analyses.c.facts, analyses.c.arrays)
            .where(analyses.c.sha256 == sha256, *_by(model_id, model_version))
            .order_by(analyses.c.made.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        analysis = blobs.unpack_analysis(row.facts, row.arrays)
        overview = self.find_overview(sha256)
        return None if analysis is None or overview is None else (overview, analysis)

    def find_summary(self, sha256: str, model_id: str, model_version: str | None) -> LineSummary | None:
        """Return one line on what this model found in this content, without reading its arrays."""
        query = (
            select(*line)
            .where(analyses.c.sha256 == sha256, *_by(model_id, model_version))
            .order_by(analyses.c.made.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else LineSummary(*row)

    def has_analyses(self, model_id: str, model_version: str | None) -> bool:
        """Whether this version of this model has analysed anything at all."""
        query = select(analyses.c.sha256).where(*_by(model_id, model_version)).limit(1)
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def summaries(self, model_id: str, model_version: str | None) -> dict[int, LineSummary]:
        """Return one line on every track of the list that this model has analysed, by track."""
        query = (
            select(tracks.c.id, *line)
            .join(analyses, analyses.c.sha256 == tracks.c.sha256)
            .where(tracks.c.removed_at.is_(None), *_by(model_id, model_version))
            .order_by(analyses.c.made)
        )
        with self._database.reading() as connection:
            return {row[0]: LineSummary(*row[1:]) for row in connection.execute(query)}


def _by(model_id: str, model_version: str | None) -> list[ColumnElement[bool]]:
    version = [] if model_version is None else [analyses.c.model_version == model_version]
    return [analyses.c.model_id == model_id, *version]
