"""`tocsin drill --direct`: each notifier of a receiver tried from here, beside the outbox."""

import asyncio
from pathlib import Path
from typing import NoReturn

import typer

from alerting.cli.exits import Exit, complain, explained
from alerting.cli.options import settings_from


def try_directly(receiver: str, config: Path | None) -> None:
    """One attempt over each notifier of the configuration's receiver; exits 5 when one did not take it."""
    from alerting.errors import DeliveryInDoubt, DeliveryRejected, DeliveryRetryable
    from alerting.message import drill as test_message
    from alerting.notifiers.egress import Egress
    from alerting.notifiers.hops import timed
    from alerting.notifiers.registry import build
    from streams.clock import SystemClock

    async def work() -> bool:
        clock, egress = SystemClock(), Egress.from_settings(settings.delivery)
        all_took_it = True
        for chosen in wanted.notifiers:
            notifier = build(chosen, clock=clock, egress=egress)
            began = clock.monotonic()
            hops: list[tuple[str, float]] = []
            try:
                message = test_message(receiver, clock.now())
                with timed(clock) as measured:
                    hops = measured.passed
                    await notifier.send(message, reference=None, timeout_seconds=settings.delivery.attempt_seconds)
            except (DeliveryRetryable, DeliveryInDoubt, DeliveryRejected) as exc:
                all_took_it = False
                outcome = exc.reason
            else:
                outcome = "taken"
            finally:
                await notifier.close()
            typer.echo(f"{notifier.kind} {notifier.destination}: {outcome} ({clock.monotonic() - began:.2f} s)")
            if hops:
                typer.echo(f"  {', '.join(f'{name} {1000 * seconds:.0f} ms' for name, seconds in hops)}")
        return all_took_it

    with explained():
        settings = settings_from(config)
        named = {known.name: known for known in settings.receivers}
        wanted = named.get(receiver) or _unknown(receiver, list(named))
        if not asyncio.run(work()):
            raise SystemExit(Exit.REFUSED)


def _unknown(receiver: str, known: list[str]) -> NoReturn:
    complain(f"there is no receiver {receiver!r}; known are {', '.join(sorted(known)) or 'none'}")
    raise SystemExit(Exit.USAGE)
