"""`tocsin audit`: show the audit trail and verify that nobody changed it."""

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer

from alerting.cli.exits import Exit, complain, explained
from alerting.cli.options import ConfigOption, JsonOption, settings_from
from alerting.cli.tables import show_json, show_table

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from alerting.incidents.audit import AuditRecord, Checkpoint, Head
    from alerting.incidents.chain import Verification
    from alerting.incidents.sql.store import SqlStore

app = typer.Typer(help="Show the audit trail, and verify that nobody changed it.", no_args_is_help=True)

PACK: Final = 1000


@app.command("verify")
def verify(
    config: ConfigOption = None,
    checkpoint: Annotated[
        str | None, typer.Option("--checkpoint", help="What `tocsin audit checkpoint` printed once.")
    ] = None,
) -> None:
    """Verify the whole chain; names the first bad position and exits 1 if there is one.

    It finds every change, removal, insertion and reordering, also of the timeline's lines. That the whole database was
    put back to an earlier state shows only against a checkpoint that was kept elsewhere.
    """
    from alerting.cli.serve import run_in_loop
    from alerting.incidents.audit import Checkpoint

    with explained():
        known = Checkpoint.parse(checkpoint) if checkpoint else None
        head, walked = run_in_loop(lambda: _walk(config, known))
    if walked.fault is not None:
        complain(f"position {walked.fault.position}: {walked.fault.text} ({walked.fault.kind.value})")
        raise SystemExit(Exit.FAILED)
    if head.first is None:
        typer.echo("There is no record yet.")
        return
    signed = ", ".join(f"{count} by key {key}" for key, count in walked.by_key.items())
    typer.echo(f"{walked.verified} records verified, from {head.first} to {head.position} ({signed}).")
    if head.first > 1:
        typer.echo(f"Positions before {head.first} are older than the audit trail.")
    if known is None:
        typer.echo("Without --checkpoint an earlier state of the whole database would pass too.")


@app.command("checkpoint")
def checkpoint(config: ConfigOption = None) -> None:
    """Print where the chain ends, to be kept where whoever can write to the database cannot."""
    from alerting.cli.serve import run_in_loop
    from alerting.incidents.audit import Checkpoint

    with explained():
        head = run_in_loop(lambda: _head(config))
    if head.first is None:
        complain("there is no record yet")
        raise SystemExit(Exit.FAILED)
    typer.echo(str(Checkpoint(head.position, head.mac)))


@app.command("show")
def show(
    incident: Annotated[str | None, typer.Option("--incident", help="Only this incident's records.")] = None,
    author: Annotated[str | None, typer.Option("--author", help="Only what this person did; needs the key.")] = None,
    after: Annotated[int, typer.Option("--after", min=0, help="Only what stands behind this position.")] = 0,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000)] = 100,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show records, oldest first. Authors are keyed hashes; `tocsin` is what was decided by itself."""
    from alerting.cli.serve import run_in_loop

    with explained():
        found = run_in_loop(lambda: _records(config, incident, author, after, limit))
    if as_json:
        import msgspec

        show_json([msgspec.to_builtins(record) for record in found])
        return
    rows = [
        (
            record.position,
            f"{record.at:%Y-%m-%d %H:%M:%S}",
            record.act,
            record.author[:12],
            record.incident,
            f"{record.state}, {record.severity}, r{record.revision}",
            ", ".join((*(f"pages {name}" for name in record.paged), *(f"tells {name}" for name in record.told))),
        )
        for record in found
    ]
    columns = ("position", "at (UTC)", "act", "author", "incident", "then", "decided")
    show_table("Audit trail", columns, rows, empty="No such records.")


@asynccontextmanager
async def _store(config: ConfigOption) -> "AsyncIterator[SqlStore]":
    from alerting.incidents.sql.engine import expect_made
    from alerting.incidents.sql.store import open_store
    from streams.clock import SystemClock

    settings = settings_from(config)
    expect_made(settings.database)
    store = await open_store(settings.database, SystemClock(), settings.audit)
    try:
        yield store
    finally:
        await store.close()


async def _head(config: ConfigOption) -> "Head":
    async with _store(config) as store:
        return await store.audit_head()


async def _walk(config: ConfigOption, known: "Checkpoint | None") -> "tuple[Head, Verification]":
    async with _store(config) as store:
        head = await store.audit_head()
        walk = store.chain.follow(head, known)
        position = 0
        while position < head.position and (links := await store.audit_after(position, limit=PACK)):
            position = links[-1].position
            if any(walk.take(link) for link in links):
                break
        walk.finish()
        return head, walk


async def _records(
    config: ConfigOption, incident: str | None, author: str | None, after: int, limit: int
) -> "list[AuditRecord]":
    import msgspec

    from alerting.incidents.audit import AuditRecord

    decode = msgspec.json.Decoder(AuditRecord).decode
    found: list[AuditRecord] = []
    async with _store(config) as store:
        names = store.chain.authors(author) if author else ()
        while len(found) < limit and (links := await store.audit_after(after, limit=PACK)):
            after = links[-1].position
            found += [
                record
                for record in (decode(link.value) for link in links)
                if (incident is None or record.incident == incident) and (not author or record.author in names)
            ]
    return found[:limit]
