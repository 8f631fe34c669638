"""Fifteen hours of customer care at four fictitious airlines, three of them with a crisis, then hours of calm."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from streams.mention import Mention
from streams.simulate.scenario import EventKind, Scenario, SimulatedEvent, SimulatedTopic, Voice
from streams.simulate.world import World

START: Final = datetime(2015, 3, 2, tzinfo=UTC)
LENGTH_SECONDS: Final = 15 * 3600
CRISES: Final = {"corvair": 4 * 3600.0, "lumen-air": 6 * 3600.0, "norvane": 8 * 3600.0}
_AIRLINES: Final = (*CRISES, "pelagia")
_GATE: Final = {"gate": ("A4", "B12", "C3", "D27", "E9"), "when": ("today", "tonight", "this morning")}


def topics() -> list[dict[str, Any]]:
    """The topics as a configuration file has them: one airline each, by the name people address."""
    return [{"id": airline, "name": airline.title(), "query": f"@{_handle(airline)}"} for airline in _AIRLINES]


def mentions(seed: int) -> Iterator[Mention]:
    """The stream, oldest first; every twentieth mention comes twice."""
    world = World(Scenario("", tuple(map(_topic, _AIRLINES)), tuple(map(_crisis, CRISES)), 0.0, ()), START, seed)
    for number, mention in enumerate(world.mentions(LENGTH_SECONDS)):
        said = msgspec.structs.replace(mention, platform="x")
        yield said
        if number % 20 == 0:
            yield said


def _handle(airline: str) -> str:
    return airline.replace("-", "")


def _topic(airline: str) -> SimulatedTopic:
    handle = _handle(airline)
    voice = Voice(
        negative=(f"@{handle} still waiting at gate {{gate}}, annoying", f"@{handle} my seat is broken, bad"),
        neutral=(f"@{handle} which gate {{when}}?", f"@{handle} do you fly to Lisbon {{when}}?"),
        positive=(f"@{handle} lovely crew {{when}}, thank you", f"@{handle} great flight out of {{gate}}"),
        slots=_GATE,
    )
    return SimulatedTopic(airline, airline.title(), f"@{handle}", 0.6, voice, daily_swing=0.1, roughness=0.1)


def _crisis(airline: str) -> SimulatedEvent:
    handle = _handle(airline)
    return SimulatedEvent(
        kind=EventKind.CRISIS,
        topic=airline,
        at_seconds=CRISES[airline],
        factor=20.0,
        ramp_seconds=60.0,
        hold_seconds=1500.0,
        fade_seconds=120.0,
        negative=0.9,
        positive=0.02,
        voice=Voice(
            negative=(
                f"@{handle} cancelled my flight {{when}}, nobody answers, terrible",
                f"@{handle} hours in the queue at {{gate}}, worst service ever",
                f"flight cancelled again @{handle}, awful, I want my money back",
            ),
            neutral=(f"@{handle} is flight out of {{gate}} cancelled {{when}}?",),
            positive=(f"@{handle} the agent at {{gate}} was kind",),
            slots=_GATE,
        ),
    )
