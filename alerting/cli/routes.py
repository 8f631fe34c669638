"""`tocsin routes`: who hears of what, and why."""

import asyncio
from collections.abc import Iterator
from typing import Annotated

import typer

from alerting.cli.exits import explained
from alerting.cli.options import ConfigOption, settings_from
from alerting.incidents.model import Severity
from alerting.routing.routes import Stop
from alerting.settings import Settings
from alerting.tier_settings import Tier
from streams.clock import SystemClock
from streams.events import Direction

app = typer.Typer(help="Who hears of what, and why.", no_args_is_help=True)

NoFetch = Annotated[bool, typer.Option("--no-fetch", help="Do not read calendars and PagerDuty's schedules.")]


@app.command("show")
def show(config: ConfigOption = None, no_fetch: NoFetch = False) -> None:
    """Show the routing tree with what each route inherits, and whom each policy calls now."""
    from alerting.routing.dead_routes import dead_routes
    from alerting.routing.routes import Routes

    with explained():
        settings = settings_from(config)
    dead = {one.place: one.because for one in dead_routes(settings.route)}
    for line in Routes(settings.route).lines():
        stop = line.stop
        what = ", ".join(line.matched) or "everything"
        says = [f"-> {stop.receiver}" if stop else "-> nobody"]
        if stop is not None:
            says += [f"policy {stop.policy}"] if stop.policy else []
            says += [f"{one.value} {stop.tier(one).value}" for one in Severity if stop.tier(one).value != "page"]
            says += [f"waits {stop.group_wait_seconds:g} s"] if stop.group_wait_seconds else []
            says += [_grouped(stop)] if stop.groups else []
            says += [f"repeats every {stop.repeat_interval_seconds:g} s"] if stop.repeat_interval_seconds else []
        says += ["and goes on"] if line.continues else []
        says += [f"DEAD: {dead[line.place]}"] if line.place in dead else []
        typer.echo(f"{'  ' * line.depth}{line.place.rpartition('.')[2]} ({what}) {', '.join(says)}")
    for text in _policies(settings, fetch=not no_fetch):
        typer.echo(text)


@app.command("test")
def hears(
    config: ConfigOption = None,
    topic: Annotated[str, typer.Option("--topic", help="A topic of the file, for its brand and owner too.")] = "",
    brand: Annotated[str | None, typer.Option("--brand", help="Instead of the topic's.")] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Instead of the topic's.")] = None,
    severity: Annotated[Severity, typer.Option("--severity", help="How bad it is.")] = Severity.SEV2,
    direction: Annotated[Direction, typer.Option("--direction", help="What kind it is.")] = Direction.CRISIS,
    no_fetch: NoFetch = False,
) -> None:
    """Say who would hear of such an incident now: over which routes, how loudly, and whom the policy calls."""
    from alerting.cli.schedule_notes import roster_of
    from alerting.duty import Duty
    from alerting.receivers import policies_of
    from alerting.routing.routes import Routes

    with explained():
        settings = settings_from(config)
    found = next((one for one in settings.topic_values() if one.id == topic), None)
    if topic and found is None:
        typer.echo(f"note: the file has no topic {topic!r}; it may be declared over the API")
    labels = {
        "topic": topic,
        "brand": brand if brand is not None else (found and found.brand) or "",
        "owner": owner if owner is not None else (found and found.owner) or "",
        "severity": severity.value,
        "direction": direction.value,
    }
    clock = SystemClock()
    now = clock.now()
    roster, unread = asyncio.run(roster_of(settings, clock, fetch=not no_fetch))
    duty = Duty.with_roster(settings, roster)
    quiet = policies_of(settings.receivers, settings.people)
    stops = Routes(settings.route).stops_for(labels)
    typer.echo(", ".join(f"{name}={value}" for name, value in labels.items()))
    for stop in stops:
        hours = quiet[stop.receiver].quiet if stop.receiver in quiet else None
        until = hours.until(severity, now) if hours else None
        asleep = f", asleep until {until:%Y-%m-%d %H:%M} UTC" if until else ""
        typer.echo(f"{stop}, {stop.tier(severity).value}{asleep}{_group(stop, severity)}")
    if not stops:
        typer.echo("nobody is told: no route names a receiver")
    paging = [stop for stop in stops if stop.tier(severity).value == "page"]
    chain = duty.calls.chain_for(paging, labels["owner"] or None) if paging else None
    if chain is not None:
        typer.echo(f"policy {chain.policy}:")
        for number, step in enumerate(chain.steps):
            who = " and ".join(duty.calls.reach(target, now).words for target in step.targets)
            after = chain.seconds_to(number) or 0.0
            typer.echo(f"  after {after / 60:g} min: {who}")
    if standby := duty.standby.line(labels["owner"] or None, now):
        typer.echo(standby)
    if not labels["owner"]:
        typer.echo(f"nobody owns it: {settings.unowned.receiver or settings.route.receiver or 'nobody'} is told so")
    for note in unread:
        typer.echo(f"note: {note}")


def _grouped(stop: Stop) -> str:
    by = ", ".join(stop.group_by or ()) or "nothing, so all in one"
    return f"grouped by {by}, every {stop.group_interval_seconds:g} s"


def _group(stop: Stop, severity: Severity) -> str:
    """With which others it would go out, and when."""
    if stop.grouping is None or stop.tier(severity) not in {Tier.PAGE, Tier.NOTIFY}:
        return ""
    if severity is Severity.SEV1:
        return ", by itself: a SEV1 waits for no group"
    of = ", ".join(stop.grouping.labels) or "everything that takes this route"
    first = f"the first after {stop.group_wait_seconds:g} s" if stop.group_wait_seconds else "the first at once"
    return f", in the group of {of}: {first}, later ones every {stop.group_interval_seconds:g} s"


def _policies(settings: Settings, *, fetch: bool) -> Iterator[str]:
    from alerting.cli.schedule_notes import roster_of
    from alerting.duty import Duty

    clock = SystemClock()
    roster, unread = asyncio.run(roster_of(settings, clock, fetch=fetch))
    calls = Duty.with_roster(settings, roster).calls
    for policy in settings.policies:
        chain = calls.chain(policy.name)
        yield f"policy {policy.name}:"
        for number, step in enumerate(chain.steps if chain else ()):
            who = " and ".join(calls.reach(target, clock.now()).words for target in step.targets)
            yield f"  after {sum(one.wait_minutes for one in policy.steps[:number]):g} min: {who}"
    yield from (f"note: {note}" for note in unread)
