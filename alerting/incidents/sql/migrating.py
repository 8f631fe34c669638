"""Brings the tables up to this code's version."""

from typing import Final

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from alerting.incidents.sql.version import SCRIPTS
from streams.errors import InvalidConfig

_MIGRATION_LOCK: Final = 0x746F6373696E_02

log = structlog.get_logger()


def migrate(connection: Connection) -> None:
    """Run all missing migrations in the connection's transaction; processes that start together take turns.

    Raises:
        InvalidConfig: A newer Tocsin made the tables.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    config = migration_config()
    scripts = ScriptDirectory.from_config(config)
    stored = MigrationContext.configure(connection).get_current_revision()
    newest = scripts.get_current_head()
    if stored == newest:
        return
    known = {script.revision for script in scripts.walk_revisions()}
    if stored is not None and stored not in known:
        problem = (
            f"database: its tables have version {stored}, this Tocsin knows them up to {newest}. "
            "A newer Tocsin made them: run that one, or restore a backup from before it"
        )
        raise InvalidConfig((problem,))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    log.info("database.migrated", before=stored, after=newest)


def migration_config() -> Config:
    """Alembic's configuration for the migrations that are shipped with this package."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config
