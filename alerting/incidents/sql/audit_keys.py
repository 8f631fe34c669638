"""The keys of the audit trail: from the configuration, else one that the database keeps itself."""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from alerting.incidents.chain import Chain
from alerting.incidents.sql import audit_queries
from alerting.incidents.sql.database import Database
from alerting.settings import AuditSettings
from streams.errors import InvalidConfig

SHORTEST: Final = 16

log = structlog.get_logger(__name__)


def configured_keys(settings: AuditSettings) -> tuple[bytes, ...]:
    """The keys of the configuration, oldest first; empty where there are none.

    Raises:
        InvalidConfig: A file cannot be read, or a key is too short to be one; names the file, never the key.
    """
    keys = [_content(file, "audit.former_key_files") for file in settings.former_key_files]
    if settings.key is not None:
        keys.append(settings.key.get_secret_value().strip())
    elif settings.key_file is not None:
        keys.append(_content(settings.key_file, "audit.key_file"))
    short = [key for key in keys if len(key) < SHORTEST]
    if short:
        raise InvalidConfig((f"audit: a key has {len(short[0])} characters; it needs at least {SHORTEST}",))
    if settings.former_key_files and settings.key is None and settings.key_file is None:
        raise InvalidConfig(("audit.former_key_files: former keys need a present one: audit.key_file",))
    return tuple(key.encode() for key in keys)


async def chain_of(database: Database, keys: Sequence[bytes]) -> Chain:
    """The chain that these keys sign, after the database's own key where it has one.

    Without keys the database gets one of its own. That finds mistakes and repairs by hand, but whoever can write to the
    database can read that key too.
    """
    own = await database.read(audit_queries.own_key)
    if own is None and not keys:
        async with database.transaction() as transaction:
            own = await transaction.run(audit_queries.keep_key, secrets.token_hex(32))
        log.info("audit.key_made", kept="in the database", then="set audit.key_file to keep it elsewhere")
    return Chain(keys if own is None else (own.encode(), *keys))


def _content(file: Path, where: str) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise InvalidConfig((f"{where}: {file} cannot be read: {exc}",)) from exc
