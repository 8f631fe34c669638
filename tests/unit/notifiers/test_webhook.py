import json

import msgspec
import pytest

from alerting.errors import DeliveryInDoubt, DeliveryRejected, DeliveryRetryable
from alerting.fakes.webhook import FakeWebhook
from alerting.incidents.model import Transition
from alerting.notifiers.webhook import WebhookNotifier, signature, signing_key, webhook_body, webhook_id
from streams.events import Sample
from tests.fakes.clock import START, FakeClock
from tests.fakes.egress import LOOPBACK
from tests.fakes.messages import HEADLINE, message

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LIMIT = 5.0


def test_signs_as_the_published_example_does() -> None:
    # https://docs.svix.com/receiving/verifying-payloads/how-manual
    signed = signature(signing_key(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_the_body_names_its_type_and_version_and_carries_the_message() -> None:
    clock = FakeClock()
    async with FakeWebhook(clock, secret=SECRET) as receiver:
        notifier = WebhookNotifier(url=receiver.url, secret=SECRET, clock=clock, egress=LOOPBACK)

        await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        await notifier.close()
        (call,) = receiver.received
        assert call.body["type"] == "incident.opened"
        assert call.body["version"] == 1
        assert call.body["timestamp"] == START.isoformat()
        assert call.body["data"]["headline"] == HEADLINE
        assert call.body["data"]["drivers"][0] == {"term": "refund", "mentions": 120, "expected": 11.5}


async def test_a_receiver_with_another_secret_refuses() -> None:
    clock = FakeClock()
    async with FakeWebhook(clock, secret="another") as receiver:
        notifier = WebhookNotifier(url=receiver.url, secret=SECRET, clock=clock, egress=LOOPBACK)

        with pytest.raises(DeliveryRejected, match="401"):
            await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        await notifier.close()
        assert receiver.received == ()


@pytest.mark.parametrize(("status", "passes"), [(400, False), (404, False), (410, False), (408, True), (425, True)])
async def test_refusals_stay_and_busy_answers_pass(status: int, *, passes: bool) -> None:
    clock = FakeClock()
    async with FakeWebhook(clock, secret=SECRET) as receiver:
        notifier = WebhookNotifier(url=receiver.url, secret=SECRET, clock=clock, egress=LOOPBACK)
        receiver.script.fail(status)

        with pytest.raises(DeliveryRetryable if passes else DeliveryRejected, match=str(status)):
            await notifier.send(message(), reference=None, timeout_seconds=LIMIT)

        await notifier.close()


def test_an_id_is_the_same_for_every_attempt_and_another_for_every_change() -> None:
    same = {webhook_id(message()), webhook_id(msgspec.structs.replace(message(), headline="said otherwise"))}
    others = {webhook_id(message(revision=2)), webhook_id(message(Transition.RESOLVED)), *same}

    assert len(same) == 1
    assert len(others) == 3


def test_a_second_attempt_keeps_its_id_though_the_incident_grew_meanwhile() -> None:
    first = msgspec.structs.replace(message(), delivery="dlv_1")
    again = msgspec.structs.replace(message(revision=2), delivery="dlv_1", headline="twice as loud")
    another = msgspec.structs.replace(message(revision=2), delivery="dlv_2")

    assert webhook_id(again) == webhook_id(first)
    assert webhook_id(another) != webhook_id(first)
    assert webhook_body(again) != webhook_body(first)


async def test_a_receiver_that_drops_known_ids_has_a_grown_page_once() -> None:
    clock = FakeClock()
    async with FakeWebhook(clock, secret=SECRET) as receiver:
        notifier = WebhookNotifier(url=receiver.url, secret=SECRET, clock=clock, egress=LOOPBACK)
        receiver.script.drop()
        with pytest.raises(DeliveryInDoubt):
            await notifier.send(
                msgspec.structs.replace(message(), delivery="dlv_1"), reference=None, timeout_seconds=LIMIT
            )

        grown = msgspec.structs.replace(message(revision=2), delivery="dlv_1")
        await notifier.send(grown, reference=None, timeout_seconds=LIMIT)

        await notifier.close()
        assert len(receiver.received) == 1


def test_peoples_words_arrive_as_they_were_written() -> None:
    text = "</script> \u2028 <b>&amp; “quoted”"
    sent = msgspec.structs.replace(message(), samples=(Sample("x:1", text, START),))

    body = webhook_body(sent)

    assert json.loads(body)["data"]["samples"][0]["text"] == text
    assert b"<" not in body


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64!"])
def test_a_secret_that_cannot_sign_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(ValueError, match=r"secret|base64") as caught:
        signing_key(secret)

    assert "not base64!" not in str(caught.value)


def test_a_destination_is_the_host_alone() -> None:
    notifier = WebhookNotifier(
        url="https://me:pw@hooks.acme.test:8443/T0/secret", secret="x", clock=FakeClock(), egress=LOOPBACK
    )

    assert notifier.destination == "hooks.acme.test:8443"
    assert repr(notifier) == "WebhookNotifier('hooks.acme.test:8443')"
