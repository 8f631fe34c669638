"""Who leads, what belongs together, who is silent: `make bench-contacts`.

Affairs of which people post and call with a planted lag of 5 to 60 minutes either way; calls about something else, by
their words or by their time; and how many were hit and did neither. Judged is what an incident would say when all is
over for an hour, from the same counts that the product has: `alerting.hearing.comparing.compared`.
`TOCSIN_BENCH_CRISES` makes it smaller.
"""

import math
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

from alerting.contact_settings import ContactSettings
from alerting.hearing.comparing import BEFORE, Event, compared
from alerting.hearing.curve import Curve
from alerting.hearing.stated import Stated
from alerting.hearing.switchboard import Switchboard
from alerting.incidents.contact_findings import ContactFindings, Standing
from alerting.incidents.contact_store import ContactHour, ContactMinute
from tests.bench.contact_world import Affair, affair, poisson
from tests.bench.report import Report

SEED: Final = int(os.environ.get("TOCSIN_BENCH_SEED", "1"))
CRISES: Final = int(os.environ.get("TOCSIN_BENCH_CRISES", "200"))
START: Final = 29_500_000 // 1440 * 1440
DAYS: Final = 14
STATED: Final = Stated.of(ContactSettings())
# (topic, what it is about, reasons that belong to it, reasons that do not)
SUBJECTS: Final = (
    ("refunds", "refund* OR money back", ("refund missing", "refund_pending"), ("late parcel", "password reset")),
    (
        "delivery",
        "deliver* OR parcel OR courier",
        ("parcel late", "delivery address"),
        ("refund missing", "card refused"),
    ),
    ("app-login", "login OR password", ("login fails", "password_reset"), ("parcel late", "store opening hours")),
    ("payments", "card OR charged twice", ("card refused", "charged twice"), ("login fails", "damaged goods")),
)


def main() -> int:
    """The exit code: 1 where a goal is missed."""
    report = Report("contacts", seed=SEED)
    report.add("affairs", CRISES, "")
    _lags(report)
    _unrelated(report)
    _silent(report)
    report.print()
    return 1 if report.missed else 0


def _lags(report: Report) -> None:
    off: list[float] = []
    inside = joined = 0
    for number in range(CRISES):
        rng = _drawn("lag", number)
        one = affair(rng, share_posting=0.3, share_calling=0.3, people=_people(rng))
        found = judged(one, rng.choice(SUBJECTS), rng, belongs=True)
        lag = next((reason.lag for reason in found.reasons if reason.lag is not None), None)
        joined += found.standing is Standing.SAME_ISSUE
        off.append(math.inf if lag is None else abs(lag.middle - one.lag))
        inside += lag is not None and lag.low <= one.lag <= lag.high
    off.sort()
    report.add("planted lag found within 3 minutes", sum(one <= 3 for one in off) / CRISES, "share", goal=">= 0.95")
    report.add("median error of the lag", off[CRISES // 2], "min")
    report.add("its 90 % interval holds the planted one", inside / CRISES, "share")
    report.add("related pairs joined", joined / CRISES, "share")


def _unrelated(report: Report) -> None:
    joined = {"other words, at the same time": 0, "same words, at another time": 0}
    for number in range(CRISES):
        rng = _drawn("unrelated", number)
        one = affair(rng, share_posting=0.3, share_calling=0.3, people=_people(rng))
        found = judged(one, rng.choice(SUBJECTS), rng, belongs=False)
        joined["other words, at the same time"] += found.standing is Standing.SAME_ISSUE
        apart = rng.choice((-1, 1)) * rng.uniform(90, 200)
        one = affair(rng, share_posting=0.3, share_calling=0.3, people=_people(rng), apart=apart, other_curve=True)
        found = judged(one, rng.choice(SUBJECTS), rng, belongs=True)
        joined["same words, at another time"] += found.standing is Standing.SAME_ISSUE
    report.add("unrelated pairs joined", sum(joined.values()) / 2 / CRISES, "share", goal="<= 0.05")
    for name, count in joined.items():
        report.add(f"joined: {name}", count / CRISES, "share")


def _silent(report: Report) -> None:
    within = {"links": [0, 0], "calls": [0, 0], "prior": [0, 0]}
    hours = [0, 0]
    widths: dict[str, list[float]] = {"links": [], "calls": [], "prior": []}
    for number in range(CRISES):
        rng = _drawn("silent", number)
        # Of one company to the next, and of one affair to the next.
        posting, calling = rng.betavariate(1.6, 38.0), rng.betavariate(2.0, 5.0)
        these = [min(share * math.exp(rng.uniform(-0.5, 0.5)), 0.9) for share in (posting, calling)]
        people = int(rng.uniform(3_000, 12_000))
        one = affair(rng, share_posting=max(these[0], 0.004), share_calling=these[1], people=people)
        subject = rng.choice(SUBJECTS)
        for basis, counts in within.items():
            found = judged(one, subject, rng, belongs=True, heard=basis != "prior", linked=basis == "links")
            if found.silent is None or found.basis != basis:
                continue
            counts[0] += found.silent.low <= one.neither <= found.silent.high
            counts[1] += 1
            widths[basis].append(found.silent.high / max(found.silent.low, 1.0))
        # three quarters of an hour after the later side began: before there are posts, there is no incident
        begin = int(one.onset + abs(one.lag) + 45)
        early = judged(one, subject, rng, belongs=True, until=begin)
        if early.next_hour is not None:
            came = sum(one.calls[begin : begin + 60])
            hours[0] += early.next_hour.low <= came <= early.next_hour.high
            hours[1] += 1
    held, asked = (sum(counts[at] for counts in within.values()) for at in (0, 1))
    share = held / asked if asked else None
    report.add("silent majority within its 90 % interval", share, "share", goal=">= 0.85")
    report.add("and not by being too wide", share, "share", goal="<= 0.95")
    for basis, (inside, whole) in within.items():
        report.add(f"by {basis}: within its interval", inside / whole if whole else None, f"of {whole}")
        middle = sorted(widths[basis])[len(widths[basis]) // 2] if widths[basis] else None
        report.add(f"by {basis}: its upper end over its lower, median", middle, "times")
    report.add("calls of the next hour within their 90 % interval", hours[0] / max(hours[1], 1), f"of {hours[1]}")


def judged(
    one: Affair,
    subject: tuple[str, str, tuple[str, ...], tuple[str, ...]],
    rng: Random,
    *,
    belongs: bool,
    heard: bool = True,
    linked: bool = False,
    until: int | None = None,
) -> ContactFindings:
    """What an incident about it would say of the contact centre."""
    topic, query, ours, others = subject
    end = one.end if until is None else until
    onset = round(one.onset + max(0.0, -one.lag))
    begin = max(onset - BEFORE, 0)
    usual = sum(one.posts[:180]) / 180
    mentions = Curve(
        START + begin, tuple(float(count) for count in one.posts[begin:end]), (max(usual, 0.01),) * (end - begin)
    )
    own = sum(one.own[:180]) / 180
    speakers = max(sum(one.own[onset:end]) - own * (end - onset), 0.0)
    board = _board(one, rng.choice(ours if belongs else others), end, rng, linked=linked) if heard else None
    days = {(START // 1440) - day: poisson(rng, one.usual_posts * 1440) for day in range(1, DAYS + 1)}
    event = Event(
        topics=(topic,),
        brand="",
        spoken=(topic, query),
        onset=START + onset,
        speakers=speakers,
        mentions=mentions,
        mentions_by_day=days,
    )
    return compared(event, board, STATED, datetime.fromtimestamp((START + end) * 60, UTC))


def _board(one: Affair, reason: str, end: int, rng: Random, *, linked: bool) -> Switchboard:
    """The contact centre: two weeks by the hour, and today by the minute."""
    share = one.spoke / one.hit * rng.uniform(1.0, 2.0)  # of ordinary callers, how many had spoken
    minutes = [
        ContactMinute("", reason, START + at, count, one.linked[at] if linked else 0)
        for at, count in enumerate(one.calls[:end])
        if count
    ]
    hours = []
    for hour in range(DAYS * 24):
        count = poisson(rng, one.usual_calls * 60)
        had = sum(rng.random() < share for _ in range(count)) if linked and count < 5_000 else 0
        hours.append(ContactHour("", reason, START // 60 - DAYS * 24 + hour, count, had))
    for hour in range(end // 60):
        part = one.calls[hour * 60 : hour * 60 + 60]
        had = sum(one.linked[hour * 60 : hour * 60 + 60]) if linked else 0
        hours.append(ContactHour("", reason, START // 60 + hour, sum(part), had))
    return Switchboard.of(START, START + end, minutes, hours)


def _drawn(of: str, number: int) -> Random:
    return Random(f"{of}/{SEED}/{number}")  # noqa: S311  # a simulation, no secret


def _people(rng: Random) -> int:
    """Of fewer than 3,000, hundreds call, and nobody could tell the shift of a slow curve to three minutes."""
    return int(math.exp(rng.uniform(math.log(3_000), math.log(20_000))))


if __name__ == "__main__":
    sys.exit(main())
