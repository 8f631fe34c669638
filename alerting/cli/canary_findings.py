"""How far the last canaries came, by what all processes count together. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from alerting.cli.findings import Finding, Samples, Verdict

_MOST_MARGIN_SECONDS: Final = 5.0  # of the way itself, which takes less than a second
_PART: Final = "canary"
_NAMES: Final = {
    "sent": "sending into Kafka",
    "score": "score",
    "detect": "detect",
    "incident": "alert, taking in",
    "delivered": "alert, delivering",
}


def canary_findings(processes: Sequence[Samples], now: float) -> list[Finding]:
    """The stage at which canaries get stuck; nothing where no process of the alert role was asked.

    Of a stream role every partition counts: one that stands still is a stage that is stuck.

    Args:
        processes: What each process that answered counts.
        now: When they were asked, seconds since 1970.
    """
    intervals = _values(processes, "tocsin_canary_interval_seconds")
    if not intervals:
        return []
    interval = max(intervals)
    if interval == 0:
        return [Finding(Verdict.UNKNOWN, _PART, "switched off: nothing tells that the whole way works")]
    passed = _passed(processes)
    most = 2 * interval + min(_MOST_MARGIN_SECONDS, interval / 2)
    stages = [(stage, now - at) for stage, at in passed.items() if at is not None]
    age = dict(stages).get("delivered")
    if age is not None and age <= most:
        return [Finding(Verdict.OK, _PART, f"came all the way {age:.0f} s ago; one flies every {interval:g} s")]
    late = next((place for place, (_, seconds) in enumerate(stages) if seconds > most), len(stages) - 1)
    stuck = stages[late][0]
    names = list(passed)
    unasked = names[names.index(stages[late - 1][0]) + 1 : names.index(stuck)] if late else []
    where = " or ".join(_NAMES[name] for name in (*unasked, stuck))
    text = f"none came through {where} for {stages[late][1]:,.0f} s; one flies every {interval:g} s"
    also = f", and past {_NAMES[stages[late - 1][0]]} {stages[late - 1][1]:.0f} s ago" if late else ""
    return [Finding(Verdict.BAD, _PART, text + also, _remedy(stuck, unasked))]


def _remedy(stuck: str, unasked: Sequence[str]) -> str:
    if stuck == "sent":
        return "look at Kafka, and at the log of alert: canary.not_sent"
    if stuck == "delivered":
        return "look at canary.url, and at the log of alert: delivery.ended with notifier heartbeat:0"
    roles = sorted({*unasked, stuck} & {"score", "detect"}) or ["alert"]
    return f"is every process of {' and '.join(roles)} alive and does it get on? /-/ready and the log say"


def _passed(processes: Sequence[Samples]) -> dict[str, float | None]:
    """When a canary last passed each stage, in the order of the way; None where nobody who was asked knows."""
    ends = {
        stage: max(_values(processes, "tocsin_canary_timestamp_seconds", stage=stage), default=None)
        for stage in ("sent", "incident", "delivered")
    }
    return {
        "sent": ends["sent"],
        "score": _slowest(processes, "-score"),
        "detect": _slowest(processes, "-detect"),
        "incident": ends["incident"],
        "delivered": ends["delivered"],
    }


def _slowest(processes: Sequence[Samples], role: str) -> float | None:
    newest: dict[str, float] = {}
    for samples in processes:
        for labels, value in samples.get("tocsin_canary_passed_timestamp_seconds", ()):
            if labels.get("group", "").endswith(role):
                partition = labels.get("partition", "")
                newest[partition] = max(value, newest.get(partition, value))
    return min(newest.values(), default=None)


def _values(processes: Iterable[Samples], name: str, **wanted: str) -> list[float]:
    return [
        value
        for samples in processes
        for labels, value in samples.get(name, ())
        if wanted.items() <= dict(labels).items()
    ]
