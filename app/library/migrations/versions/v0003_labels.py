"""Raters, labels and ratings."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "raters",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
    )
    op.create_table(
        "labels",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("track_id", sa.Integer, sa.ForeignKey("tracks.id"), nullable=False),
        sa.Column("rater_id", sa.String, sa.ForeignKey("raters.id"), nullable=False),
        sa.Column("start_s", sa.Float),
        sa.Column("end_s", sa.Float),
        sa.Column("quadrant", sa.String),
        sa.Column("valence", sa.Float),
        sa.Column("arousal", sa.Float),
        sa.Column("cant_say", sa.Boolean, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("blind", sa.Boolean, nullable=False),
        sa.Column("warm_up", sa.Boolean, nullable=False),
        sa.Column("made", sa.String, nullable=False),
        sa.Column("seconds", sa.Float),
    )
    op.create_index("ix_labels_track_id", "labels", ["track_id"])
    op.create_table(
        "ratings",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("track_id", sa.Integer, sa.ForeignKey("tracks.id"), nullable=False),
        sa.Column("rater_id", sa.String, sa.ForeignKey("raters.id"), nullable=False),
        sa.Column("dimension", sa.String, nullable=False),
        sa.Column("made", sa.String, nullable=False),
        sa.Column("chills", sa.Text, nullable=False),
        sa.Column("arrays", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_ratings_track_id", "ratings", ["track_id"])
