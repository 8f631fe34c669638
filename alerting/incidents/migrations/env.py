"""Alembic's entry: migrates over the connection that `alerting.incidents.sql.migrating` hands in."""

from alembic import context

from alerting.incidents.sql.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
