"""The demo's world: a fictitious shop whose app update breaks refunds."""

from typing import Final

import msgspec

from streams.simulate.scenario import EventKind, Scenario, SimulatedEvent, SimulatedTopic, Voice

BRAND: Final = "Arvella"
BRANDS: Final = ("arvella", "norvane", "castelo", "brimholt", "quillon", "tesmar", "ovanda", "lindhal")

_WHEN: Final = ("today", "this morning", "yesterday", "last night", "again", "since Monday", "this week")
_ITEM: Final = ("jacket", "lamp", "kettle", "sneakers", "desk", "headphones", "coat", "rug", "backpack")

_REFUNDS: Final = Voice(
    negative=(
        "{brand} refund for my {item} is slow, not happy",
        "Why is the {brand} refund form so confusing? Annoying",
        "Disappointed with {brand}, refund for the {item} came up short",
    ),
    neutral=(
        "Does {brand} refund to the card or as a voucher?",
        "Sent the {item} back {when}, now the {brand} refund is on its way",
        "How long does a {brand} refund take usually?",
    ),
    positive=(
        "{brand} refund for the {item} arrived in two days, great service",
        "Easy refund at {brand}, thanks, love it",
    ),
    slots={"item": _ITEM, "when": _WHEN},
)
_OUTAGE: Final = Voice(
    negative=(
        "Refund from @{brand} pending for 9 days and the support chat closed. This is awful",
        "{when} the {brand} app update broke my refund. Pending for 9 days, support chat closed on me. Terrible",
        "Where is my money @{brand}?? Refund for the {item} pending for 9 days. Worst service ever",
        "Since the app update my {brand} refund shows as never received. Angry",
        "@{brand} support chat closed again, refund pending for 9 days. Is this a scam?",
        "{brand} took the {item} back and the refund is gone from the app. Horrible, never again",
    ),
    neutral=("Anybody else with a {brand} refund pending since the app update?",),
    positive=("At least the {brand} phone line was kind about the refund",),
    slots={"item": _ITEM, "when": _WHEN},
)
_DELIVERY: Final = Voice(
    negative=(
        "{brand} delivery late {when}, annoyed",
        "Courier left my {brand} parcel in the rain, broken {item}, bad",
    ),
    neutral=("{brand} delivery for the {item} is due {when}", "Tracking says my {brand} parcel is out for delivery"),
    positive=("{brand} delivery came early, the {item} is great", "Super fast {brand} delivery {when}, thank you"),
    slots={"item": _ITEM, "when": _WHEN},
)
_LOGIN: Final = Voice(
    negative=(
        "Locked out of the {brand} app {when}, login fails, frustrating",
        "{brand} login code never arrives, useless",
    ),
    neutral=("How do I change my {brand} login?", "The {brand} app asks me to login {when}"),
    positive=("New {brand} login with face unlock is really nice",),
    slots={"when": _WHEN},
)
_STORES: Final = Voice(
    negative=("Long queue at the {brand} store {when}, bad",),
    neutral=(
        "Is the {brand} store in town open {when}?",
        "Passing the {brand} store, they have the {item} in the window",
    ),
    positive=("Lovely staff at the {brand} store, got my {item}", "The new {brand} store looks beautiful"),
    slots={"item": _ITEM, "when": _WHEN},
)
_CAMPAIGN: Final = Voice(
    negative=("That {brand} spring campaign is boring",),
    neutral=("Saw the {brand} spring campaign {when}", "What is the song in the {brand} spring campaign?"),
    positive=(
        "The {brand} spring campaign made me smile, love the dog",
        "Best ad {when}: {brand} spring campaign, so good",
    ),
    slots={"when": _WHEN},
)
_CHIEF: Final = Voice(
    negative=("{brand} chief executive earns too much, shame",),
    neutral=("{brand} chief executive speaks at the retail summit {when}",),
    positive=("Good interview with the {brand} chief executive",),
    slots={"when": _WHEN},
)
_RECALL: Final = Voice(
    negative=("Is the {brand} {item} recall still on? Worried",),
    neutral=("{brand} recall notice for the {item} from last year",),
    positive=("{brand} handled the {item} recall well, good",),
    slots={"item": _ITEM},
)

_TOPICS: Final = (
    SimulatedTopic("refunds", "Refunds", 'arvella AND (refund* OR "money back")', 12.0, _REFUNDS, owner="payments"),
    SimulatedTopic(
        "delivery", "Delivery", "arvella AND (deliver* OR parcel OR courier)", 26.0, _DELIVERY, owner="logistics"
    ),
    SimulatedTopic("app-login", "App login", "arvella AND login", 9.0, _LOGIN, owner="app"),
    SimulatedTopic(
        "stores", "Stores", "arvella AND store*", 8.0, _STORES, owner="retail", negative=0.15, positive=0.35
    ),
    SimulatedTopic(
        "spring-campaign",
        "Spring campaign",
        'arvella AND "spring campaign"',
        14.0,
        _CAMPAIGN,
        owner="brand",
        negative=0.1,
        positive=0.45,
    ),
    SimulatedTopic("recall", "Recall", "arvella AND recall", 0.3, _RECALL, owner="safety"),
    SimulatedTopic("chief-executive", "Chief executive", 'arvella AND "chief executive"', 0.8, _CHIEF, owner="comms"),
)

_CHATTER: Final = (
    "Coffee first, then the world",
    "Anyone watching the match tonight?",
    "The train is late and it rains",
    "Our cat has learned to open doors",
    "New song on repeat all day",
    "What a sunset over the harbour",
)


def refund_outage(*, crisis_after_seconds: float, chatter_per_minute: float = 1200.0) -> Scenario:
    """A usual day at the shop until, `crisis_after_seconds` into the stream, refunds stop arriving."""
    outage = SimulatedEvent(
        kind=EventKind.CRISIS,
        topic="refunds",
        at_seconds=crisis_after_seconds,
        factor=30.0,
        ramp_seconds=5.0,
        hold_seconds=240.0,
        fade_seconds=120.0,
        negative=0.9,
        positive=0.02,
        voice=_OUTAGE,
    )
    return Scenario(BRAND, _TOPICS, (outage,), chatter_per_minute, _CHATTER)


def towns(brands: int, per_minute: float = 1.0) -> tuple[tuple[SimulatedTopic, ...], ...]:
    """The shop's subjects, each once for every brand; the first brand is the shop's.

    Args:
        brands: How many, 1 to 8.
        per_minute: What the rates are multiplied with.
    """
    return tuple(
        tuple(
            msgspec.structs.replace(
                topic,
                id=f"{brand}-{topic.id}",
                name=f"{brand.capitalize()} {topic.name.lower()}",
                query=topic.query.replace(BRAND.lower(), brand),
                per_minute=topic.per_minute * per_minute,
            )
            for brand in BRANDS[:brands]
        )
        for topic in _TOPICS
    )
