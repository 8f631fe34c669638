from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from alerting.errors import DeliveryInDoubt, DeliveryRejected, DeliveryRetryable
from alerting.fakes.slack import FakeSlack
from alerting.incidents.model import Transition
from alerting.notifiers.base import Fact
from alerting.notifiers.slack import SlackNotifier
from alerting.notifiers.slack_blocks import message_blocks
from streams.events import Driver, Sample
from tests.fakes.clock import START, FakeClock
from tests.fakes.egress import LOOPBACK
from tests.fakes.messages import HEADLINE, message

TOKEN = "xoxb-of-the-test"
CHANNEL = "C0123456789"
LIMIT = 5.0


@asynccontextmanager
async def slack_with_notifier(
    clock: FakeClock, *, may_read: bool = True, channel: str = CHANNEL
) -> AsyncIterator[tuple[FakeSlack, SlackNotifier]]:
    async with FakeSlack(clock, token=TOKEN, may_read=may_read) as slack:
        notifier = SlackNotifier(channel=channel, token=TOKEN, api_url=slack.api_url, clock=clock, egress=LOOPBACK)
        try:
            yield slack, notifier
        finally:
            await notifier.close()


def methods(slack: FakeSlack) -> list[str]:
    return [call.method for call in slack.calls]


async def test_a_fresh_incident_is_posted_without_asking_for_history() -> None:
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        receipt = await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        assert methods(slack) == ["chat.postMessage"]
        assert receipt.reference is not None
        channel, _, ts = receipt.reference.partition(":")
        assert channel == CHANNEL
        assert ts == f"{START.timestamp():.6f}"


async def test_the_lock_screen_shows_the_headline_and_the_message_what_a_person_needs() -> None:
    async with slack_with_notifier(FakeClock(), channel="comms-now") as (slack, notifier):
        await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        (entry,) = slack.inbox.entries()
        assert slack.calls[0].arguments["text"] == HEADLINE
        assert entry.to == "#comms-now"
        assert entry.title == HEADLINE
        assert entry.url == message().url
        shown = "\n".join(entry.lines)
        assert "🟠 SEV2 · crisis · new · since 11:56 UTC" in shown
        assert "3.4 times as many mentions as usual" in shown
        assert "143/min\nusually 29 to 46" in shown
        assert "refund 120 (expected 12), app crashed 40 (expected 2)" in shown
        assert "“Still no refund”\nJo · 1,200 followers · 12:00 UTC" in shown
        assert (
            "Owner: payments · Topic: Acme refunds · Happens by chance about once in 40 weeks for this topic" in shown
        )


async def test_a_later_change_edits_the_message_and_is_told_in_its_thread() -> None:
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        first = await notifier.send(message(), reference=None, timeout_seconds=LIMIT)
        resolved = msgspec.structs.replace(message(Transition.RESOLVED, revision=2), actor="Ada")

        second = await notifier.send(resolved, reference=first.reference, timeout_seconds=LIMIT)

        (entry,) = slack.inbox.entries()
        assert second == first
        assert entry.edits == 1
        assert entry.lines[0].startswith("✅ SEV2 · crisis · resolved")
        assert [reply.text for reply in entry.replies] == ["✅ Resolved by Ada"]


async def test_what_ended_by_itself_names_nobody() -> None:
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        first = await notifier.send(message(), reference=None, timeout_seconds=LIMIT)
        over = msgspec.structs.replace(message(Transition.RESOLVED, revision=2), actor="tocsin", headline="Acme: calm")

        await notifier.send(over, reference=first.reference, timeout_seconds=LIMIT)

        (entry,) = slack.inbox.entries()
        assert [reply.text for reply in entry.replies] == ["✅ Resolved: Acme: calm"]


async def test_growth_does_not_hide_who_works_on_it() -> None:
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        first = await notifier.send(message(), reference=None, timeout_seconds=LIMIT)
        grew = msgspec.structs.replace(message(Transition.GREW, revision=3), acknowledged_by="Ada")

        await notifier.send(grew, reference=first.reference, timeout_seconds=LIMIT)

        (entry,) = slack.inbox.entries()
        assert "growing · acknowledged by Ada" in entry.lines[0]


async def test_what_comes_back_reaches_the_channel_and_not_only_the_thread() -> None:
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        first = await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        await notifier.send(message(Transition.REOPENED, revision=4), reference=first.reference, timeout_seconds=LIMIT)

        assert slack.calls[-1].arguments["reply_broadcast"] is True


async def test_a_lost_answer_does_not_lead_to_a_second_message() -> None:
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        slack.script.drop(call="chat.postMessage", accepted=True)
        with pytest.raises(DeliveryInDoubt):
            await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        receipt = await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        (entry,) = slack.inbox.entries()
        assert entry.id == f"slack:{receipt.reference}"
        assert entry.edits == 0


async def test_a_lost_request_is_posted_again() -> None:
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        slack.script.drop(call="chat.postMessage", accepted=False)
        with pytest.raises(DeliveryInDoubt):
            await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        assert len(slack.inbox.entries()) == 1
        assert methods(slack) == ["conversations.history", "chat.postMessage"]


async def test_a_restarted_process_finds_what_an_earlier_one_posted_and_edits_it() -> None:
    clock = FakeClock()
    async with slack_with_notifier(clock) as (slack, notifier):
        posted = await notifier.send(message(), reference=None, timeout_seconds=LIMIT)
        await clock.advance(2)
        restarted = SlackNotifier(channel=CHANNEL, token=TOKEN, api_url=slack.api_url, clock=clock, egress=LOOPBACK)

        grew = msgspec.structs.replace(message(Transition.GREW, revision=2), again=True)
        receipt = await restarted.send(grew, reference=None, timeout_seconds=LIMIT)

        await restarted.close()
        (entry,) = slack.inbox.entries()
        assert receipt == posted
        assert entry.edits == 1


async def test_a_story_whose_answer_was_lost_is_told_once_though_the_incident_grew_meanwhile() -> None:
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        first = await notifier.send(message(), reference=None, timeout_seconds=LIMIT)
        worse = msgspec.structs.replace(message(Transition.SEVERITY_CHANGED, revision=2), delivery="dlv_2")
        slack.script.drop(call="chat.postMessage", accepted=True)
        with pytest.raises(DeliveryInDoubt):
            await notifier.send(worse, reference=first.reference, timeout_seconds=LIMIT)

        grown = msgspec.structs.replace(worse, revision=3)
        await notifier.send(grown, reference=first.reference, timeout_seconds=LIMIT)

        (entry,) = slack.inbox.entries()
        assert len(entry.replies) == 1


async def test_a_first_message_that_is_found_again_is_brought_up_to_date_and_tells_no_story_of_itself() -> None:
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        worse = msgspec.structs.replace(message(Transition.SEVERITY_CHANGED, revision=2), delivery="dlv_2")
        slack.script.drop(call="chat.postMessage", accepted=True)
        with pytest.raises(DeliveryInDoubt):
            await notifier.send(worse, reference=None, timeout_seconds=LIMIT)

        await notifier.send(msgspec.structs.replace(worse, revision=3), reference=None, timeout_seconds=LIMIT)

        (entry,) = slack.inbox.entries()
        assert (entry.edits, len(entry.replies)) == (1, 0)


async def test_another_incident_in_the_channel_is_not_mistaken_for_ours() -> None:
    clock = FakeClock()
    async with slack_with_notifier(clock) as (slack, notifier):
        other = msgspec.structs.replace(message(), incident="inc_other")
        await notifier.send(other, reference=None, timeout_seconds=LIMIT)
        await clock.advance(2)

        await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        assert len(slack.inbox.entries()) == 2


async def test_our_message_is_found_behind_many_others() -> None:
    clock = FakeClock()
    async with slack_with_notifier(clock) as (slack, notifier):
        posted = await notifier.send(message(), reference=None, timeout_seconds=LIMIT)
        for number in range(210):  # one page of history is 200
            slack._post(CHANNEL, {"text": f"chatter {number}"})
        await clock.advance(2)

        again = msgspec.structs.replace(message(), again=True)
        receipt = await notifier.send(again, reference=None, timeout_seconds=LIMIT)

        assert receipt == posted
        assert methods(slack).count("conversations.history") == 2


async def test_without_the_right_to_read_a_page_goes_out_rather_twice_than_never() -> None:
    async with slack_with_notifier(FakeClock(), may_read=False) as (slack, notifier):
        slack.script.drop(call="chat.postMessage", accepted=True)
        with pytest.raises(DeliveryInDoubt):
            await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        assert len(slack.inbox.entries()) == 2


async def test_in_doubt_a_history_that_is_busy_makes_the_page_wait() -> None:
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        slack.script.drop(call="chat.postMessage", accepted=True)
        with pytest.raises(DeliveryInDoubt):
            await notifier.send(message(), reference=None, timeout_seconds=LIMIT)
        slack.script.limit(20, call="conversations.history")

        with pytest.raises(DeliveryRetryable) as caught:
            await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        assert caught.value.retry_after == 20
        assert len(slack.inbox.entries()) == 1


async def test_without_a_failure_behind_it_a_silent_history_holds_no_page_back() -> None:
    clock = FakeClock()
    async with slack_with_notifier(clock) as (slack, notifier):
        await clock.advance(2)
        slack.script.delay(3600, call="conversations.history")

        await notifier.send(message(), reference=None, timeout_seconds=1.0)

        assert len(slack.inbox.entries()) == 1


@pytest.mark.parametrize("error", ["message_not_found", "cant_update_message", "edit_window_closed"])
async def test_a_message_that_can_no_longer_be_edited_is_posted_anew(error: str) -> None:
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        first = await notifier.send(message(), reference=None, timeout_seconds=LIMIT)
        slack.script.refuse(error, call="chat.update")

        second = await notifier.send(
            message(Transition.GREW, revision=2), reference=first.reference, timeout_seconds=LIMIT
        )

        assert second != first
        assert len(slack.inbox.entries()) == 2


async def test_what_goes_on_is_edited_into_the_message_and_told_nowhere() -> None:
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        first = await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        second = await notifier.send(
            message(Transition.COUNTED, revision=2), reference=first.reference, timeout_seconds=LIMIT
        )

        (entry,) = slack.inbox.entries()
        assert second == first
        assert methods(slack) == ["chat.postMessage", "chat.update"]
        assert (entry.edits, entry.replies) == (1, ())
        assert "· goes on ·" in "\n".join(entry.lines)


async def test_a_count_of_a_message_that_is_gone_is_posted_nowhere() -> None:
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        first = await notifier.send(message(), reference=None, timeout_seconds=LIMIT)
        slack.script.refuse("message_not_found", call="chat.update")

        second = await notifier.send(
            message(Transition.COUNTED, revision=2), reference=first.reference, timeout_seconds=LIMIT
        )

        assert second == first
        assert len(slack.inbox.entries()) == 1


async def test_a_lost_answer_to_a_thread_reply_does_not_tell_the_story_twice() -> None:
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        first = await notifier.send(message(), reference=None, timeout_seconds=LIMIT)
        grew = message(Transition.GREW, revision=2)
        slack.script.drop(call="chat.postMessage", accepted=True)
        with pytest.raises(DeliveryInDoubt):
            await notifier.send(grew, reference=first.reference, timeout_seconds=LIMIT)

        await notifier.send(grew, reference=first.reference, timeout_seconds=LIMIT)

        (entry,) = slack.inbox.entries()
        assert len(entry.replies) == 1


@pytest.mark.parametrize(
    "error",
    ["invalid_auth", "channel_not_found", "is_archived", "not_in_channel", "msg_too_long", "missing_scope", "what_now"],
)
async def test_a_refusal_says_in_slacks_words_why(error: str) -> None:
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        slack.script.refuse(error)

        with pytest.raises(DeliveryRejected, match=error):
            await notifier.send(message(), reference=None, timeout_seconds=LIMIT)


@pytest.mark.parametrize("error", ["ratelimited", "internal_error", "fatal_error", "service_unavailable"])
async def test_a_passing_trouble_told_with_status_200_is_retryable(error: str) -> None:
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        slack.script.refuse(error)

        with pytest.raises(DeliveryRetryable, match=error):
            await notifier.send(message(), reference=None, timeout_seconds=LIMIT)


async def test_a_message_about_the_worst_day_is_within_slacks_limits() -> None:
    worst: Any = msgspec.structs.replace(
        message(),
        headline="h" * 500,
        why="<&>" * 5000,
        odds="&" * 5000,
        owner="&" * 5000,
        topic_name="&" * 5000,
        facts=(Fact("&" * 500, "&" * 500),) * 30,
        drivers=(Driver("&" * 500, 10**9, 1e9, 1e9, tone="negative"), Driver("&" * 500, 10**9, 1e9)) * 16,
        excess=1e9,
        insights=(Fact("&" * 500, "&" * 500),) * 20,
        samples=(Sample("x:1", "&" * 5000, START, author="&" * 500, url="https://" + "&" * 5000),) * 20,
    )
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        await notifier.send(worst, reference=None, timeout_seconds=LIMIT)

        assert len(slack.inbox.entries()) == 1
        assert len(message_blocks(worst)) <= 15


async def test_an_empty_message_is_still_one_that_slack_takes() -> None:
    bare = msgspec.structs.replace(
        message(), headline="", title="", why="", odds="", topic_name="", facts=(Fact("", ""),), drivers=(), samples=()
    )
    async with slack_with_notifier(FakeClock()) as (slack, notifier):
        await notifier.send(msgspec.structs.replace(bare, owner=None, url=None), reference=None, timeout_seconds=LIMIT)

        assert len(slack.inbox.entries()) == 1


async def test_a_button_never_leads_anywhere_but_to_a_web_page() -> None:
    blocks = message_blocks(msgspec.structs.replace(message(), url="javascript:alert(1)"))

    assert all(block["type"] != "actions" for block in blocks)


async def test_after_a_crash_between_the_story_and_its_outcome_the_story_is_not_told_twice() -> None:
    clock = FakeClock()
    async with slack_with_notifier(clock) as (slack, notifier):
        first = await notifier.send(message(), reference=None, timeout_seconds=LIMIT)
        worse = msgspec.structs.replace(message(Transition.SEVERITY_CHANGED, revision=2), delivery="dlv_2")
        await notifier.send(worse, reference=first.reference, timeout_seconds=LIMIT)
        restarted = SlackNotifier(channel=CHANNEL, token=TOKEN, api_url=slack.api_url, clock=clock, egress=LOOPBACK)
        again = msgspec.structs.replace(worse, again=True)

        await restarted.send(again, reference=first.reference, timeout_seconds=LIMIT)

        await restarted.close()
        (entry,) = slack.inbox.entries()
        assert len(entry.replies) == 1


async def test_after_a_crash_within_the_first_second_the_message_is_looked_for_all_the_same() -> None:
    clock = FakeClock()
    async with slack_with_notifier(clock) as (slack, notifier):
        await notifier.send(message(), reference=None, timeout_seconds=LIMIT)
        restarted = SlackNotifier(channel=CHANNEL, token=TOKEN, api_url=slack.api_url, clock=clock, egress=LOOPBACK)

        await restarted.send(msgspec.structs.replace(message(), again=True), reference=None, timeout_seconds=LIMIT)

        await restarted.close()
        assert len(slack.inbox.entries()) == 1
