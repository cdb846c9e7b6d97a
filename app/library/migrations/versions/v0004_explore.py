"""Moments that a person set, layers from files, structures and explanations."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "moments",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("track_id", sa.Integer, sa.ForeignKey("tracks.id"), nullable=False),
        sa.Column("start_s", sa.Float, nullable=False),
        sa.Column("peak_s", sa.Float, nullable=False),
        sa.Column("end_s", sa.Float, nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("hidden", sa.Boolean, nullable=False),
    )
    op.create_index("ix_moments_track_id", "moments", ["track_id"])
    op.create_table(
        "layers",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("track_id", sa.Integer, sa.ForeignKey("tracks.id"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("arrays", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_layers_track_id", "layers", ["track_id"])
    op.create_table(
        "structures",
        sa.Column("sha256", sa.String, primary_key=True),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("arrays", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "explanations",
        sa.Column("sha256", sa.String, primary_key=True),
        sa.Column("model_id", sa.String, primary_key=True),
        sa.Column("model_version", sa.String, primary_key=True),
        sa.Column("target", sa.String, primary_key=True),
        sa.Column("method", sa.String, primary_key=True),
        sa.Column("start_s", sa.Float, primary_key=True),
        sa.Column("end_s", sa.Float, primary_key=True),
        sa.Column("made", sa.String, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("arrays", sa.LargeBinary, nullable=False),
    )
