"""What every notifier promises, on every entry of the table, against vendors that answer over real sockets."""

import asyncio
import importlib
import inspect
import json
import pkgutil
import traceback
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pytest
from msgspec.structs import replace
from pydantic import SecretStr
from structlog.testing import capture_logs

import alerting.notifiers
from alerting.errors import DeliveryInDoubt, DeliveryRejected, DeliveryRetryable
from alerting.fakes.inbox import Inbox
from alerting.fakes.mail import FakeMail
from alerting.fakes.ntfy import FakeNtfy
from alerting.fakes.pagerduty import FakePagerDuty
from alerting.fakes.script import Script
from alerting.fakes.slack import FakeSlack
from alerting.fakes.teams import FakeTeams
from alerting.fakes.webhook import FakeWebhook
from alerting.incidents.model import PAGES, Transition
from alerting.notifier_settings import (
    EmailSettings,
    LogSettings,
    NotifierSettings,
    NtfySettings,
    PagerDutySettings,
    SlackSettings,
    TeamsSettings,
    WebhookSettings,
)
from alerting.notifiers.base import Notifier
from alerting.notifiers.registry import NOTIFIERS, build
from tests.fakes.clock import FakeClock
from tests.fakes.egress import LOOPBACK
from tests.fakes.hostile import HOSTILE, Hostile, assert_inert_in_slack, assert_inert_in_terminal
from tests.fakes.messages import HEADLINE, message, tainted

SECRET = "s3cr3t0123456789s3cr3t0123456789"  # 32 characters, as a routing key has
LIMIT = 5.0
SHORT = 0.3
LIFE = (
    Transition.OPENED,
    Transition.GREW,
    Transition.SEVERITY_CHANGED,
    Transition.PEAKED,
    Transition.ACKNOWLEDGED,
    Transition.RESOLVED,
)


@dataclass(frozen=True, slots=True)
class Rig:
    """A notifier of one kind with the vendor that it talks to.

    Attributes:
        script: None where there is no vendor that could go wrong.
        sent: Everything that left, decoded, oldest first.
        assert_inert: The check of the medium, on everything that left.
        lock_out: Settings with a secret that the vendor does not know.
        conversations: How many things a person sees after the incident's whole life; None means one for each change.
    """

    notifier: Notifier
    script: Script | None
    inbox: Inbox
    sent: Callable[[], Sequence[Any]]
    assert_inert: Callable[[Sequence[Any]], None]
    lock_out: NotifierSettings | None
    conversations: int | None


@asynccontextmanager
async def built(settings: NotifierSettings, clock: FakeClock) -> AsyncIterator[Notifier]:
    notifier = build(settings, clock=clock, egress=LOOPBACK)
    try:
        yield notifier
    finally:
        await notifier.close()


@asynccontextmanager
async def slack(clock: FakeClock, *, dead: bool = False) -> AsyncIterator[Rig]:
    def settings(token: str) -> SlackSettings:
        return SlackSettings(type="slack", channel="C0123456789", token=SecretStr(token), api_url=vendor.api_url)  # type: ignore[arg-type]

    async with FakeSlack(clock, token=SECRET) as vendor:
        made = settings(SECRET)
        if dead:
            await vendor.__aexit__(None, None, None)
        async with built(made, clock) as notifier:
            yield Rig(
                notifier,
                vendor.script,
                vendor.inbox,
                lambda: [call.arguments for call in vendor.calls],
                assert_inert_in_slack,
                settings("wrong" + SECRET),
                1,
            )


@asynccontextmanager
async def pagerduty(clock: FakeClock, *, dead: bool = False) -> AsyncIterator[Rig]:
    def settings(key: str) -> PagerDutySettings:
        return PagerDutySettings(type="pagerduty", routing_key=SecretStr(key), events_url=vendor.events_url)  # type: ignore[arg-type]

    def assert_inert(events: Sequence[Any]) -> None:
        for text in (text for event in events for text in texts_in(event)):
            assert_inert_in_terminal(text)

    async with FakePagerDuty(clock, routing_key=SECRET) as vendor:
        made = settings(SECRET)
        if dead:
            await vendor.__aexit__(None, None, None)
        async with built(made, clock) as notifier:
            sent = lambda: [event.event for event in vendor.events]  # noqa: E731
            yield Rig(notifier, vendor.script, vendor.inbox, sent, assert_inert, settings(SECRET[::-1]), 1)


@asynccontextmanager
async def webhook(clock: FakeClock, *, dead: bool = False) -> AsyncIterator[Rig]:
    def settings(secret: str) -> WebhookSettings:
        return WebhookSettings(type="webhook", secret=SecretStr(secret), url=vendor.url)  # type: ignore[arg-type]

    def assert_inert(bodies: Sequence[Any]) -> None:
        for raw in bodies:
            assert not set(b"<>&\x7f") & set(raw)
            assert all(byte >= 0x20 for byte in raw)
            raw.decode("utf-8")
            json.loads(raw)

    # The path is a secret too, as it is with many receivers.
    async with FakeWebhook(clock, secret=SECRET, path=f"/hooks/{SECRET}") as vendor:
        made = settings(SECRET)
        if dead:
            await vendor.__aexit__(None, None, None)
        async with built(made, clock) as notifier:
            sent = lambda: [call.raw for call in vendor.received]  # noqa: E731
            yield Rig(notifier, vendor.script, vendor.inbox, sent, assert_inert, settings("wrong" + SECRET), None)


@asynccontextmanager
async def log(clock: FakeClock, *, dead: bool = False) -> AsyncIterator[Rig]:
    assert not dead

    def assert_inert(entries: Sequence[Any]) -> None:
        for text in (text for entry in entries for text in texts_in(entry)):
            assert text.isprintable()

    notifier = build(LogSettings(type="log"), clock=clock, egress=LOOPBACK)
    with capture_logs() as entries:
        yield Rig(notifier, None, Inbox(), lambda: entries, assert_inert, None, None)
    await notifier.close()


def assert_inert_everywhere(bodies: Sequence[Any]) -> None:
    for text in (text for body in bodies for text in texts_in(body)):
        assert_inert_in_terminal(text)


@asynccontextmanager
async def teams(clock: FakeClock, *, dead: bool = False) -> AsyncIterator[Rig]:
    def settings(secret: str | None = None) -> TeamsSettings:
        return TeamsSettings(type="teams", url=SecretStr(vendor.url(secret)))

    async with FakeTeams(clock, secret=SECRET) as vendor:
        made = settings()
        if dead:
            await vendor.__aexit__(None, None, None)
        async with built(made, clock) as notifier:
            sent = lambda: list(vendor.cards)  # noqa: E731
            yield Rig(notifier, vendor.script, vendor.inbox, sent, assert_inert_everywhere, settings("no"), None)


@asynccontextmanager
async def email(clock: FakeClock, *, dead: bool = False) -> AsyncIterator[Rig]:
    def settings(password: str) -> EmailSettings:
        return EmailSettings(
            type="email",
            host="127.0.0.1",
            port=vendor.port,
            security="none",
            username="tocsin",
            password=SecretStr(password),
            sender="tocsin@acme.test",
            to=("comms@acme.test", "care@acme.test"),
        )

    read: list[list[str]] = []  # a mail never changes, and parsing its headers takes long

    def sent() -> list[Any]:
        read.extend(
            [*map(str, mail.values()), *str(mail.get_content()).splitlines()] for mail in vendor.mails[len(read) :]
        )
        return list(read)

    async with FakeMail(clock, username="tocsin", password=SECRET) as vendor:
        made = settings(SECRET)
        if dead:
            await vendor.__aexit__(None, None, None)
        async with built(made, clock) as notifier:
            locked_out = settings(SECRET[::-1])
            yield Rig(notifier, vendor.script, vendor.inbox, sent, assert_inert_everywhere, locked_out, 1)


@asynccontextmanager
async def ntfy(clock: FakeClock, *, dead: bool = False) -> AsyncIterator[Rig]:
    def settings(token: str) -> NtfySettings:
        return NtfySettings(
            type="ntfy",
            url=vendor.url,  # type: ignore[arg-type]
            topic=SecretStr(f"topic-{SECRET}"),
            token=SecretStr(token),
            person="Ada",
            act_secret=SecretStr(SECRET),
        )

    async with FakeNtfy(clock, topic=f"topic-{SECRET}", token=SECRET) as vendor:
        made = settings(SECRET)
        if dead:
            await vendor.__aexit__(None, None, None)
        async with built(made, clock) as notifier:
            sent = lambda: list(vendor.published)  # noqa: E731
            locked_out = settings(SECRET[::-1])
            # What wakes anew is a notification of its own; all else replaces the one that is there.
            yield Rig(notifier, vendor.script, vendor.inbox, sent, assert_inert_everywhere, locked_out, 2)


RIGS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "slack": slack,
        "pagerduty": pagerduty,
        "webhook": webhook,
        "teams": teams,
        "email": email,
        "ntfy": ntfy,
        "log": log,
    }
)
EVERY = pytest.mark.parametrize("kind", sorted(RIGS))
REMOTE = pytest.mark.parametrize("kind", sorted(set(RIGS) - {"log"}))
OVER_HTTP = pytest.mark.parametrize("kind", sorted(set(RIGS) - {"email", "log"}))
FOLDING = pytest.mark.parametrize("kind", sorted(set(RIGS) - {"log", "teams"}))


def texts_in(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [text for part in parts for text in texts_in(part)]


def everything_said_by(error: BaseException) -> str:
    # The first frame is the test's own, which knows the secret.
    below = error.__traceback__.tb_next if error.__traceback__ else None
    told = traceback.TracebackException(type(error), error, below, capture_locals=True)
    return f"{error!r}\n{error}\n{''.join(told.format())}"


def test_every_entry_of_the_table_has_a_rig_here() -> None:
    assert set(RIGS) == set(NOTIFIERS)


def test_every_notifier_module_stands_in_the_table() -> None:
    kinds = set()
    for found in pkgutil.iter_modules(alerting.notifiers.__path__):
        module = importlib.import_module(f"alerting.notifiers.{found.name}")
        kinds |= {
            found.name
            for _, kind in inspect.getmembers(module, inspect.isclass)
            if kind.__module__ == module.__name__
            and kind is not Notifier
            and all(callable(getattr(kind, name, None)) for name in ("send", "wants", "close"))
        }

    assert kinds == set(NOTIFIERS)


@EVERY
async def test_its_kind_is_its_key_in_the_table_and_its_destination_no_secret(kind: str) -> None:
    async with RIGS[kind](FakeClock()) as rig:
        assert rig.notifier.kind == kind
        assert rig.notifier.destination
        assert SECRET not in rig.notifier.destination


@EVERY
async def test_it_wants_the_beginning_and_the_end_and_nothing_where_nothing_changed(kind: str) -> None:
    async with RIGS[kind](FakeClock()) as rig:
        assert rig.notifier.wants(Transition.OPENED)
        assert rig.notifier.wants(Transition.RESOLVED)
        assert not rig.notifier.wants(Transition.UNCHANGED)
        assert rig.notifier.wants(Transition.COUNTED) is (kind == "slack")  # where a message can be edited in silence


async def test_teams_alone_cannot_tell_that_a_message_came_before() -> None:
    async with teams(FakeClock()) as rig:
        assert rig.script is not None
        rig.script.drop()
        with pytest.raises(DeliveryInDoubt):
            await rig.notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        await rig.notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        assert len(rig.inbox.entries()) == 2  # better twice than never


@REMOTE
@pytest.mark.parametrize("change", sorted(PAGES))
async def test_the_first_80_characters_of_a_page_say_brand_what_and_how_big(kind: str, change: Transition) -> None:
    async with RIGS[kind](FakeClock()) as rig:
        await rig.notifier.send(message(change), reference=None, timeout_seconds=LIMIT)

        [entry] = rig.inbox.entries()
        assert "Acme refunds: 143 mentions/min" in entry.title[:80]


@REMOTE
@pytest.mark.parametrize("character", ["x", "\U0001f600", '"', "<", "&", "\\", "*", "e\u0301", "a "])
async def test_the_largest_message_is_within_what_the_vendor_takes(kind: str, character: str) -> None:
    """Fakes refuse what their vendors refuse: 13,000 characters of Slack's blocks, 28 KB of Teams, and so on."""
    largest = character * 800  # in each of some sixty fields
    async with RIGS[kind](FakeClock()) as rig:
        reference = None
        for revision, change in enumerate((one for one in LIFE if rig.notifier.wants(one)), start=1):
            sent = tainted(largest, change, revision=revision)
            receipt = await rig.notifier.send(sent, reference=reference, timeout_seconds=LIMIT)
            reference = receipt.reference

        assert rig.inbox.entries()


@EVERY
async def test_a_first_message_arrives_with_its_headline_once(kind: str) -> None:
    async with RIGS[kind](FakeClock()) as rig:
        await rig.notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        assert len(rig.sent()) == 1
        assert any(HEADLINE in text for text in texts_in(rig.sent())) or HEADLINE.encode() in rig.sent()[0]


@pytest.mark.parametrize("kind", ["slack", "email", "teams"])
async def test_what_to_do_and_what_may_be_said_at_once_is_in_the_message(kind: str) -> None:
    told = replace(
        message(),
        playbook="Service failure. First: Ask ops. Decides: Duty manager.",
        steps=("Ask ops", "Tell care", "Hold scheduled posts"),
        holding_statement="We are looking into it & will say more at noon",
    )
    async with RIGS[kind](FakeClock()) as rig:
        await rig.notifier.send(told, reference=None, timeout_seconds=LIMIT)

        said = "\n".join(texts_in(rig.sent())).replace("&amp;", "&")
    for wanted in ("Decides: Duty manager", "1. Ask ops", "2. Tell care", "3. Hold scheduled posts"):
        assert wanted in said
    assert "We are looking into it & will say more at noon" in said


@REMOTE
async def test_an_incident_stays_one_conversation_through_its_life(kind: str) -> None:
    async with RIGS[kind](FakeClock()) as rig:
        reference = None
        wanted = [change for change in LIFE if rig.notifier.wants(change)]

        for revision, change in enumerate(wanted, start=1):
            sent = message(change, revision=revision)
            receipt = await rig.notifier.send(sent, reference=reference, timeout_seconds=LIMIT)
            reference = receipt.reference

        assert len(rig.inbox.entries()) == (rig.conversations or len(wanted))


@FOLDING
async def test_the_same_attempt_twice_is_one_thing_to_its_recipient(kind: str) -> None:
    clock = FakeClock()
    async with RIGS[kind](clock) as rig:
        rig.script.drop()
        with pytest.raises(DeliveryInDoubt):
            await rig.notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        await rig.notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        assert len(rig.inbox.entries()) == 1


@REMOTE
async def test_a_drill_says_so(kind: str) -> None:
    async with RIGS[kind](FakeClock()) as rig:
        drill = tainted("x")
        drill = type(drill)(**{name: getattr(drill, name) for name in drill.__struct_fields__} | {"test": True})

        await rig.notifier.send(drill, reference=None, timeout_seconds=LIMIT)

        said = [text for text in texts_in(rig.sent()) if "TEST" in text]
        assert said or b'"test":true' in rig.sent()[0]


@REMOTE
async def test_a_limit_is_retryable_after_the_time_the_vendor_named(kind: str) -> None:
    async with RIGS[kind](FakeClock()) as rig:
        rig.script.limit(30)

        with pytest.raises(DeliveryRetryable) as caught:
            await rig.notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        assert caught.value.retry_after == 30
        assert rig.inbox.entries() == ()


@OVER_HTTP
async def test_a_date_to_retry_after_is_understood(kind: str) -> None:
    async with RIGS[kind](FakeClock()) as rig:
        rig.script.limit("Mon, 05 Jan 2026 12:01:30 GMT")  # the clock stands at 12:00:00

        with pytest.raises(DeliveryRetryable) as caught:
            await rig.notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        assert caught.value.retry_after == 90


@REMOTE
@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_broken_vendor_is_retryable(kind: str, status: int) -> None:
    async with RIGS[kind](FakeClock()) as rig:
        rig.script.fail(status)

        with pytest.raises(DeliveryRetryable) as caught:
            await rig.notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        assert caught.value.retry_after is None


@REMOTE
async def test_a_refused_connection_is_retryable(kind: str) -> None:
    async with RIGS[kind](FakeClock(), dead=True) as rig:
        with pytest.raises(DeliveryRetryable, match="cannot connect"):
            await rig.notifier.send(message(), reference=None, timeout_seconds=LIMIT)


@REMOTE
@pytest.mark.parametrize("accepted", [True, False])
async def test_a_connection_that_breaks_before_the_answer_is_doubt(kind: str, *, accepted: bool) -> None:
    async with RIGS[kind](FakeClock()) as rig:
        rig.script.drop(accepted=accepted)

        with pytest.raises(DeliveryInDoubt):
            await rig.notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        assert len(rig.inbox.entries()) == (1 if accepted else 0)


@REMOTE
async def test_an_answer_that_does_not_come_in_time_is_doubt_and_the_limit_is_kept(kind: str) -> None:
    loop = asyncio.get_running_loop()
    async with RIGS[kind](FakeClock()) as rig:
        rig.script.delay(3600)
        begun = loop.time()

        with pytest.raises(DeliveryInDoubt, match=r"within 0\.3 s"):
            await rig.notifier.send(message(), reference=None, timeout_seconds=SHORT)

        assert loop.time() - begun < LIMIT


@REMOTE
async def test_a_wrong_key_is_rejected(kind: str) -> None:
    clock = FakeClock()
    async with RIGS[kind](clock) as rig:
        async with built(rig.lock_out, clock) as stranger:
            with pytest.raises(DeliveryRejected):
                await stranger.send(message(), reference=None, timeout_seconds=LIMIT)

        assert rig.inbox.entries() == ()


@OVER_HTTP
async def test_a_redirect_is_not_followed(kind: str) -> None:
    async with RIGS[kind](FakeClock()) as rig:
        rig.script.refuse("", status=307)

        with pytest.raises(DeliveryRejected):
            await rig.notifier.send(message(), reference=None, timeout_seconds=LIMIT)


@REMOTE
async def test_it_recovers_on_its_own_after_every_kind_of_trouble(kind: str) -> None:
    async with RIGS[kind](FakeClock()) as rig:
        rig.script.limit(1)
        rig.script.fail(503)
        for _ in range(2):
            with pytest.raises(DeliveryRetryable):
                await rig.notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        await rig.notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        assert len(rig.inbox.entries()) == 1


@EVERY
async def test_no_hostile_string_in_any_text_field_does_anything(kind: str) -> None:
    async with RIGS[kind](FakeClock()) as rig:
        for hostile in HOSTILE:
            before = len(rig.sent())
            first = replace(tainted(hostile.text), delivery=f"first {hostile.name}")
            receipt = await rig.notifier.send(first, reference=None, timeout_seconds=LIMIT)
            story = tainted(hostile.text, Transition.SEVERITY_CHANGED, revision=2)
            story = replace(story, delivery=f"then {hostile.name}")
            await rig.notifier.send(story, reference=receipt.reference, timeout_seconds=LIMIT)

            sent = rig.sent()[before:]
            assert sent, hostile.name
            with_name(hostile, rig.assert_inert, sent)


def with_name(hostile: Hostile, check: Callable[[Sequence[Any]], None], sent: Sequence[Any]) -> None:
    try:
        check(sent)
    except AssertionError as exc:
        raise AssertionError(f"{hostile.name}: {exc}") from exc


TROUBLES: Mapping[str, Callable[[Script], None]] = MappingProxyType(
    {
        "limit": lambda script: script.limit(1),
        "broken": lambda script: script.fail(500, error=f"a proxy says: Bearer {SECRET}"),
        "refused": lambda script: script.refuse(f"no such key: {SECRET}", status=400),
        "dropped": lambda script: script.drop(),
        "late": lambda script: script.delay(3600),
        "redirected": lambda script: script.refuse("", status=302),
    }
)


@REMOTE
@pytest.mark.parametrize("trouble", [*TROUBLES, "locked-out", "dead"])
async def test_secrets_stand_in_no_error_no_log_and_no_name(kind: str, trouble: str) -> None:
    clock = FakeClock()
    with capture_logs() as logs:
        async with (
            RIGS[kind](clock, dead=trouble == "dead") as rig,
            built(rig.lock_out, clock) as stranger,
        ):
            notifier = stranger if trouble == "locked-out" else rig.notifier
            if trouble in TROUBLES:
                TROUBLES[trouble](rig.script)

            with pytest.raises((DeliveryRetryable, DeliveryInDoubt, DeliveryRejected)) as caught:
                await notifier.send(message(), reference=None, timeout_seconds=SHORT)

    for text in (repr(notifier), everything_said_by(caught.value), repr(logs)):
        assert SECRET not in text
        assert SECRET[::-1] not in text
