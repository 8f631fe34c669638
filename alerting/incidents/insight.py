"""What stands behind an incident, line by line: where, who, since when. Pure.

Unlike `wording`, these lines quote mentions: names and terms in them are hostile and are escaped wherever they leave.
"""

from typing import Final, NamedTuple

from alerting.incidents import own_part_words, wording
from alerting.incidents.contact_findings import told
from alerting.incidents.model import Incident
from streams.events import Direction, Evidence
from streams.findings import Carrier, Driver, Forecast, PeerShare, PostForecast, Split

_NAME_CHARACTERS: Final = 60
ID_CHARACTERS: Final = 60  # of a mention's `platform:id`
_WORTH_TELLING: Final = 0.3
_MOST_PEERS: Final = 8
_NAMES: Final = {"platform": "platform", "channel": "kind", "region": "region", "language": "language", "author": "by"}
_AUTHORS: Final = {
    "media": "media",
    "verified": "verified accounts",
    "large": "large accounts",
    "new": "new accounts",
    "ordinary": "ordinary accounts",
    "brand": "our own replies",
}


class Insight(NamedTuple):
    """One line: what it is about, and what is to be said; hostile."""

    label: str
    text: str


def insights(evidence: Evidence, direction: Direction) -> tuple[Insight, ...]:
    """What can be told beyond drivers and counts, the most telling first; empty where nothing was split."""
    if direction is Direction.QUIET or evidence.excess is None:
        return ()
    found = [
        Insight("Not all are people", _organic(evidence)),
        Insight("Where", _where(evidence.splits)),
        Insight("Carried by", _carried(evidence.carriers)),
        Insight("Forecast", _forecast(evidence.forecast)),
        Insight("Thank these people" if direction is Direction.VIRAL else "Spreads", _posts(evidence.posts)),
        Insight("Began with", _began(evidence.drivers)),
    ]
    return tuple(insight for insight in found if insight.text)


def insights_of(incident: Incident) -> tuple[Insight, ...]:
    """Those of the incident, and what we said, other topics, earlier incidents and the contact centre say."""
    ours = [] if incident.own_part is None else [Insight(*line) for line in own_part_words.told(incident.own_part)]
    worst = [line for line in ours if line.label == own_part_words.BACKLASH]
    found = [
        *worst,
        *([] if incident.contacts is None else [Insight(*line) for line in told(incident.contacts)]),
        *(line for line in ours if line not in worst),
        Insight("Only us?", "" if incident.peers is None else str(incident.peers)),
        Insight("Each brand", "; ".join(map(_share, incident.evidence.peers[:_MOST_PEERS]))),
        Insight(
            "Owner",
            f"{wording.plain(incident.owner or '')}, {incident.owned_because}" if incident.owned_because else "",
        ),
    ]
    return (*(line for line in found if line.text), *insights(incident.evidence, incident.direction))


def driver_line(driver: Driver, excess: float) -> str:
    """A driver with what it adds: `"charged twice" +52 of +72`.

    >>> driver_line(Driver("charged twice", 53, 0.4, 52.6, "phrase"), 71.6)
    '"charged twice" +53 of +72'
    """
    added = driver.mentions - driver.expected if driver.contribution is None else driver.contribution
    of = f" of {excess:+,.0f}" if driver.contribution is not None and excess >= 1 else ""
    return f'"{wording.plain(driver.term, _NAME_CHARACTERS)}" {added:+,.0f}{of}'


def excess_of(evidence: Evidence) -> float:
    """Mentions above expectation: since the event began where that is known, else in the deciding window."""
    if evidence.excess is not None:
        return evidence.excess.mentions - evidence.excess.expected
    return evidence.observed - evidence.expected


def _share(peer: PeerShare) -> str:
    """A member of a group beside its own past: `delta 48, usually 20, 70% negative, usually 45%`."""
    line = f"{peer.topic} {peer.observed:,}, usually {wording.count(peer.expected)}"
    if not peer.rising or peer.negative_share is None or peer.negative_share_expected is None:
        return line
    return f"{line}, {peer.negative_share:.0%} negative, usually {peer.negative_share_expected:.0%}"


def _where(splits: tuple[Split, ...]) -> str:
    told = []
    for split in splits:
        whole = sum(split.parts.values())
        place, most = next(iter(split.parts.items()), ("", 0.0))
        if whole < 1 or place in {"other", "unknown"} or most < _WORTH_TELLING * whole:
            continue
        if split.by in {"channel", "language"} and most > 0.999 * whole:
            continue  # all of one kind says nothing
        name = _AUTHORS.get(place, place) if split.by == "author" else wording.plain(place, _NAME_CHARACTERS)
        told.append(f"{min(most / whole, 1.0):.0%} {_NAMES[split.by]} {name}")
    return ", ".join(told)


def _carried(carriers: tuple[Carrier, ...]) -> str:
    return "; ".join(_carrier(carrier) for carrier in carriers[:2])


def _carrier(carrier: Carrier) -> str:
    name = wording.plain(carrier.name or carrier.key, _NAME_CHARACTERS)
    about = [carrier.kind] if carrier.kind not in {"unknown", "ordinary"} else []
    if carrier.followers is not None:
        about.append(f"{wording.count(carrier.followers)} followers")
    known = f" ({', '.join(about)})" if about else ""
    line = f"{name}{known}: {carrier.mentions:,} mentions, {carrier.without:,} without"
    return f"{line}: without this account there is no spike" if carrier.decisive else line


def _began(drivers: tuple[Driver, ...]) -> str:
    first = next((driver for driver in drivers if driver.first is not None), None)
    if first is None or first.first is None:
        return ""
    who = f" by {wording.plain(first.first.author, _NAME_CHARACTERS)}" if first.first.author else ""
    return (
        f'"{wording.plain(first.term, _NAME_CHARACTERS)}" was first said{who} at {first.first.at:%H:%M:%S} UTC '
        f"({wording.plain(first.first.key, ID_CHARACTERS)})"
    )


def _organic(evidence: Evidence) -> str:
    organic = evidence.organic
    if organic is None or not organic.coordinated:
        return ""
    return f"about {organic.share:.0%} speak for themselves; {'; '.join(organic.reasons)}"


def _forecast(told: Forecast | None) -> str:
    if told is None:
        return ""
    line = (
        f"about {wording.count(told.final)} above usual in all (80 of 100 times {wording.count(told.low)} to "
        f"{wording.count(told.high)}), {wording.count(told.so_far)} so far; {told.doubling:.0%} chance to double"
    )
    if told.past_peak:
        return f"{line}; past its peak"
    if told.to_peak_seconds is not None:
        return f"{line}; peak in about {wording.duration(told.to_peak_seconds)}"
    return line


def _posts(posts: tuple[PostForecast, ...]) -> str:
    told = []
    for post in posts[:2]:
        who = wording.plain(post.author, _NAME_CHARACTERS) if post.author else wording.plain(post.key, ID_CHARACTERS)
        said = f' "{wording.plain(post.text, _NAME_CHARACTERS)}"' if post.text else ""
        ahead = post.forecast
        told.append(f"{who}{said}: passed on {ahead.so_far:,} times, about {wording.count(ahead.final)} in the end")
    return "; ".join(told)
