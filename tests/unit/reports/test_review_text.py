"""A review as Markdown."""

import msgspec
import pytest
from markdown_it import MarkdownIt

from alerting.incidents.model import Incident, TimelineEntry, Transition
from alerting.incidents.outline import outline_of
from alerting.reports.aftermath import aftermath
from alerting.reports.review import Review, review_of
from alerting.reports.review_text import review_text
from streams.events import Driver, Sample
from streams.findings import Excess, Forecast, Origin, PostForecast
from tests.fakes.clock import START
from tests.fakes.hostile import HOSTILE, Hostile, assert_inert_in_html
from tests.fakes.storyboard import REFUNDS, evidence_of, incident_at


def reviewed(incident: Incident, *timeline: TimelineEntry, mask: tuple[str, ...] = ()) -> Review:
    return review_of(
        incident,
        timeline=timeline,
        deliveries=None,
        judgements=(),
        earlier=(msgspec.structs.replace(outline_of(incident), id="inc_0"),),
        after=aftermath(None, START, (), (), reopened_at=(), again=(), now=START),
        mask=mask,  # type: ignore[arg-type]  # as the configuration checks them
        now=START,
    )


def poisoned(text: str) -> Review:
    drivers = (Driver(text, 9, 1.0, 8.0, "phrase", "negative"),)
    evidence = msgspec.structs.replace(
        evidence_of(START), drivers=drivers, samples=(), verbatims=(Sample(text, text, START),)
    )
    incident = msgspec.structs.replace(
        incident_at(START), title=text, why=text, topic=text, topic_name=text, owner=text, brand=text, evidence=evidence
    )
    return reviewed(incident, TimelineEntry(REFUNDS, START, Transition.COMMENTED, text, text))


def test_says_what_is_unknown_and_never_nothing() -> None:
    document = review_text(reviewed(incident_at(START)))

    assert "**Preliminary:**" in document
    assert "| acknowledged | unknown | unknown | unknown | nobody acknowledged it |" in document
    assert "No longer kept." in document
    assert "Not fixed yet." in document


def test_names_what_it_is_like_and_by_which_rule() -> None:
    document = review_text(reviewed(incident_at(START)))

    assert "- 100% 2026-01-05" in document
    assert "60 % words of the drivers in common, 25 % topics in common, 15 % the same kind" in document


def test_personal_data_is_masked_as_configured_in_what_mentions_and_people_said() -> None:
    text = "call +44 20 7946 0958"
    evidence = msgspec.structs.replace(evidence_of(START), samples=(Sample("x:1", text, START),))
    said = TimelineEntry(REFUNDS, START, Transition.COMMENTED, "jo", f"jo: {text}")

    shown = review_text(reviewed(incident_at(START, evidence=evidence), said, mask=("phone",)))

    assert "7946" not in shown
    assert shown.count("call \\[phone\\]") == 3  # the quote, what jo said, and what happened


def test_the_id_of_a_mention_is_no_card_and_no_phone_number() -> None:
    card = "4111111111111111"  # its check digit is right
    origin, spread = Origin(f"x:{card}", START), PostForecast(f"x:{card}", Forecast(50, 80, 60, 120, 0.2))
    evidence = msgspec.structs.replace(
        evidence_of(START),
        excess=Excess(START, 90, 9.0, 1.0, 80),
        drivers=(Driver(f"pay {card} now", 9, 1.0, 8.0, "phrase", "negative", origin),),
        posts=(spread,),
    )

    shown = review_text(reviewed(incident_at(START, evidence=evidence), mask=("card", "phone")))

    assert shown.count(f"x:{card}") == 2  # where it began, and what spreads
    assert shown.count("pay \\[card\\] now") == 2  # the driver, and what was first said
    assert shown.count(card) == 2


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_no_hostile_text_becomes_markup(hostile: Hostile) -> None:
    document = review_text(poisoned(hostile.text))

    html = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").render(document)
    assert_inert_in_html(html)
    assert "<a " not in html
    assert "<img" not in html
    assert "@" not in document
