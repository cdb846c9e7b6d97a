"""The library: what was opened, what was found in it, and how the program is set."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select

from app.library.connections import BUSY_S, Database, keep, time_now
from app.library.explanations import Explanations
from app.library.labels import Labels
from app.library.layers import Layers
from app.library.marks import Marks
from app.library.migrate import migrate
from app.library.moments import Moments
from app.library.places import Places
from app.library.portraits import Portraits
from app.library.ratings import Ratings
from app.library.results import Results
from app.library.rows import Content, Track, track_of
from app.library.schema import analyses, settings, tracks
from app.library.sketches import Sketches
from app.library.structures import Structures
from models.audio.files import presentable

if TYPE_CHECKING:
    from models.audio.tags import Tags

#: SQLite takes so many values in one statement on every system.
_CHUNK = 500


class Library(Results):
    """One SQLite database; every method may be called from any thread.

    Parameters
    ----------
    file : Path
        Made when it is missing, and brought to this program's version (after a copy) when it is older.
    busy_s : float
        Seconds to wait for another program's write.

    Raises
    ------
    JobError
        From here and from every method: "damaged", "unreadable" (locked, read-only), "no_space", or "bad_data" (made by
        a newer version). Nothing is ever half written.
    """

    def __init__(self, file: Path, busy_s: float = BUSY_S) -> None:
        self.file = file
        #: Whether it lies in a folder of its own that goes with it when it is closed.
        self.temporary = False
        super().__init__(Database(file, busy_s))
        #: What a person marked in the recordings, and where they lie.
        self.marks, self.places = Marks(self._database), Places(self._database)
        #: Who labels, what they said of recordings, and what they said while these played.
        self.labels, self.ratings = Labels(self._database), Ratings(self._database)
        #: Climaxes that a person set, and layers from files.
        self.moments, self.layers = Moments(self._database), Layers(self._database)
        #: How contents are built, and why models answered as they did.
        self.structures, self.explanations = Structures(self._database), Explanations(self._database)
        #: What is known of whole recordings, to compare them with each other.
        self.portraits = Portraits(self._database)
        #: What a whole library is searched by.
        self.sketches = Sketches(self._database)
        try:
            #: The copy made before a migration, if there was one.
            self.backup: Path | None = migrate(self._database)
            with self._database.writing() as connection:
                # A library that cannot be written to says so now, not after the first hour's work.
                connection.execute(settings.delete().where(settings.c.name == ""))
        except BaseException:
            self._database.close()
            raise

    def close(self) -> None:
        """Close all connections."""
        self._database.close()
        if self.temporary:
            shutil.rmtree(self.file.parent, ignore_errors=True)

    def turn(self) -> AbstractContextManager[object]:
        """Take the writer's turn for as long as the context lasts: no other thread writes in between."""
        return self._database.turn

    # Tracks

    def add_tracks(self, paths: Sequence[Path]) -> tuple[list[Track], list[int]]:
        """Put files on the list; removed ones come back, at its end.

        Returns
        -------
        new : list of Track
            Those that were not on the list, in the order given.
        known : list of int
            Ids of those that were.
        """
        unique = list(dict.fromkeys(paths))
        with self._database.writing() as connection:
            found: dict[Path, tuple[int, bool]] = {}
            for chunk in _chunks(unique):
                rows = connection.execute(
                    select(tracks.c.path, tracks.c.id, tracks.c.removed_at).where(tracks.c.path.in_(chunk))
                )
                found.update({path: (track_id, removed_at is not None) for path, track_id, removed_at in rows})
            position = (connection.execute(select(func.max(tracks.c.position))).scalar() or 0) + 1
            places = {path: position + i for i, path in enumerate(unique)}
            now = time_now()
            fresh = [path for path in unique if path not in found]
            if fresh:
                connection.execute(
                    insert(tracks),
                    [
                        {
                            "path": path,
                            "position": places[path],
                            "added": now,
                            "missing": False,
                            "title": presentable(path.stem or path.name),
                            "artist": "",
                            "album": "",
                            "status": "queued",
                            "error": "",
                        }
                        for path in fresh
                    ],
                )
            back = [path for path in unique if path in found and found[path][1]]
            if back:
                connection.execute(
                    tracks.update()
                    .where(tracks.c.id == bindparam("_id"))
                    .values(removed_at=None, missing=False, error="", position=bindparam("_position")),
                    [{"_id": found[path][0], "_position": places[path]} for path in back],
                )
            new = {
                track.path: track
                for chunk in _chunks(fresh + back)
                for track in map(track_of, connection.execute(select(tracks).where(tracks.c.path.in_(chunk))))
            }
        known = [found[path][0] for path in unique if path not in new]
        return [new[path] for path in unique if path in new], known

    def add_track(self, path: Path, tags: Tags | None = None) -> Track:
        """Put one file on the list, with its tags; a file that is on it already stays where it is."""
        new, known = self.add_tracks([path])
        track_id = new[0].id if new else known[0]
        if tags is not None:
            self.set_tags({track_id: tags})
        return self.track(track_id)

    def tracks(self) -> list[Track]:
        """Return all tracks on the list, in its order."""
        query = select(tracks).where(tracks.c.removed_at.is_(None)).order_by(tracks.c.position, tracks.c.id)
        with self._database.reading() as connection:
            return [track_of(row) for row in connection.execute(query)]

    def track(self, track_id: int) -> Track:
        """Return one track, also if it was removed; raises KeyError if there never was one of this id."""
        with self._database.reading() as connection:
            row = connection.execute(select(tracks).where(tracks.c.id == track_id)).one_or_none()
        if row is None:
            raise KeyError(track_id)
        return track_of(row)

    def remove_tracks(self, track_ids: Iterable[int]) -> None:
        """Take tracks off the list; `restore_tracks` brings them back as they were."""
        self._update({track_id: {"removed_at": time_now()} for track_id in track_ids})

    def restore_tracks(self, positions: Mapping[int, int]) -> None:
        """Bring removed tracks back to these places of the list."""
        self._update({i: {"removed_at": None, "position": position} for i, position in positions.items()})

    def remove_track(self, track_id: int) -> None:
        """Take one track off the list, recoverably."""
        self.remove_tracks([track_id])

    def restore_track(self, track_id: int) -> None:
        """Bring one removed track back to where it was."""
        self._update({track_id: {"removed_at": None}})

    def set_tags(self, tags: Mapping[int, Tags]) -> None:
        """Keep what the files' tags say; no duration where an analysis knows better, no artist where they name none."""
        decoded = select(analyses.c.duration_s).where(analyses.c.sha256 == tracks.c.sha256).limit(1).scalar_subquery()
        self._update(
            {
                track_id: {
                    "title": presentable(tag.title),
                    "artist": presentable(tag.artist),
                    "album": presentable(tag.album),
                    "duration_s": tag.duration_s,
                }
                for track_id, tag in tags.items()
            },
            artist=func.coalesce(func.nullif(bindparam("_artist"), ""), tracks.c.artist),
            duration_s=func.coalesce(decoded, bindparam("_duration_s"), tracks.c.duration_s),
        )

    def name_artists(self, artists: Mapping[int, str]) -> None:
        """Keep whose recordings these are, where their tags do not say it."""
        self._update({track_id: {"artist": presentable(artist)} for track_id, artist in artists.items()})

    def set_missing(self, missing: Mapping[int, bool]) -> None:
        """Keep which files were not there."""
        self._update({track_id: {"missing": value} for track_id, value in missing.items()})

    def set_status(self, track_ids: Iterable[int], status: str, error: str = "", only_if: str | None = None) -> None:
        """Keep how far the work on some tracks is; with `only_if`, of those that have this status."""
        values = {"status": status, "error": presentable(error)}
        self._update(dict.fromkeys(track_ids, values), only_if)

    def set_content(self, track_id: int, content: Content | None) -> None:
        """Keep a file's hash with the size and time of change it had; None forgets it, because the file changed."""
        values: dict[str, Any] = {"sha256": None, "size_bytes": None, "modified_ns": None}
        if content is not None:
            values = {"sha256": content.sha256, "size_bytes": content.size_bytes, "modified_ns": content.modified_ns}
        self._update({track_id: values})

    def reset_unfinished(self) -> tuple[list[int], list[int]]:
        """Reset what the last session left unfinished to "waiting".

        Returns
        -------
        interrupted : list of int
            Tracks in the middle of whose analysis the program ended without being told to.
        queued : list of int
            Tracks whose turn had not come.
        """
        with self._database.writing() as connection:
            rows = connection.execute(
                select(tracks.c.id, tracks.c.status)
                .where(tracks.c.status.in_(("analysing", "queued")), tracks.c.removed_at.is_(None))
                .order_by(tracks.c.position)
            ).all()
            connection.execute(
                tracks.update().where(tracks.c.status.in_(("analysing", "queued"))).values(status="waiting")
            )
        return (
            [track_id for track_id, status in rows if status == "analysing"],
            [track_id for track_id, status in rows if status == "queued"],
        )

    def _update(self, changes: Mapping[int, Mapping[str, Any]], only_if: str | None = None, **formulas: Any) -> None:
        if not changes:
            return
        columns = next(iter(changes.values()))
        statement = (
            tracks.update()
            .where(tracks.c.id == bindparam("_id"))
            .values({column: bindparam(f"_{column}") for column in columns} | formulas)
        )
        if only_if is not None:
            statement = statement.where(tracks.c.status == only_if)
        rows = [
            {"_id": track_id, **{f"_{column}": value for column, value in values.items()}}
            for track_id, values in changes.items()
        ]
        with self._database.writing() as connection:
            connection.execute(statement, rows)

    # Settings

    def setting(self, name: str, default: Any = None) -> Any:
        """Return a kept setting (any JSON value)."""
        with self._database.reading() as connection:
            value = connection.execute(select(settings.c.value).where(settings.c.name == name)).scalar()
        return default if value is None else json.loads(value)

    def set_setting(self, name: str, value: Any) -> None:
        """Keep a setting (any JSON value)."""
        text = json.dumps(value)
        with self._database.writing() as connection:
            keep(connection, settings, {"name": name}, {"value": text})


def _chunks(paths: Sequence[Path]) -> Iterable[Sequence[Path]]:
    return (paths[i : i + _CHUNK] for i in range(0, len(paths), _CHUNK))
