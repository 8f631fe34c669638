"""No notifier reaches an address that nobody allowed, however it is spelled and whoever answers for its name."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from types import MappingProxyType

import pytest
from pydantic import ValidationError

from alerting.errors import DeliveryInDoubt, DeliveryRejected, DeliveryRetryable
from alerting.fakes.webhook import FakeWebhook
from alerting.notifier_settings import (
    EmailSettings,
    NotifierSettings,
    NtfySettings,
    PagerDutySettings,
    SlackSettings,
    TeamsSettings,
    WebhookSettings,
)
from alerting.notifiers.base import Notifier
from alerting.notifiers.egress import Egress
from alerting.notifiers.email import EmailNotifier
from alerting.notifiers.ntfy import NtfyNotifier
from alerting.notifiers.pagerduty import PagerDutyNotifier
from alerting.notifiers.registry import NOTIFIERS, build
from alerting.notifiers.slack import SlackNotifier
from alerting.notifiers.smtp import MailServer
from alerting.notifiers.teams import TeamsNotifier
from alerting.notifiers.webhook import WebhookNotifier
from streams.errors import InvalidConfig
from tests.fakes.clock import FakeClock
from tests.fakes.egress import ScriptedResolver
from tests.fakes.messages import message

LIMIT = 5.0
SECRET = "s3cr3t0123456789s3cr3t0123456789"
NAME = "hooks.acme.test"

# As they may stand in a URL. Each leads to an address that is not public, or is no address at all.
HOSTS = (
    "127.0.0.1",
    "127.0.0.1.",
    "127.0.0.2",
    "127.255.255.254",
    "127.1",
    "127.0.1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0177.0.0.01",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "0x7F.0x0.0x0.0x1",
    "4294967297",
    "127.000.000.001",
    "0",
    "0.0.0.0",  # noqa: S104  # nothing is bound
    "0x0",
    "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1",
    "127\u30020\u30020\u30021",
    "\uff11\uff12\uff17.\uff10.\uff10.\uff11",
    "\u2460\u2461\u2466.\u24ea.\u24ea.\u2460",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "loc\u00adalhost",
    "\uff4c\uff4fcalhost",
    "slack.com@127.0.0.1",
    "slack.com%40@127.0.0.1",
    "slack.com:443@127.0.0.1",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::127.0.0.1]",
    "[2002:7f00:1::]",
    "[2002:a00:1::1]",
    "[2001:0:7f00:1::1]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[100::1]",
    "[5f00::1]",
    "[4000::1]",
)
ADDRESSES = (
    "0.0.0.0",  # noqa: S104  # nothing is bound
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.9.9.9",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "5f00::1",
)


@dataclass(slots=True)
class Trap:
    """A server of this machine that nobody should find; counts who does."""

    port: int = 0
    visits: int = 0


@asynccontextmanager
async def trap() -> AsyncIterator[Trap]:
    found = Trap()

    def visited(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.visits += 1
        writer.close()

    server = await asyncio.start_server(visited, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    async with server:
        yield found


def slack(url: str, egress: Egress) -> Notifier:
    return SlackNotifier(channel="C0123456789", token=SECRET, api_url=f"{url}/api/", clock=FakeClock(), egress=egress)


def pagerduty(url: str, egress: Egress) -> Notifier:
    return PagerDutyNotifier(routing_key=SECRET, service="x", events_url=f"{url}/v2", clock=FakeClock(), egress=egress)


def webhook(url: str, egress: Egress) -> Notifier:
    return WebhookNotifier(url=f"{url}/hook", secret=SECRET, clock=FakeClock(), egress=egress)


def teams(url: str, egress: Egress) -> Notifier:
    return TeamsNotifier(url=f"{url}/workflows?sig={SECRET}", name="x", clock=FakeClock(), egress=egress)


def ntfy(url: str, egress: Egress) -> Notifier:
    return NtfyNotifier(url=f"{url}/", topic=SECRET, token=SECRET, name="x", clock=FakeClock(), egress=egress)


def email(url: str, egress: Egress) -> Notifier:
    host, port = place(url)
    server = MailServer(host=host, port=port, security="none", username="x", password=SECRET, egress=egress)
    return EmailNotifier(server, sender="tocsin@acme.test", recipients=["ada@acme.test"])


def place(url: str) -> tuple[str, int]:
    """A mail server has a host and a port where the others have a URL."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def slack_settings(url: str) -> SlackSettings:
    return SlackSettings.model_validate({"type": "slack", "channel": "C1", "token": SECRET, "api_url": f"{url}/api/"})


def pagerduty_settings(url: str) -> PagerDutySettings:
    return PagerDutySettings.model_validate({"type": "pagerduty", "routing_key": SECRET, "events_url": f"{url}/v2"})


def webhook_settings(url: str) -> WebhookSettings:
    return WebhookSettings.model_validate({"type": "webhook", "secret": SECRET, "url": f"{url}/hook"})


def teams_settings(url: str) -> TeamsSettings:
    return TeamsSettings.model_validate({"type": "teams", "url": f"{url}/workflows?sig={SECRET}"})


def ntfy_settings(url: str) -> NtfySettings:
    return NtfySettings.model_validate({"type": "ntfy", "url": f"{url}/", "topic": SECRET})


def email_settings(url: str) -> EmailSettings:
    host, port = place(url)
    people = {"sender": "tocsin@acme.test", "to": ["ada@acme.test"]}
    return EmailSettings.model_validate({"type": "email", "host": host, "port": port, "security": "none", **people})


CHANNELS: Mapping[str, Callable[[str, Egress], Notifier]] = MappingProxyType(
    {
        "slack": slack,
        "pagerduty": pagerduty,
        "webhook": webhook,
        "teams": teams,
        "ntfy": ntfy,
        "email": email,
    }
)
SETTINGS: Mapping[str, Callable[[str], NotifierSettings]] = MappingProxyType(
    {
        "slack": slack_settings,
        "pagerduty": pagerduty_settings,
        "webhook": webhook_settings,
        "teams": teams_settings,
        "ntfy": ntfy_settings,
        "email": email_settings,
    }
)
NOT_TAKEN = (DeliveryRejected, DeliveryRetryable, DeliveryInDoubt)
EVERY = pytest.mark.parametrize("kind", sorted(CHANNELS))
OVER_HTTP = pytest.mark.parametrize("kind", sorted(set(CHANNELS) - {"email"}))


async def attempted(notifier: Notifier) -> None:
    try:
        await notifier.send(message(), reference=None, timeout_seconds=LIMIT)
    finally:
        await notifier.close()


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_every_channel_that_leaves_this_machine_is_tried_here() -> None:
    assert set(CHANNELS) == set(SETTINGS) == set(NOTIFIERS) - {"log"}
    assert len(HOSTS) + len(ADDRESSES) >= 60


@EVERY
async def test_no_spelling_of_a_host_reaches_this_machine(kind: str) -> None:
    reached: list[str] = []
    async with trap() as found:
        for host in HOSTS:
            try:
                await attempted(CHANNELS[kind](f"http://{host}:{found.port}", Egress()))
            except NOT_TAKEN:
                continue
            reached.append(host)

        assert reached == []
        assert found.visits == 0


@EVERY
async def test_no_spelling_reaches_this_machine_by_way_of_the_configuration(kind: str) -> None:
    async with trap() as found:
        for host in HOSTS:
            try:
                settings = SETTINGS[kind](f"http://{host}:{found.port}")
            except ValidationError:
                continue
            with pytest.raises((*NOT_TAKEN, InvalidConfig)):
                await attempted(build(settings, clock=FakeClock(), egress=Egress()))

        assert found.visits == 0


@EVERY
@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]", "localhost", "10.0.0.1", "169.254.169.254"])
async def test_a_refusal_names_the_address_and_the_setting_and_is_for_a_human(kind: str, address: str) -> None:
    with pytest.raises(DeliveryRejected, match=r"its address [0-9a-f.:]+ is refused .*delivery\.allow_networks"):
        await attempted(CHANNELS[kind](f"http://{address}:9", Egress()))


@EVERY
async def test_a_name_that_leads_to_an_address_that_is_not_public_is_refused(kind: str) -> None:
    async with trap() as found:
        for address in ADDRESSES:
            names = ScriptedResolver({NAME: [[address]]})

            with pytest.raises(DeliveryRejected, match=r"delivery\.allow_networks"):
                await attempted(CHANNELS[kind](f"http://{NAME}:{found.port}", Egress(resolver=lambda: names)))  # noqa: B023  # used at once

        assert found.visits == 0


@EVERY
async def test_one_refused_address_among_others_refuses_the_name(kind: str) -> None:
    allowed = (IPv4Network("127.0.0.1/32"),)
    async with trap() as found:
        names = ScriptedResolver({NAME: [["127.0.0.1", "169.254.169.254"]]})

        with pytest.raises(DeliveryRejected, match=r"169\.254\.169\.254"):
            await attempted(CHANNELS[kind](f"http://{NAME}:{found.port}", Egress(allowed, resolver=lambda: names)))

        assert found.visits == 0


@EVERY
async def test_a_name_that_nobody_knows_is_tried_again_later(kind: str) -> None:
    names = ScriptedResolver({})

    with pytest.raises(DeliveryRetryable, match="cannot connect"):
        await attempted(CHANNELS[kind](f"http://{NAME}:9", Egress(resolver=lambda: names)))


async def test_an_answer_that_changes_after_the_check_is_not_looked_at() -> None:
    clock = FakeClock()
    async with FakeWebhook(clock, secret=SECRET) as receiver, trap() as found:
        url = receiver.url.replace("127.0.0.1", NAME)
        names = ScriptedResolver({NAME: [["127.0.0.1"], ["127.0.0.2"]]})
        egress = Egress((IPv4Network("127.0.0.1/32"),), resolver=lambda: names)

        await attempted(WebhookNotifier(url=url, secret=SECRET, clock=clock, egress=egress))
        with pytest.raises(DeliveryRejected, match=r"127\.0\.0\.2"):
            await attempted(WebhookNotifier(url=url, secret=SECRET, clock=clock, egress=egress))

        assert names.asked == [NAME, NAME]
        assert (len(receiver.received), found.visits) == (1, 0)


@OVER_HTTP
async def test_a_proxy_of_the_environment_is_asked_only_where_the_configuration_trusts_it(kind: str) -> None:
    async with trap() as proxy:
        here = f"http://127.0.0.1:{proxy.port}"
        names = ScriptedResolver({NAME: [["192.168.0.1"]]})
        loopback = (IPv4Network("127.0.0.0/8"),)
        with environment(HTTP_PROXY=here, http_proxy=here, NO_PROXY="", no_proxy=""):
            with pytest.raises(DeliveryRejected, match=r"192\.168\.0\.1"):
                await attempted(CHANNELS[kind](f"http://{NAME}:9", Egress(loopback, resolver=lambda: names)))
            visits_without_trust = proxy.visits
            with pytest.raises(DeliveryRejected, match=r"127\.0\.0\.1"):
                await attempted(CHANNELS[kind](f"http://{NAME}:9", Egress((), trust_proxy=True)))
            visits_while_refused = proxy.visits
            with pytest.raises(NOT_TAKEN):
                await attempted(CHANNELS[kind](f"http://{NAME}:9", Egress(loopback, trust_proxy=True)))

        assert (visits_without_trust, visits_while_refused, proxy.visits > 0) == (0, 0, True)


@pytest.mark.parametrize("address", ["8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700::1111"])
def test_public_addresses_pass(address: str) -> None:
    Egress().check(address)
