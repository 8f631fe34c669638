"""`tocsin drill`: a marked test page."""

import asyncio
from typing import Annotated, Any, Final

import typer

from alerting.cli.client import ApiClient
from alerting.cli.exits import Exit, complain
from alerting.cli.options import ConfigOption, JsonOption, KeyOption, UrlOption
from alerting.cli.tables import show_json

_LOOK_SECONDS: Final = 0.2
_ENDED: Final = {"sent": "taken", "rejected": "refused", "pending": "waits", "superseded": "superseded"}


def drill(
    receiver: Annotated[str, typer.Argument(help="A receiver of the configuration.")],
    wait: Annotated[float, typer.Option("--wait", min=0.0, help="Seconds to wait for every notifier.")] = 30.0,
    direct: Annotated[
        bool, typer.Option("--direct", help="Try the notifiers from here, without a running Tocsin and its outbox.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Send a test page, marked as one, over every notifier of RECEIVER, and tell its outcome and each hop's time.

    A running Tocsin sends it on the way that every page takes: accepted into the outbox, leased, begun, answered.
    Budgets and quiet hours do not hold it back. With --direct no Tocsin need run: the configuration is read and each
    notifier is tried from here.

    Exits 0 when all of them took it, 5 when one did not, and 4 when no Tocsin answers.
    """
    if direct:
        from alerting.cli.direct_drill import try_directly

        try_directly(receiver, config)
        return
    answer = asyncio.run(_drilled(receiver, url, key, wait))
    if as_json:
        show_json(answer)
    else:
        for message in answer["messages"]:
            _tell(message, answer["at"])
    if not answer["messages"] or any(message["state"] != "sent" for message in answer["messages"]):
        raise SystemExit(Exit.REFUSED)


async def _drilled(receiver: str, url: str | None, key: str | None, wait: float) -> dict[str, Any]:
    from streams.clock import SystemClock

    clock = SystemClock()
    async with ApiClient(url, key) as api:
        try:
            answer = await api.post("/api/v1/drills", {"receiver": receiver})
        except SystemExit as exc:
            if exc.code == Exit.UNREACHABLE:
                complain("a drill needs a running Tocsin (--url); `--direct` tries the notifiers without one")
            raise
        until = clock.monotonic() + wait
        while not answer["over"] and clock.monotonic() < until:
            await clock.sleep(_LOOK_SECONDS)
            answer = await api.get(f"/api/v1/drills/{answer['id']}")
        return answer


def _tell(message: dict[str, Any], asked_at: str) -> None:
    outcome = _ENDED[message["state"]]
    if message["state"] == "pending":
        due = message["next_attempt_at"]
        outcome += f" until {due[11:19]} UTC" if due > asked_at else " in the outbox"
    reason = f": {message['reason']}" if message["reason"] else ""
    attempts = f" after {message['attempts']} attempts" if message["attempts"] > 1 else ""
    typer.echo(f"{message['notifier']} {message['destination']}: {outcome}{attempts}{reason}")
    hops = [f"{hop['hop']} {hop['milliseconds']:.0f} ms" for hop in message["hops"]]
    typer.echo(f"  {', '.join(hops)}")
