import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from alerting.incidents.lifecycle import acknowledge, apply_detection, resolve
from alerting.incidents.model import Incident, IncidentState, Transition
from alerting.message import drill, message_about
from streams.topic import Topic
from tests.fakes.clock import START
from tests.fakes.detections import detection, evidence

TOPIC = Topic(id="refunds", name="Refunds", query="refund", brand="Acme", owner="Payments")


def opened() -> Incident:
    incident = apply_detection(None, detection(seen=evidence(reach=1_900_000)), TOPIC, START).incident
    assert incident is not None
    return incident


def test_a_message_carries_four_facts_and_the_evidence_of_mentions_apart() -> None:
    message = message_about(opened(), Transition.OPENED, START, public_url="https://tocsin.example.com/")

    assert [(fact.value, fact.label) for fact in message.facts] == [
        ("143/min", "expected 29 to 46"),
        ("-0.52", "sentiment, was -0.08"),
        ("72%", "negative, usually 31%"),
        ("1.9 M", "reach"),
    ]
    assert message.url == f"https://tocsin.example.com/incidents/{message.incident}"
    assert [driver.term for driver in message.drivers] == ["refund pending"]
    assert [sample.text for sample in message.samples] == ["<!channel> where is my refund"]


def test_the_actor_is_whoever_made_this_change() -> None:
    taken = acknowledge(opened(), "Kim", START).incident
    assert taken is not None
    over = resolve(taken, "Lee", START).incident
    assert over is not None

    changes = (Transition.ACKNOWLEDGED, Transition.RESOLVED, Transition.GREW)
    assert [message_about(over, change, START).actor for change in changes] == ["Kim", "Lee", None]
    assert message_about(over, Transition.RESOLVED, START).headline == "Acme Refunds: resolved, peaked at 143/min"


def test_what_was_merged_into_an_older_one_says_so_and_leads_there() -> None:
    over = msgspec.structs.replace(
        opened(), state=IncidentState.RESOLVED, resolved_at=START, resolved_by="Maya", merged_into="inc_older"
    )

    message = message_about(over, Transition.RESOLVED, START, public_url="https://tocsin.example.com")

    assert "merged into an older incident" in message.headline
    assert message.why == "Goes on as inc_older."
    assert message.url == "https://tocsin.example.com/incidents/inc_older"


def test_without_a_public_address_there_is_no_link() -> None:
    assert message_about(opened(), Transition.OPENED, START).url is None


@given(st.text(max_size=500))
@example("0" * 51)
def test_a_drill_says_that_it_is_one_whatever_the_receiver_is_called(receiver: str) -> None:
    message = drill(receiver, START)

    assert message.test
    assert message.headline.startswith("Tocsin drill: ")
    assert len(message.headline) <= 80
    assert message.headline.isprintable()
