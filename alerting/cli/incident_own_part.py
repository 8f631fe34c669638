"""Our own part in an incident, as tables on a terminal."""

from typing import Any

from alerting.cli.tables import minute, show_table


def show_own_part(found: dict[str, Any]) -> None:
    """What we ourselves said and what that drew, as the API answers it; nothing where nobody looked."""
    part = found.get("own_part")
    if part is None:
        return
    rows = [*_waits(part["waits"]), *_canned(part["canned"]), *_helping(part["helping"])]
    if part["replies"] is None:
        rows.insert(0, ("our replies", "not in the stream"))
    show_table(f"\nOur own part at {minute(part['at'])} UTC", ("", ""), rows, empty="")
    backlash = [
        (
            minute(one["reply"]["at"]),
            one["reply"]["url"] or one["reply"]["mention"],
            f"{'' if one['exact'] else 'about '}{one['answers']:,}, usual {one['expected']:.1f}",
            f"{one['negative']} of {one['scored']}",
            "unknown" if one["likes"] is None else one["likes"],
            one["reply"]["text"],
        )
        for one in part["backlash"]
    ]
    columns = ("at (UTC)", "our reply", "answers", "negative", "likes", "text")
    show_table("\nReplies of ours that draw anger", columns, backlash, empty="")
    templates = [
        (one["here"], one["today"], one["declared"] or "by likeness", one["example"]["text"])
        for one in (part["canned"] or {}).get("templates", [])
    ]
    show_table("\nTemplates", ("here", "last day", "known", "text"), templates, empty="")


def _waits(waits: dict[str, Any] | None) -> list[tuple[str, str]]:
    if waits is None:
        return []
    between = "" if waits["low"] == waits["high"] else f" ({waits['low']:,.0f} to {waits['high']:,.0f})"
    rows = [("complaints unanswered", f"{waits['unanswered']:,.0f}{between} of {waits['complaints']:,.0f}")]
    rows += [("waits longest", f"{one['mention']}, since {minute(one['since'])} UTC") for one in waits["waiting"]]
    if waits["median_seconds"] is not None:
        rows.append(("median time to an answer", f"{waits['median_seconds'] / 60:,.1f} min, of {waits['answered']}"))
    return rows


def _canned(canned: dict[str, Any] | None) -> list[tuple[str, str]]:
    if canned is None:
        return []
    return [
        ("canned since it began", f"{canned['here_canned']:,} of {canned['here']:,} replies"),
        ("canned in the last day", f"{canned['today_canned']:,} of {canned['today']:,} replies"),
    ]


def _helping(helping: dict[str, Any] | None) -> list[tuple[str, str]]:
    if helping is None:
        return []
    told = f"{helping['helped']} of {helping['looked_at']} complaints, by {helping['helpers']}"
    return [("helped by customers", f"{told}, {helping['thanked']} thanked")]
