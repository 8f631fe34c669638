"""Which playbook is about an incident, and what it says in one line."""

import msgspec
import pytest

from alerting.directives.notice import Notice, NoticeKind
from alerting.incidents.model import Incident, Transition
from alerting.incidents.playbook import Playbook, PlaybookClass
from alerting.incidents.sighting import new_incident
from alerting.message import message_about
from alerting.notifiers.slack_blocks import message_blocks
from alerting.playbook_settings import PlaybookSettings
from alerting.routing.playbooks import Playbooks
from streams.events import Driver
from tests.fakes.clock import START
from tests.fakes.detections import detection, evidence

PRAISE = PlaybookSettings(name="praise", kind="praise", matchers=("direction=viral",))
CRASH = PlaybookSettings(name="crash", kind="tragedy", drivers=(".*(crash|killed).*",), steps=("Hold posts",))
OUTAGE = PlaybookSettings(name="outage", kind="service_failure", notices=("outage",), matchers=("topic=refunds",))
ANY = PlaybookSettings(name="any", kind="product_fault")
NOTICE = Notice("ntc_1", NoticeKind.OUTAGE, ("refunds",), "Ops", "down", START, START, START, START)


def incident(*terms: str) -> Incident:
    seen = msgspec.structs.replace(evidence(), drivers=tuple(Driver(term, 9, 1.0) for term in terms))
    return new_incident(detection(seen=seen), None, START)


def found(settings: list[PlaybookSettings], about: Incident, *notices: Notice) -> str | None:
    playbook = Playbooks(settings).about(about, notices)
    return None if playbook is None else playbook.name


def test_the_first_that_is_about_it_is_taken() -> None:
    assert found([PRAISE, CRASH, OUTAGE, ANY], incident("refund pending")) == "any"
    assert found([PRAISE, CRASH, OUTAGE, ANY], incident("Bus CRASH")) == "crash"
    assert found([PRAISE, CRASH, OUTAGE, ANY], incident("refund pending"), NOTICE) == "outage"
    assert found([PRAISE, CRASH, OUTAGE], incident("refund pending")) is None


def test_why_it_is_about_it_quotes_no_word_of_a_mention() -> None:
    playbook = Playbooks([CRASH]).about(incident("<!channel> crash"), [])

    assert playbook is not None
    assert playbook.because == "one of its drivers matches"


def test_an_expression_of_a_playbook_is_checked_and_names_it() -> None:
    with pytest.raises(ValueError, match=r"crash: .*no regular expression"):
        Playbooks([PlaybookSettings(name="crash", kind="tragedy", drivers=("(",))])


def test_one_line_says_what_kind_what_first_and_who_decides() -> None:
    playbook = Playbook("a", PlaybookClass.SERVICE_FAILURE, ("Ask ops.", "Tell care"), decides="Duty manager")

    assert playbook.short == "Service failure. First: Ask ops. Decides: Duty manager."


def test_slack_shows_it_in_one_line_with_what_was_announced_and_harmless() -> None:
    playbook = Playbook("a", PlaybookClass.TRAGEDY, ("Tell <!channel>",), decides="*CEO*")
    about = msgspec.structs.replace(incident("crash"), playbook=playbook, announced=("Outage <!here>: down",))

    shown = str(message_blocks(message_about(about, Transition.OPENED, START)))

    assert "*Playbook:* Tragedy. First: Tell" in shown
    assert "*Announced:* Outage" in shown
    assert "<!channel>" not in shown
    assert "<!here>" not in shown
