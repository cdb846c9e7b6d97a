"""Tracks, overviews, analyses and settings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "tracks",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("path", sa.Text, nullable=False, unique=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("added", sa.String, nullable=False),
        sa.Column("removed_at", sa.String),
        sa.Column("missing", sa.Boolean, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("artist", sa.String, nullable=False),
        sa.Column("album", sa.String, nullable=False),
        sa.Column("duration_s", sa.Float),
        sa.Column("sha256", sa.String),
        sa.Column("size_bytes", sa.Integer),
        sa.Column("modified_ns", sa.Integer),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("error", sa.String, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tracks_sha256", "tracks", ["sha256"])
    op.create_table(
        "overviews",
        sa.Column("sha256", sa.String, primary_key=True),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("arrays", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "analyses",
        sa.Column("sha256", sa.String, sa.ForeignKey("overviews.sha256"), primary_key=True),
        sa.Column("model_id", sa.String, primary_key=True),
        sa.Column("model_version", sa.String, primary_key=True),
        sa.Column("made", sa.String, nullable=False),
        sa.Column("quadrant", sa.String, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("valence", sa.Float, nullable=False),
        sa.Column("arousal", sa.Float, nullable=False),
        sa.Column("duration_s", sa.Float, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("arrays", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
