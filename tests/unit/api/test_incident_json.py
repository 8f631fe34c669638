import json

import msgspec

from alerting.api.incident_json import IncidentJson
from alerting.api.responses import IncidentPage
from alerting.incidents.store import Page
from tests.fakes.clock import START
from tests.fakes.storyboard import storyboard

INCIDENTS = tuple(storyboard(START).incidents.values())


def test_a_page_is_written_as_its_model_says() -> None:
    page = Page(INCIDENTS, next_cursor='a"b')
    written = IncidentJson()

    first, again = written.page(page), written.page(page)

    assert first == again == IncidentPage.model_validate(page).model_dump_json().encode()


def test_an_empty_page_is_a_page() -> None:
    assert json.loads(IncidentJson().page(Page((), None))) == {"incidents": [], "next_cursor": None}


def test_whatever_changes_in_an_incident_is_shown_though_its_revision_stays() -> None:
    written = IncidentJson()
    written.page(Page(INCIDENTS, None))
    erased = msgspec.structs.replace(
        INCIDENTS[0], evidence=msgspec.structs.replace(INCIDENTS[0].evidence, samples=(), observed=3)
    )

    shown = json.loads(written.page(Page((erased,), None)))["incidents"][0]

    assert (shown["revision"], shown["evidence"]["samples"]) == (INCIDENTS[0].revision, [])


def test_what_is_forgotten_for_room_is_written_anew() -> None:
    cramped = IncidentJson(most_bytes=1)

    pages = [cramped.page(Page((incident,), None)) for incident in (*INCIDENTS, *INCIDENTS)]

    assert pages[: len(INCIDENTS)] == pages[len(INCIDENTS) :]
