"""`tocsin doctor`: what is wrong, on one screen."""

import asyncio
import dataclasses
import logging
import shutil
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from alerting.cli.canary_findings import canary_findings
from alerting.cli.exits import Exit
from alerting.cli.findings import Finding, Samples, Verdict, judged
from alerting.cli.options import ConfigOption, JsonOption, KeyOption, settings_from
from alerting.cli.tables import show_json
from alerting.notifiers.escaping import escape_terminal
from streams.clock import SystemClock

if TYPE_CHECKING:
    from alerting.settings import Settings

SECONDS: Final = 10.0
_CONDITIONS: Final = {"ready": Verdict.OK, "degraded": Verdict.WARNING, "down": Verdict.BAD}

UrlsOption = Annotated[
    list[str] | None,
    typer.Option("--url", help="A process to ask, repeatable; without it the ports of the configuration, here."),
]


def doctor(
    config: ConfigOption = None, url: UrlsOption = None, key: KeyOption = None, as_json: JsonOption = False
) -> None:
    """Look at configuration, Kafka and the running processes, and say what is wrong and what to do.

    Changes nothing. Exits 0 where nothing is bad, else 1. What could not be looked at is unknown, not well.
    """
    found = asyncio.run(examine(config, url, key))
    if as_json:
        show_json([dataclasses.asdict(finding) for finding in found])
    else:
        typer.echo("\n".join(told(found, shutil.get_terminal_size().columns)))
    if any(finding.verdict is Verdict.BAD for finding in found):
        raise typer.Exit(Exit.FAILED)


def told(found: Sequence[Finding], width: int) -> list[str]:
    """The findings as lines of at most `width` characters, each with what to do beneath it."""
    verdict = max(len(verdict) for verdict in Verdict)
    part = max(len(escape_terminal(finding.part)) for finding in found)
    indent = " " * (verdict + part + 4)
    lines: list[str] = []
    for finding in found:
        head = f"{finding.verdict.value:<{verdict}}  {escape_terminal(finding.part):<{part}}  "
        texts = [head + escape_terminal(finding.text)]
        texts += [f"{indent}do: {escape_terminal(finding.remedy)}"] if finding.remedy else []
        for text in texts:
            lines += textwrap.wrap(text, max(width, 60), subsequent_indent=indent, drop_whitespace=True)
    return lines


async def examine(config: Path | None, urls: Sequence[str] | None, key: str | None) -> list[Finding]:
    """Every finding, from the configuration outwards."""
    from streams.errors import InvalidConfig

    try:
        settings = settings_from(config)
    except InvalidConfig as exc:
        return [Finding(Verdict.BAD, "configuration", problem, "`tocsin check` tells all") for problem in exc.problems]
    found = [
        Finding(
            Verdict.OK, "configuration", f"right: {len(settings.topics)} topics, {len(settings.receivers)} receivers"
        )
    ]
    async with asyncio.TaskGroup() as group:
        kafka = group.create_task(_kafka(settings), name="kafka")
        processes = group.create_task(_processes(settings, urls, key), name="processes")
    return found + kafka.result() + processes.result()


async def _kafka(settings: "Settings") -> list[Finding]:
    from streams.broker.registry import MEMORY_ADDRESS, open_broker
    from streams.errors import StreamsError
    from streams.kafka_topics import check

    address = settings.kafka.bootstrap_servers
    if address == MEMORY_ADDRESS:
        return [Finding(Verdict.UNKNOWN, "Kafka", "it lives in the memory of another process")]
    chatter = logging.getLogger("aiokafka")
    level = chatter.level
    chatter.setLevel(logging.CRITICAL)  # what fails is told once, as a finding
    try:
        async with asyncio.timeout(SECONDS), open_broker(settings.kafka) as broker:
            problems = await check(broker, settings)
    except TimeoutError:
        return [
            Finding(
                Verdict.BAD,
                "Kafka",
                f"{address} does not answer within {SECONDS:g} s",
                "is it up, and reachable from here?",
            )
        ]
    except StreamsError as exc:
        return [Finding(Verdict.BAD, "Kafka", str(exc), "is it up, reachable from here, and are we let in?")]
    finally:
        chatter.setLevel(level)
    if problems:
        return [Finding(Verdict.BAD, "Kafka topics", problem, "`tocsin kafka init`") for problem in problems]
    return [Finding(Verdict.OK, "Kafka", f"{address} answers, and the Kafka topics are as they have to be")]


async def _processes(settings: "Settings", urls: Sequence[str] | None, key: str | None) -> list[Finding]:
    import aiohttp

    roles = {"score": settings.roles.score_port, "detect": settings.roles.detect_port}
    addresses = list(urls or [f"http://127.0.0.1:{settings.api.port}"])
    found: list[Finding] = []
    roles_seen: set[str] = set()
    answered: list[Samples] = []
    asked_at = SystemClock().now().timestamp()  # before anybody keeps us waiting
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as session:
        for address in addresses:
            samples = await _process(session, address.rstrip("/"), found)
            answered += [] if samples is None else [samples]
            roles_seen |= {role for role in roles if _counts(samples, role)}
            if samples is not None and key:
                found += await _feeds(session, address.rstrip("/"), key)
        for role, port in roles.items():
            if urls is None and role not in roles_seen:
                samples = await _process(session, f"http://127.0.0.1:{port}", found, role=role)
                answered += [] if samples is None else [samples]
    return found + canary_findings(answered, asked_at)


async def _process(session: Any, address: str, found: list[Finding], role: str = "alert") -> Samples | None:
    """What one process says of itself; None where nobody answers."""
    import aiohttp

    try:
        async with session.get(f"{address}/-/ready") as answer:
            components = (await answer.json())["components"]
        async with session.get(f"{address}/metrics") as answer:
            samples = samples_of(await answer.text())
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
        place = address.partition("://")[2] or address
        text, remedy = f"nobody answers at {place}", "start it, or name where it is: --url"
        found.append(Finding(Verdict.UNKNOWN if role != "alert" else Verdict.BAD, role, text, remedy))
        return None
    for name, component in sorted(components.items()):
        verdict = _CONDITIONS.get(component.get("condition"), Verdict.UNKNOWN)
        found.append(Finding(verdict, name, component.get("detail") or component.get("condition", "")))
    found += judged(samples)
    return samples


async def _feeds(session: Any, address: str, key: str) -> list[Finding]:
    import aiohttp

    try:
        async with session.get(f"{address}/api/v1/feeds", headers={"Authorization": f"Bearer {key}"}) as answer:
            if answer.status != 200:
                return [Finding(Verdict.UNKNOWN, "feeds", f"refused ({answer.status})", "is the key right?")]
            feeds = (await answer.json())["feeds"]
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError):
        return [Finding(Verdict.UNKNOWN, "feeds", "no answer")]
    silent = [feed["name"] for feed in feeds if feed["state"] != "delivering"]
    if not feeds:
        return [Finding(Verdict.UNKNOWN, "feeds", "none is known yet")]
    if not silent:
        return [Finding(Verdict.OK, "feeds", f"all {len(feeds)} deliver")]
    return [Finding(Verdict.WARNING, "feeds", f"silent: {', '.join(silent)}", "`tocsin feeds` says since when")]


def samples_of(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    """What a process counts, by the sample's name."""
    from prometheus_client.parser import text_string_to_metric_families

    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((dict(sample.labels), float(sample.value)))
    return found


def _counts(samples: Samples | None, role: str) -> bool:
    return samples is not None and any(
        labels.get("group", "").endswith(f"-{role}") for labels, _ in samples.get("tocsin_stream_ready", ())
    )
