"""The tables. A change here needs a new numbered file in `migrations/versions`, and `HEAD` to name it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    case,
    func,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

#: Number of the newest migration: what a library of this program's version is at.
HEAD = "0005"


class FilePath(TypeDecorator[Path]):
    """A path as text; where its bytes are no text (which Linux allows), as these bytes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Path | None, dialect: Dialect) -> Any:
        """Python to SQLite."""
        if value is None:
            return None
        text = str(value)
        try:
            text.encode()
        except UnicodeEncodeError:
            return os.fsencode(text)
        return text

    def process_result_value(self, value: Any, dialect: Dialect) -> Path | None:
        """SQLite to Python."""
        return None if value is None else Path(os.fsdecode(value))


metadata = MetaData()

tracks = Table(
    "tracks",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("path", FilePath, nullable=False, unique=True),
    Column("position", Integer, nullable=False),
    Column("added", String, nullable=False),  # ISO 8601, UTC
    Column("removed_at", String),  # set: taken off the list, recoverable
    Column("missing", Boolean, nullable=False, default=False),
    Column("title", String, nullable=False),
    Column("artist", String, nullable=False, default=""),
    Column("album", String, nullable=False, default=""),
    Column("duration_s", Float),
    Column("sha256", String),
    Column("size_bytes", Integer),  # as they were when the hash was taken
    Column("modified_ns", Integer),
    Column("status", String, nullable=False, default="waiting"),
    Column("error", String, nullable=False, default=""),
    sqlite_autoincrement=True,  # an id is never used twice
)
Index("ix_tracks_sha256", tracks.c.sha256)

overviews = Table(
    "overviews",
    metadata,
    Column("sha256", String, primary_key=True),
    Column("facts", Text, nullable=False),  # JSON: all that is no array
    Column("arrays", LargeBinary, nullable=False),  # npz without pickle
)

analyses = Table(
    "analyses",
    metadata,
    Column("sha256", String, ForeignKey("overviews.sha256"), primary_key=True),
    Column("model_id", String, primary_key=True),
    Column("model_version", String, primary_key=True),
    Column("made", String, nullable=False),  # ISO 8601, UTC
    Column("quadrant", String, nullable=False),
    Column("probability", Float, nullable=False),
    Column("valence", Float, nullable=False),
    Column("arousal", Float, nullable=False),
    Column("duration_s", Float, nullable=False),
    Column("facts", Text, nullable=False),
    Column("arrays", LargeBinary, nullable=False),
)

#: What a `LineSummary` is made of; whether the model knows such music stands among the facts.
line = (
    analyses.c.quadrant,
    analyses.c.probability,
    analyses.c.duration_s,
    case(
        (func.json_valid(analyses.c.facts) == 0, ""),  # a damaged one is found out when it is read
        (
            func.json_extract(analyses.c.facts, "$.domain.is_familiar") == 0,
            func.json_extract(analyses.c.facts, "$.domain.kind"),
        ),
        else_="",
    ),
)

marks = Table(
    "marks",
    metadata,
    Column("track_id", Integer, ForeignKey("tracks.id"), primary_key=True),
    Column("time_s", Float, primary_key=True),
    Column("label", String, nullable=False, default=""),
)

raters = Table(
    "raters",
    metadata,
    Column("id", String, primary_key=True),  # made by the window, which then need not wait for the library
    Column("name", String, nullable=False, unique=True),
)

labels = Table(
    "labels",
    metadata,
    Column("id", String, primary_key=True),
    Column("track_id", Integer, ForeignKey("tracks.id"), nullable=False),
    Column("rater_id", String, ForeignKey("raters.id"), nullable=False),
    Column("start_s", Float),  # no passage: the whole recording
    Column("end_s", Float),
    Column("quadrant", String),
    Column("valence", Float),
    Column("arousal", Float),
    Column("cant_say", Boolean, nullable=False),
    Column("origin", String, nullable=False),
    Column("blind", Boolean, nullable=False),
    Column("warm_up", Boolean, nullable=False),
    Column("made", String, nullable=False),  # ISO 8601, UTC
    Column("seconds", Float),
)
Index("ix_labels_track_id", labels.c.track_id)

ratings = Table(
    "ratings",
    metadata,
    Column("id", String, primary_key=True),
    Column("track_id", Integer, ForeignKey("tracks.id"), nullable=False),
    Column("rater_id", String, ForeignKey("raters.id"), nullable=False),
    Column("dimension", String, nullable=False),
    Column("made", String, nullable=False),
    Column("chills", Text, nullable=False),  # JSON: seconds
    Column("arrays", LargeBinary, nullable=False),  # npz without pickle
)
Index("ix_ratings_track_id", ratings.c.track_id)

moments = Table(
    "moments",
    metadata,
    Column("id", String, primary_key=True),
    Column("track_id", Integer, ForeignKey("tracks.id"), nullable=False),
    Column("start_s", Float, nullable=False),
    Column("peak_s", Float, nullable=False),
    Column("end_s", Float, nullable=False),
    Column("label", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("hidden", Boolean, nullable=False),
)
Index("ix_moments_track_id", moments.c.track_id)

layers = Table(
    "layers",
    metadata,
    Column("id", String, primary_key=True),
    Column("track_id", Integer, ForeignKey("tracks.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("position", Integer, nullable=False),  # among the layers of its track
    Column("facts", Text, nullable=False),
    Column("arrays", LargeBinary, nullable=False),
)
Index("ix_layers_track_id", layers.c.track_id)

structures = Table(
    "structures",
    metadata,
    Column("sha256", String, primary_key=True),
    Column("version", String, nullable=False),  # of what looked for it: another one looks anew
    Column("facts", Text, nullable=False),
    Column("arrays", LargeBinary, nullable=False),
)

explanations = Table(
    "explanations",
    metadata,
    Column("sha256", String, primary_key=True),
    Column("model_id", String, primary_key=True),
    Column("model_version", String, primary_key=True),
    Column("target", String, primary_key=True),
    Column("method", String, primary_key=True),
    Column("start_s", Float, primary_key=True),  # -1 for the whole recording: a key knows no NULL
    Column("end_s", Float, primary_key=True),
    Column("made", String, nullable=False),  # ISO 8601, UTC
    Column("facts", Text, nullable=False),
    Column("arrays", LargeBinary, nullable=False),
)

#: A few numbers of each result, so that a library of any size is searched without reading arrays.
sketches = Table(
    "sketches",
    metadata,
    Column("sha256", String, primary_key=True),
    Column("model_id", String, primary_key=True),
    Column("model_version", String, primary_key=True),
    Column("course", LargeBinary, nullable=False),  # 5 x 2 float32, little endian
    Column("tempo_bpm", Float),
    Column("level_db", Float),
)

settings = Table(
    "settings",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),  # JSON
)
