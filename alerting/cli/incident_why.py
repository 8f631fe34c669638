"""Why an incident is one, as tables on a terminal: drivers that add up, where, who, in whose words."""

from typing import Any

from alerting.cli.tables import minute, show_table
from alerting.incidents.wording import odds, signed


def show_why(found: dict[str, Any]) -> None:
    """The evidence of an incident as the API answers it; nothing where nothing was split."""
    evidence = found.get("evidence") or {}
    drivers = [
        (driver["term"], driver["kind"], driver["tone"], signed(driver["contribution"]), _first(driver["first"]))
        for driver in evidence.get("drivers", [])
        if driver.get("contribution") is not None
    ]
    excess = evidence.get("excess")
    if excess is None:
        return
    drivers.append(("everything else", "", "", signed(excess["other"]), ""))
    whole = signed(excess["mentions"] - excess["expected"])
    until = (
        f"; as of {minute(found['last_detection_at'])}, the last detection" if found.get("last_detection_at") else ""
    )
    title = f"\nWhat drives it: {whole} mentions since {minute(excess['since'])} UTC{until}"
    show_table(title, ("driver", "kind", "tone", "adds", "first said"), drivers, empty="")
    splits = [
        (split["by"], ", ".join(f"{place} {signed(part)}" for place, part in list(split["parts"].items())[:4]))
        for split in evidence.get("splits", [])
    ]
    show_table("\nWhere", ("by", "mentions above expected"), splits, empty="")
    carriers = [
        (carrier["name"] or carrier["key"], carrier["kind"], carrier["followers"], carrier["mentions"], _rest(carrier))
        for carrier in evidence.get("carriers", [])
    ]
    show_table("\nWho carries it", ("account", "kind", "followers", "mentions", "without it"), carriers, empty="")
    show_table(
        "\nWhat will become of it",
        ("of", "so far", "in the end", "80 of 100 times", "to double"),
        _ahead(evidence),
        empty="",
    )
    organic = evidence.get("organic")
    if organic and organic["coordinated"]:
        told = [(reason,) for reason in organic["reasons"]]
        show_table(f"\nAbout {organic['share']:.0%} speak for themselves", ("because",), told, empty="")
    quotes = [
        (minute(sample["published_at"]), sample["key"], f"{sample['text']}{_fate(sample)}")
        for sample in evidence.get("verbatims", [])
    ]
    show_table("\nIn their words", ("at (UTC)", "mention", "text"), quotes, empty="")


def facts_of_others(found: dict[str, Any]) -> None:
    """What other topics and earlier incidents say; nothing where they say nothing."""
    rows = []
    if found.get("owned_because"):
        rows.append(("owner", f"{found['owner']}, {found['owned_because']}"))
    rows += _heard(found.get("contacts"))
    peers = found.get("peers")
    if peers:
        rising, calm = peers["rising"], peers["calm"]
        rows.append(
            (f"peers, {peers['group']}", f"rising: {', '.join(rising) or 'none'}; calm: {', '.join(calm) or 'none'}")
        )
    for share in found.get("evidence", {}).get("peers", []):
        usual = f"{share['observed']} mentions, usually {share['expected']:.0f}"
        rows.append((share["topic"], f"{usual}; {odds(share['false_pages_per_week'])}"))
    if rows:
        show_table("\nWhat others say", ("", ""), rows, empty="")


def _heard(contacts: dict[str, Any] | None) -> list[tuple[str, str]]:
    """What the contact centre hears, and how many are silent."""
    if contacts is None:
        return []
    rows = [("contact centre", contacts["standing"].replace("_", " "))]
    for one in contacts["reasons"]:
        lag = f", {_span(one['lag'])} min behind the posts" if one["lag"] else ""
        rows.append(
            (f'calls: "{one["reason"]}"', f"{one['contacts']}, usual {one['expected']}{lag} ({one['because']})")
        )
    if contacts["next_hour"]:
        usual = contacts.get("next_hour_usual")
        beside = "" if usual is None else f", usual {usual:,.0f}"
        rows.append(("calls in the next hour", f"{_span(contacts['next_hour'])}{beside}"))
    if contacts["silent"]:
        days = f", {contacts['days']} days of calls" if contacts["days"] else ""
        rows.append(("spoke, called", f"{contacts['speakers']}, {contacts['called']}"))
        rows.append(("hit and silent", f"{_span(contacts['silent'])} (from {contacts['basis']}{days})"))
        if contacts["source"]:
            rows.append(("shares from", contacts["source"]))
    return rows


def _span(span: dict[str, float]) -> str:
    return f"{span['middle']:,.0f} ({span['low']:,.0f} to {span['high']:,.0f})"


def _ahead(evidence: dict[str, Any]) -> list[tuple[str, int, int, str, str]]:
    found = [("the event, above usual", evidence["forecast"])] if evidence.get("forecast") else []
    found += [(post["author"] or post["key"], post["forecast"]) for post in evidence.get("posts", [])]
    return [
        (name, told["so_far"], told["final"], f"{told['low']} to {told['high']}", f"{told['doubling']:.0%}")
        for name, told in found
    ]


def _first(origin: dict[str, Any] | None) -> str:
    return "" if origin is None else f"{minute(origin['at'])} {origin['author'] or ''} {origin['key']}"


def _rest(carrier: dict[str, Any]) -> str:
    return f"{carrier['without']} left: no spike" if carrier["decisive"] else f"{carrier['without']} left"


def _fate(sample: dict[str, Any]) -> str:
    return f" ({sample['fate']} since)" if sample.get("fate") else ""
