"""What the metrics of a running Tocsin say about its health, in sentences. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MOST_BEHIND_SECONDS: Final = 120.0
MOST_WAITING_SECONDS: Final = 120.0
MOST_FAILURES: Final = 5
MOST_DEAD: Final = 0.01

Samples = Mapping[str, Iterable[tuple[Mapping[str, str], float]]]
"""Labels and values by the sample's name."""


class Verdict(StrEnum):
    """How a part does; `unknown` is told as such and never as well."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part, how it does, and what to do."""

    verdict: Verdict
    part: str
    text: str
    remedy: str = ""


def judged(samples: Samples) -> tuple[Finding, ...]:
    """Everything that can be said of a process by what it counts; what it does not count is not mentioned."""
    return tuple(finding for judge in _JUDGES for finding in judge(samples))


def _stream_roles(samples: Samples) -> Iterable[Finding]:
    for labels, value in samples.get("tocsin_stream_ready", ()):
        group = labels.get("group", "")
        if value == 1:
            yield Finding(Verdict.OK, group, "holds its partitions and their state")
        else:
            yield Finding(
                Verdict.BAD,
                group,
                "has no partitions, or not their state",
                "`tocsin kafka check`; then the log: restoring tells how far it is",
            )


def _behind(samples: Samples) -> Iterable[Finding]:
    worst: dict[str, float] = {}
    for labels, value in samples.get("tocsin_watermark_delay_seconds", ()):
        group = labels.get("group", "")
        worst[group] = max(value, worst.get(group, value))
    lags: dict[str, float] = {}
    for labels, value in samples.get("tocsin_lag_records", ()):
        lags[labels.get("group", "")] = lags.get(labels.get("group", ""), 0.0) + value
    for group, seconds in worst.items():
        waiting = f", {lags[group]:,.0f} records wait" if group in lags else ""
        if seconds <= MOST_BEHIND_SECONDS:
            yield Finding(Verdict.OK, group, f"{seconds:.0f} s behind{waiting}")
        else:
            yield Finding(
                Verdict.BAD,
                group,
                f"{seconds:,.0f} s behind{waiting}: pages are late by that much",
                "start another process of the role, up to one for each partition",
            )


def _dead_letters(samples: Samples) -> Iterable[Finding]:
    read, dead = _sum(samples, "tocsin_mentions_read_total"), _sum(samples, "tocsin_mentions_dead_lettered_total")
    if read and dead is not None and dead / read > MOST_DEAD:
        text = f"{dead:,.0f} of {read:,.0f} mentions could not be read"
        yield Finding(Verdict.WARNING, "dead letters", text, "the dead-letter topic has them, with the reason")


def _intake(samples: Samples) -> Iterable[Finding]:
    for labels, value in samples.get("tocsin_intake_state", ()):
        if value != 1:
            continue
        part, state = f"intake of {labels.get('stream', '')}", labels.get("state", "")
        if state == "following":
            yield Finding(Verdict.OK, part, "follows")
        elif state == "starting":
            yield Finding(Verdict.WARNING, part, "is starting")
        else:
            yield Finding(Verdict.BAD, part, state.replace("_", " "), "nobody is paged until it answers")


def _outbox(samples: Samples) -> Iterable[Finding]:
    age = _sum(samples, "tocsin_outbox_age_seconds")
    if age is None:
        return
    pending = _sum(samples, "tocsin_outbox_pending") or 0.0
    if age <= MOST_WAITING_SECONDS:
        yield Finding(Verdict.OK, "outbox", f"{pending:,.0f} messages wait, the oldest for {age:.0f} s")
    else:
        text = f"{pending:,.0f} messages wait, the oldest for {age:,.0f} s"
        yield Finding(Verdict.BAD, "outbox", text, "a vendor does not take them; see which below")


def _destinations(samples: Samples) -> Iterable[Finding]:
    for labels, value in samples.get("tocsin_destination_failures", ()):
        if value >= MOST_FAILURES:
            receiver = labels.get("receiver", "")
            yield Finding(
                Verdict.BAD,
                f"{receiver} by {labels.get('notifier', '')}",
                f"{value:.0f} failures in a row",
                f"`tocsin drill {receiver}` shows where it ends",
            )


def _alarms(samples: Samples) -> Iterable[Finding]:
    for name, part, remedy in (
        ("tocsin_nobody_reached_total", "pages that reached nobody", "open the console; tell people by hand"),
        ("tocsin_state_rebuilds_total", "state that was built anew", "the log says what and why: state.rebuilt"),
        ("tocsin_stalls_total", "partitions that had work and did not move", "look at the broker's log for them"),
        ("tocsin_intake_refused_total", "records the database refuses", "the log has them: intake.refused"),
    ):
        count = _sum(samples, name)
        if count:
            yield Finding(Verdict.WARNING, part, f"{count:.0f} since the process started", remedy)


def _sum(samples: Samples, name: str) -> float | None:
    found = [value for _, value in samples.get(name, ())]
    return sum(found) if found else None


_JUDGES: Final[tuple[Callable[[Samples], Iterable[Finding]], ...]] = (
    _stream_roles,
    _behind,
    _dead_letters,
    _intake,
    _outbox,
    _destinations,
    _alarms,
)
