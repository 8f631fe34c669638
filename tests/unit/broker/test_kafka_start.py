"""Why Kafka did not let us in, told in words of the configuration. What only real Kafka says is tested there."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from streams.app import connected
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.errors import AccessRefused, BrokerUnavailable
from streams.kafka_security import KafkaSecurity, SecurityProtocol
from streams.settings import KafkaSettings
from tests.kafka.certificates import Authority


@asynccontextmanager
async def listening(certificate: Path | None = None, key: Path | None = None) -> AsyncIterator[str]:
    """A server that shakes hands, with TLS where it has a certificate, and then hangs up."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
    server = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def answer_of(address: str, security: KafkaSecurity) -> BrokerUnavailable:
    settings = KafkaSettings(bootstrap_servers=address, security=security, request_timeout_seconds=5)
    with pytest.raises(BrokerUnavailable) as refused:
        async with KafkaBroker(settings):
            pass
    return refused.value


async def test_a_certificate_of_an_authority_that_we_do_not_know_is_a_refusal(
    authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger", "Somebody else")
    async with listening(*authority.issue("kafka")) as address:
        told = await answer_of(address, KafkaSecurity(protocol=SecurityProtocol.SSL, ca_file=stranger.certificate))

    assert isinstance(told, AccessRefused)
    assert str(told).startswith(f"Kafka at {address} does not let us in: its certificate is not trusted (")
    assert str(told).endswith("; see kafka.security.ca_file")


async def test_a_certificate_for_another_host_is_a_refusal(authority: Authority) -> None:
    async with listening(*authority.issue("elsewhere", host_names="DNS:elsewhere.example")) as address:
        told = await answer_of(address, KafkaSecurity(protocol=SecurityProtocol.SSL, ca_file=authority.certificate))

    assert isinstance(told, AccessRefused)
    assert "127.0.0.1" in str(told).split("not trusted", 1)[1]


@pytest.mark.parametrize("protocol", [SecurityProtocol.PLAINTEXT, SecurityProtocol.SSL])
async def test_a_listener_that_hangs_up_may_speak_something_else(
    protocol: SecurityProtocol, authority: Authority
) -> None:
    ca_file = authority.certificate if protocol.encrypted else None
    async with listening() as address:
        told = await answer_of(address, KafkaSecurity(protocol=protocol, ca_file=ca_file))

    assert not isinstance(told, AccessRefused)  # it may be on its way down, too
    assert f"kafka.security.protocol {protocol}" in str(told)
    assert "this listener may want" in str(told)


async def test_where_nobody_listens_that_is_what_is_said() -> None:
    async with listening() as address:
        pass

    told = await answer_of(address, KafkaSecurity())

    assert not isinstance(told, AccessRefused)
    assert "Connect call failed" in str(told)


async def test_who_is_refused_at_the_start_does_not_try_for_ever(authority: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger", "Somebody else")
    security = KafkaSecurity(protocol=SecurityProtocol.SSL, ca_file=stranger.certificate)
    async with listening(*authority.issue("kafka")) as address, asyncio.timeout(10):
        broker = KafkaBroker(KafkaSettings(bootstrap_servers=address, security=security))

        with pytest.raises(AccessRefused, match="not trusted"):
            async with connected(broker, SystemClock(), asyncio.Event()):
                pass
