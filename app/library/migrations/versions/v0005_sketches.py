"""A few numbers of each result, to search a library by."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "sketches",
        sa.Column("sha256", sa.String, primary_key=True),
        sa.Column("model_id", sa.String, primary_key=True),
        sa.Column("model_version", sa.String, primary_key=True),
        sa.Column("course", sa.LargeBinary, nullable=False),
        sa.Column("tempo_bpm", sa.Float),
        sa.Column("level_db", sa.Float),
    )
