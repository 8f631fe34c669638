"""Themes of complaints that Tocsin brings along, in English: words and phrases as anybody in the trade would list them.

A word may end with `*`, which stands for any ending; parts joined by ` + ` have to stand in the same mention, in any
order. Of several themes the more particular ones come first. Nothing of it was learned from data.
"""

from collections.abc import Mapping
from typing import Final

Themes = Mapping[str, tuple[str, ...]]

_BAGGAGE: Final = ("bag", "bags", "baggage", "luggage", "suitcase*", "stroller")
_LOST: Final = ("lost", "lose", "losing", "missing", "misplaced", "without", "find", "where", "locate", "delayed")
_HARMED: Final = ("damag*", "broke", "broken", "ripped", "torn", "cracked", "destroyed", "ruined", "wet")


def _pairs(these: tuple[str, ...], those: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{one} + {other}" for one in these for other in those)


_TRAVEL: Final[Themes] = {
    "damaged luggage": _pairs(_BAGGAGE, _HARMED),
    "lost luggage": (*_pairs(_BAGGAGE, _LOST), "baggage claim", "my bags", "my luggage", "our bags", "our luggage"),
    "cancelled trips": (
        *("cancelled", "canceled", "cancelling", "canceling", "cancellation*", "cancels"),
        *("called off", "rebooked", "rebook*"),
    ),
    "late trips": (
        *("late", "delay*", "tarmac", "runway", "still waiting", "hours late", "hour late", "behind schedule"),
        *("missed connection*", "missed my connection", "miss my connection", "missed our connection", "missed flight"),
        *(
            "missed my flight",
            "stuck on the plane",
            "sitting on the plane",
            "sitting at the gate",
            "waiting for a gate",
        ),
        *("no gate", "de-icing", "deicing", "mechanical*", "maintenance", "waiting for a crew", "waiting on a crew"),
        *("no pilot", "hour wait", "hours now", "stranded", "not taken off", "hasn't left"),
    ),
    "lines": ("long line", "long lines", "queue*", "in line", "line at", "lines at", "security line", "checkin line"),
    "crew and gate staff": (
        *("flight attendant*", "stewardess*", "steward", "attendant*", "cabin crew", "gate agent*", "gate staff"),
        *("ticket agent*", "captain", "pilot was", "crew was", "crew were"),
    ),
    "booking": (
        *("booking", "book a", "book my", "book flight*", "to book", "booked", "reservation*", "check in", "checkin"),
        *("change my flight", "change flight", "change my reservation", "flight change", "seat assignment*"),
        *("boarding pass*", "confirmation number", "frequent flyer number", "website", "site is", "app", "online"),
        *("error", "log in", "login", "password", "credit card", "promo code", "voucher code"),
    ),
    "on board": (
        *("seat", "seats", "legroom", "leg room", "wifi", "wi-fi", "tv", "entertainment", "dirty", "cramped"),
        *("uncomfortable", "bumpy", "turbulence", "no food", "no snacks", "no drinks", "ran out of", "cold plane"),
        *("overhead bin*", "air conditioning", "bathroom*", "lavatory", "old plane"),
    ),
}

_GENERAL: Final[Themes] = {
    "safety": (
        *("unsafe", "danger*", "injur*", "caught fire", "on fire", "smoke", "electric shock", "choking", "poison*"),
        *(
            "allerg*",
            "hospital",
            "recall*",
            "explod*",
            "overheat*",
            "burned",
            "burnt",
            "mould",
            "mold",
            "food poisoning",
        ),
    ),
    "data and fraud": (
        *("data breach", "breach", "hack*", "leaked", "phishing", "scam*", "fraud*", "identity theft", "unauthori*"),
        *("stolen data", "privacy", "spam"),
    ),
    "refunds and charges": (
        *("refund*", "money back", "reimburse*", "overcharg*", "charged twice", "double charged", "charged me"),
        *("billed", "bill", "invoice", "hidden fee*", "fee", "fees", "compensation", "voucher*", "chargeback"),
    ),
    "cancelled": ("cancelled", "canceled", "cancelling", "canceling", "cancellation*", "cancels", "called off"),
    "never arrived": (
        *("never arrived", "never came", "never received", "not received", "not arrived", "hasn't arrived"),
        *(
            "didn't arrive",
            "lost parcel",
            "lost package",
            "lost my",
            "missing parcel",
            "missing package",
            "went missing",
        ),
    ),
    "late": (
        *("late", "delay*", "overdue", "still waiting", "been waiting", "behind schedule", "taking forever"),
        *("takes forever", "waited", "waiting for", "hour wait", "hours wait", "weeks ago", "days late"),
    ),
    "broken": (
        *("broken", "broke", "damaged", "defect*", "faulty", "doesn't work", "does not work", "not working"),
        *("stopped working", "cracked", "ripped", "torn", "leaking", "fell apart", "falls apart", "poor quality"),
    ),
    "app and website": (
        *("website", "web site", "app", "login", "log in", "logged out", "password", "crash*", "error", "won't load"),
        *("outage", "offline", "server", "servers", "is down", "are down", "glitch*", "bug", "buggy", "update broke"),
    ),
    "staff": (
        *("rude", "unprofessional", "disrespect*", "attitude", "employee*", "manager", "staff", "yelled", "yelling"),
        *("arrogant", "impolite", "treated like", "treated me", "treated us"),
    ),
    "customer service": (
        *("customer service", "customer care", "customer support", "customer relations", "customer experience"),
        *("helpline", "call center", "call centre", "on hold", "hold for", "hung up", "hang up", "disconnected"),
        *("no answer", "no response", "no reply", "no one answers", "nobody answers", "can't get through"),
        *("get through", "call back", "called back", "phone", "speak to", "talk to", "respond", "response", "reply"),
        *("unhelpful", "no help", "not helpful", "ignored", "ignoring", "poor service", "bad service"),
        *("worst service", "terrible service", "horrible service", "awful service", "dm", "email*", "answer"),
    ),
    "queues": ("long line", "long lines", "queue*", "waiting in line", "stood in line", "standing in line"),
    "prices": ("expensive", "overpriced", "price*", "rip off", "rip-off", "ripoff", "price gouging", "cost more"),
}

THEME_SETS: Final[Mapping[str, Themes]] = {"travel": _TRAVEL, "general": _GENERAL}
"""By name; in this order where several are asked for, so that the trade's own words come first."""
