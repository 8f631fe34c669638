"""Messages as the outbox would hand them to a notifier."""

from datetime import datetime, timedelta

import msgspec

from alerting.incidents.model import Severity, Transition
from alerting.notifiers.base import Fact, Message
from streams.events import Direction, Driver, Sample
from tests.fakes.clock import START

HEADLINE = "Acme refunds: 143 mentions/min, usually 29 to 46"


def message(change: Transition = Transition.OPENED, *, revision: int = 1, at: datetime = START) -> Message:
    """A crisis about refunds that opened at `START`."""
    return Message(
        incident="inc_01HZY3V6Q2K8M4N5P6R7S8T9AB",
        dedup_key="tocsin/inc_01HZY3V6Q2K8M4N5P6R7S8T9AB",
        revision=revision,
        change=change,
        severity=Severity.SEV2,
        direction=Direction.CRISIS,
        topic="acme-refunds",
        topic_name="Acme refunds",
        headline=HEADLINE,
        title="Anger about refunds",
        why="3.4 times as many mentions as usual, 71 % of them negative",
        odds="about once in 40 weeks for this topic",
        facts=(Fact("143/min", "usually 29 to 46"), Fact("71 %", "negative, usually 30 %")),
        opened_at=START,
        onset_at=START - timedelta(minutes=4),
        at=at,
        brand="Acme",
        owner="payments",
        url="https://tocsin.acme.test/incidents/inc_01HZY3V6Q2K8M4N5P6R7S8T9AB",
        drivers=(Driver("refund", 120, 11.5), Driver("app crashed", 40, 2.0)),
        samples=(Sample("x:1", "Still no refund", START, polarity=-0.7, author="Jo", followers=1200),),
    )


def tainted(text: str, change: Transition = Transition.OPENED, *, revision: int = 1) -> Message:
    """A message with `text` in every field that holds a text."""
    sample = Sample(text, text, START, author=text, url=text, lang=text, content_type=text)
    return msgspec.structs.replace(
        message(change, revision=revision),
        topic=text,
        topic_name=text,
        headline=text,
        title=text,
        why=text,
        odds=text,
        facts=(Fact(text, text),) * 12,
        brand=text,
        owner=text,
        actor=text,
        acknowledged_by=text,
        note=text,
        statement=text,
        assignee=text,
        said=text,
        answers=text,
        grouped=text,
        drivers=(Driver(text, 5, 1.0), Driver(text, 5, 1.0, 4.0, text, text)) * 16,
        samples=(sample,) * 8,
        excess=40.0,
        insights=(Fact(text, text),) * 12,
    )
