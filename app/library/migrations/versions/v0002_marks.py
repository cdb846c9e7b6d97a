"""Marks: instants of recordings."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "marks",
        sa.Column("track_id", sa.Integer, sa.ForeignKey("tracks.id"), primary_key=True),
        sa.Column("time_s", sa.Float, primary_key=True),
        sa.Column("label", sa.String, nullable=False),
    )
