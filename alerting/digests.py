"""Many pages as one: when they go out together, and what that message says. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import msgspec

from alerting.incidents import wording
from alerting.incidents.delivery import Delivery
from alerting.incidents.group import GROUPED
from alerting.incidents.model import Incident, IncidentState, Severity, Transition
from alerting.incidents.store import Lease
from alerting.notifiers.base import Fact, Message
from alerting.patience import destination_of
from streams.events import Direction

MAX_LISTED: Final = 20
HAND_OVER: Final = "handover-"
MAX_RISING: Final = 5
_SHARED_CHARACTERS: Final = 200
# What a group says of incidents that it told before.
OVER: Final = frozenset({Transition.RESOLVED, Transition.WITHDRAWN, Transition.MERGED})


def put_off(delivery: Delivery, now: datetime, seconds: float) -> Delivery:
    """The delivery, due with everybody's next digest; all processes agree when that is."""
    slot = datetime.fromtimestamp((now.timestamp() // seconds + 1) * seconds, UTC)
    return msgspec.structs.replace(delivery, next_attempt_at=slot, digest=f"{slot:%Y%m%dT%H%M%S}")


def bundled(leases: Sequence[Lease]) -> list[tuple[Lease, ...]]:
    """What is sent together: what waited for the same digest of the same destination; everything else alone."""
    together: dict[tuple[object, ...], list[Lease]] = {}
    for lease in leases:
        delivery = lease.delivery
        key = (destination_of(delivery), delivery.digest) if delivery.digest else (delivery.id,)
        together.setdefault(key, []).append(lease)
    return [tuple(bundle) for bundle in together.values()]


def is_hand_over(delivery: Delivery) -> bool:
    """Whether it goes out with the digest of a hand-over."""
    return delivery.digest.startswith(HAND_OVER)


def is_grouped(delivery: Delivery) -> bool:
    """Whether it goes out with its group."""
    return delivery.group is not None and delivery.digest.startswith(GROUPED)


def alone(delivery: Delivery) -> Delivery:
    """As it stands where nothing else of its group goes out at the time: it has a message of its own, and keeps it."""
    return msgspec.structs.replace(delivery, digest="") if is_grouped(delivery) else delivery


def is_never_alone(delivery: Delivery) -> bool:
    """Whether it goes out as a digest even of a single incident.

    A hand-over does, and what is over of an incident that was told with others, which has no message of its own.
    """
    return is_hand_over(delivery) or (is_grouped(delivery) and delivery.change in OVER)


def with_its_group(delivery: Delivery, earlier: Sequence[Delivery], now: datetime) -> Delivery | None:
    """That it is over, told with the group that the incident was told in; None where it has a message of its own."""
    told = [other for other in earlier if not is_hand_over(other)]
    group = told[-1].group if told and all(is_grouped(other) for other in told) else None
    if group is None or delivery.change not in OVER:
        return None
    following = group.next_after(now)
    return msgspec.structs.replace(
        delivery, group=following, digest=following.digest, next_attempt_at=following.flush_at or now
    )


def hand_over_of(
    name: str,
    incidents: Sequence[Incident],
    at: datetime,
    *,
    public_url: str | None = None,
    rising: Sequence[str] = (),
) -> Message:
    """What happened while somebody slept: what is still open first, then what is over, the worst first."""
    message = message_of(name, incidents, at, public_url=public_url)
    ranked = _ranked(incidents)
    still = [one for one in ranked if one.state is not IncidentState.RESOLVED]
    over = [one for one in ranked if one.state is IncidentState.RESOLVED]
    count = f"{len(ranked)} incident{'s'[: len(ranked) != 1]}"
    standing = f"{len(still)} still open, worst {still[0].severity.value}" if still else "all over"
    told = [f"{head}: {_listed(some)}." for head, some in (("Still open", still), ("Over", over)) if some]
    return msgspec.structs.replace(
        message,
        change=Transition.NOTIFIED,
        severity=still[0].severity if still else Severity.SEV4,
        topic_name="Hand-over",
        headline=wording.fitted("While you slept", None, f"{count}, {standing}"),
        title=f"While you slept: {count}",
        why=" ".join(told) + _besides(rising),
    )


def _listed(incidents: Sequence[Incident]) -> str:
    left = len(incidents) - MAX_LISTED
    return "; ".join(_line(one) for one in incidents[:MAX_LISTED]) + (f"; and {left} more" if left > 0 else "")


def message_of(
    name: str,
    incidents: Sequence[Incident],
    at: datetime,
    *,
    public_url: str | None = None,
    rising: Sequence[str] = (),
) -> Message:
    """One message about several incidents, the worst first, and about what rises besides.

    Args:
        name: The same for every attempt at this digest.
        incidents: At least one.
        rising: Topics that rise and page nobody, in words.
    """
    ranked = _ranked(incidents)
    worst = ranked[0]
    brands = sorted({incident.brand for incident in ranked if incident.brand})
    who = brands[0] if len(brands) == 1 else f"{brands[0]} and others" if brands else "Tocsin"
    count = f"{len(ranked)} incidents, worst {worst.severity.value}"
    listed = [_line(incident) for incident in ranked[:MAX_LISTED]]
    left = len(ranked) - len(listed)
    return Message(
        incident=f"digest-{name}",
        dedup_key=f"tocsin-digest-{name}",
        revision=1,
        change=Transition.OPENED,
        severity=worst.severity,
        direction=worst.direction if any(i.direction is Direction.CRISIS for i in ranked) else Direction.VIRAL,
        topic="digest",
        topic_name="Digest",
        headline=wording.fitted(who, None, f"{count}: {wording.name(worst.topic_name, worst.brand)}"),
        title=f"{len(ranked)} incidents at once",
        why="More than one by one would help. "
        + "; ".join(listed)
        + (f"; and {left} more" if left else "")
        + "."
        + _besides(rising),
        odds="see each of them",
        facts=tuple(
            Fact(str(number), severity.value)
            for severity in Severity
            if (number := sum(incident.severity is severity for incident in ranked))
        ),
        opened_at=worst.opened_at,
        onset_at=min(incident.onset_at for incident in ranked),
        at=at,
        brand=brands[0] if len(brands) == 1 else None,
        url=public_url.rstrip("/") + "/" if public_url else None,
        state=IncidentState.RESOLVED,  # there is nothing to acknowledge in one go
        delivery=name,
    )


def name_of(leases: Sequence[Lease]) -> str:
    """Names a digest for its recipient: the same for every attempt at the same deliveries, another for others.

    So what comes too late for a digest is not taken for a second copy of it.
    """
    first = leases[0].delivery
    of = sha256(" ".join(sorted(lease.delivery.id for lease in leases)).encode()).hexdigest()[:8]
    return f"{first.receiver}-{first.digest}-{of}"


def group_of(
    name: str,
    leases: Sequence[Lease],
    members: Sequence[Incident],
    at: datetime,
    *,
    public_url: str | None = None,
) -> Message:
    """What a group says: what joined it, what of it is over, and what of it stands besides.

    Args:
        leases: At least one, all of one group.
        members: Incidents of the group that are open, among them those of the leases.
    """
    current = {one.id: one for lease in leases if (one := lease.incident) is not None}
    over_ids = {lease.delivery.incident for lease in leases if lease.delivery.change in OVER}
    fresh = _ranked([one for one in current.values() if one.id not in over_ids])
    over = _ranked([one for one in current.values() if one.id in over_ids])
    besides = _ranked([one for one in members if one.id not in current])
    message = message_of(name, fresh or over, at, public_url=public_url)
    group = leases[0].delivery.group
    shared = wording.plain(", ".join(group.labels if group else ()), _SHARED_CHARACTERS)
    what = f"{len(fresh)} incident{'s'[: len(fresh) != 1]}" if fresh else f"{len(over)} over"
    parts = (("", fresh), ("Over: ", over), ("Still open: ", besides))
    changes = {lease.delivery.change for lease in leases if lease.delivery.change not in OVER}
    leading = (fresh or over)[0]
    return msgspec.structs.replace(
        message,
        change=Transition.OPENED if changes - {Transition.NOTIFIED} else Transition.NOTIFIED,
        severity=leading.severity if fresh else Severity.SEV4,
        topic="group",
        topic_name="Group",
        headline=wording.fitted(
            message.brand or "Tocsin", None, f"{what}, worst {leading.severity.value}: {leading.topic_name}"
        ),
        title=f"{what} of {shared}" if shared else what,
        why=" ".join(f"{head}{_listed(some)}." for head, some in parts if some),
    )


def _ranked(incidents: Sequence[Incident]) -> list[Incident]:
    return sorted(incidents, key=lambda incident: (incident.severity, incident.opened_at))


def _besides(rising: Sequence[str]) -> str:
    """What stands on the watch list, after the incidents; empty where nothing does.

    >>> _besides(["Delivery (about once in 2 weeks)"])
    ' Rising, and nobody was paged: Delivery (about once in 2 weeks).'
    """
    left = len(rising) - MAX_RISING
    more = f", and {left} more" if left > 0 else ""
    return f" Rising, and nobody was paged: {', '.join(rising[:MAX_RISING])}{more}." if rising else ""


def _line(incident: Incident) -> str:
    headline = wording.headline(incident.topic_name, incident.brand, incident.evidence, incident.direction)
    state = "" if incident.state is IncidentState.TRIGGERED else f" ({incident.state.value})"
    return f"{incident.severity.value} {headline}{state}"
