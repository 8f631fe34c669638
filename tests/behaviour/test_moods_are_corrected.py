"""A mention that was read wrongly is corrected on the incident's page, and kept as a label."""

import pytest

from alerting.directives.mood_label import MoodLabel, name_of
from tests.fakes.api_house import api_house, field, sign_in
from tests.fakes.clock import START
from tests.fakes.storyboard import REFUNDS, storyboard

LABELS = f"/api/v1/incidents/{REFUNDS}/labels"


async def test_a_correction_is_kept_as_a_label_with_what_was_read() -> None:
    async with api_house(store=storyboard(START)) as house:
        shown = (await house.store.get(REFUNDS)).evidence.samples[0]
        answer = await house.api.post_json(LABELS, {"mention": shown.key, "mood": "positive"})
        listed = (await house.api.get("/api/v1/labels")).json()["labels"]

    assert answer.status == 201
    (label,) = listed
    assert (label["mention"], label["mood"], label["text"], label["read"], label["author"], label["topic"]) == (
        shown.key,
        "positive",
        shown.text,
        shown.polarity,
        "jo",
        "refunds",
    )


async def test_the_newest_word_counts_and_every_word_stands_in_the_audit_trail() -> None:
    async with api_house(store=storyboard(START)) as house:
        mention = (await house.store.get(REFUNDS)).evidence.samples[0].key
        for mood in ("positive", "positive", "neutral"):
            await house.api.post_json(LABELS, {"mention": mention, "mood": mood})
        listed = (await house.api.get("/api/v1/labels")).json()["labels"]

    assert [label["mood"] for label in listed] == ["neutral"]
    (kept,) = [one for one in house.store.kept.values() if isinstance(one, MoodLabel)]
    assert [line.act for line in house.store.kept_lines if line.directive == kept.id] == ["mood.labelled"] * 2


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (LABELS, {"mention": "x:nobody-said-this", "mood": "positive"}, 404),
        ("/api/v1/incidents/inc_nothere/labels", {"mention": "x:1", "mood": "positive"}, 404),
        (LABELS, {"mention": "x:1", "mood": "furious"}, 422),
        (LABELS, {"mention": "", "mood": "neutral"}, 422),
        (LABELS, {"mood": "neutral"}, 422),
    ],
)
async def test_what_makes_no_sense_is_refused_and_nothing_is_kept(path: str, body: dict[str, str], status: int) -> None:
    async with api_house(store=storyboard(START)) as house:
        answer = await house.api.post_json(path, body)
        listed = (await house.api.get("/api/v1/labels")).json()["labels"]

    assert answer.status == status
    assert listed == []


async def test_the_page_says_how_a_mention_was_read_and_takes_the_correction_without_a_script() -> None:
    async with api_house(store=storyboard(START)) as house:
        mention = (await house.store.get(REFUNDS)).evidence.samples[0].key
        await sign_in(house.browser)
        page = await house.browser.get(f"/incidents/{REFUNDS}")
        form = {"csrf": field(page, "csrf"), "mention": name_of(mention), "following": f"/incidents/{REFUNDS}"}
        corrected = await house.browser.post_form(f"/incidents/{REFUNDS}/label", form | {"mood": "neutral"})
        refused = await house.browser.post_form(f"/incidents/{REFUNDS}/label", form | {"mood": "furious"})
        listed = (await house.api.get("/api/v1/labels")).json()["labels"]

    assert "read as negative" in page.text
    assert "Read wrongly?" in page.text
    assert corrected.status == 303
    assert refused.status == 422
    assert [label["mood"] for label in listed] == ["neutral"]
