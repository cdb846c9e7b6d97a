"""Runs migrations on the connection that `app.library.migrate` hands over, inside its transaction."""

from alembic import context

from app.library.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter most things in place
    transactional_ddl=True,
)
context.run_migrations()
