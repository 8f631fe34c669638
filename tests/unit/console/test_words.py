from datetime import timedelta

import msgspec
import pytest

from alerting.console import words
from alerting.console.pulse import Mood, Pulse
from alerting.incidents.delivery import Delivery, DeliveryState
from alerting.incidents.model import IncidentState, Transition
from tests.fakes.clock import START
from tests.fakes.storyboard import incident_at

DELIVERY = Delivery(
    id="d",
    incident="inc_1",
    incident_revision=1,
    receiver="payments",
    notifier="pagerduty:0",
    change=Transition.OPENED,
    state=DeliveryState.SENT,
    created_at=START,
    next_attempt_at=START,
    attempts=1,
    sent_at=START + timedelta(seconds=0.94),
    detail="payments on-call",
)


@pytest.mark.parametrize(
    ("state", "minutes", "expected"),
    [
        (IncidentState.TRIGGERED, 11, "11 min, unacknowledged"),
        (IncidentState.TRIGGERED, 0, "just now, unacknowledged"),
        (IncidentState.ACKNOWLEDGED, 48, "48 min, acknowledged by jo"),
        # Resolved five minutes ago, opened 65 minutes ago.
        (IncidentState.RESOLVED, 65, "resolved 11:55 by itself, after 60 min"),
    ],
)
def test_the_clock_says_how_long_and_whose(state: IncidentState, minutes: int, expected: str) -> None:
    assert words.stand(incident_at(START, state=state, minutes=minutes), START) == expected


def test_who_resolved_it_is_named() -> None:
    incident = msgspec.structs.replace(
        incident_at(START, state=IncidentState.RESOLVED, minutes=65), resolved_by="sam\x1b[31m"
    )

    assert words.stand(incident, START) == "resolved 11:55 by sam, after 60 min"


def test_who_was_told_what_and_how_fast_it_arrived() -> None:
    assert words.told(DELIVERY) == "payments on-call paged, PagerDuty"
    assert words.arrived(DELIVERY, START) == "arrived 12:00, 0.9 s"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"attempts": 3}, "arrived 12:00, 0.9 s, 3 tries"),
        ({"state": DeliveryState.PENDING, "attempts": 0, "sent_at": None}, "on its way"),
        (
            {
                "state": DeliveryState.PENDING,
                "attempts": 2,
                "next_attempt_at": START + timedelta(minutes=4),
                "reason": "503 from https://hooks.example.com/x",
            },
            "not yet, next try 12:04, 2 tries: 503 from hxxps://hooks[.]example[.]com/x",
        ),
        ({"state": DeliveryState.REJECTED, "reason": "channel_not_found"}, "never arrived: channel_not_found"),
        ({"state": DeliveryState.SUPERSEDED}, "replaced by a newer message"),
    ],
)
def test_whether_it_arrived_is_said_in_words(changes: dict[str, object], expected: str) -> None:
    delivery = msgspec.structs.replace(DELIVERY, **changes)

    assert words.arrived(delivery, START) == expected


def test_every_change_and_every_state_has_words() -> None:
    for change in Transition:
        assert words.told(msgspec.structs.replace(DELIVERY, change=change))
    for state in DeliveryState:
        assert words.arrived(msgspec.structs.replace(DELIVERY, state=state), START)


@pytest.mark.parametrize(
    ("pulse", "mood", "line"),
    [
        (Pulse(), Mood.UNKNOWN, "stream: nothing known yet"),
        (Pulse(mentions_per_second=0.0), Mood.WELL, "0.0 mentions/s"),
        (Pulse(mentions_per_second=2, seconds_behind=75), Mood.WORRIED, "2.0 mentions/s, 75 s behind"),
        (Pulse(mentions_per_second=20, feeds_well=1), Mood.WELL, "20 mentions/s, 1 feed well"),
        (Pulse(mentions_per_second=20, feeds_silent=("x", "y")), Mood.WORRIED, "20 mentions/s, silent: x, y"),
        (Pulse(trouble="Kafka does not answer"), Mood.WORRIED, "Kafka does not answer"),
    ],
)
def test_the_stream_is_summed_up_in_a_line(pulse: Pulse, mood: Mood, line: str) -> None:
    assert (pulse.mood, pulse.line) == (mood, line)
