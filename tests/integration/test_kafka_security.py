"""TLS, certificates and passwords on Apache Kafka."""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from streams.broker.base import Guarantee, Outgoing, Partition, TopicSpec
from streams.broker.kafka import KafkaBroker
from streams.clock import SystemClock
from streams.errors import AccessRefused, BrokerUnavailable
from streams.kafka_security import KafkaSecurity, SaslMechanism, SecurityProtocol
from streams.settings import KafkaSettings
from tests.fakes import refund_crisis
from tests.fakes.served import Served, free_port
from tests.fakes.vendors import API_KEY
from tests.kafka.certificates import Authority, OpensslMissing
from tests.kafka.jars import ApacheKafkaMissing
from tests.kafka.secured import PASSWORD, USER, SecuredKafka
from tests.kafka.selection import required

pytestmark = [pytest.mark.integration, pytest.mark.apache]

WRONG: Final = "not the password"
TOCSIN: Final = Path(sys.executable).with_name("tocsin")


@pytest.fixture(scope="module")
def node() -> Iterator[SecuredKafka]:
    try:
        node = SecuredKafka()
        node.start()
    except (ApacheKafkaMissing, OpensslMissing) as exc:
        if required(os.environ, "KAFKA"):
            pytest.fail(f"TOCSIN_REQUIRE_KAFKA is set, but: {exc}", pytrace=False)
        pytest.skip(str(exc))
    try:
        yield node
    finally:
        node.close()


@pytest.fixture(scope="module")
def ways(node: SecuredKafka) -> dict[str, KafkaSecurity]:
    """Ways in, and ways that lead nowhere, by name."""
    password, wrong = node.folder / "password", node.folder / "wrong"
    for file, text in ((password, PASSWORD), (wrong, WRONG)):
        file.write_text(f"{text}\n", encoding="utf-8")
        file.chmod(0o600)
    stranger = Authority(node.folder / "stranger", "Somebody else")
    ours, theirs = node.authority.issue("client"), stranger.issue("client")
    scram, plaintext = SaslMechanism.SCRAM_SHA_512, SecurityProtocol.SASL_PLAINTEXT

    def certificate(pair: tuple[Path, Path] | tuple[None, None]) -> KafkaSecurity:
        return KafkaSecurity(
            protocol=SecurityProtocol.SSL,
            ca_file=node.authority.certificate,
            client_certificate_file=pair[0],
            client_key_file=pair[1],
        )

    return {
        **{f"{mechanism} over TLS": node.logged_in(mechanism, password) for mechanism in SaslMechanism},
        "SCRAM without TLS": node.logged_in(scram, password, plaintext),
        "our certificate": certificate(ours),
        **{f"{mechanism}, wrong password": node.logged_in(mechanism, wrong) for mechanism in SaslMechanism},
        "unknown user": node.logged_in(scram, password).model_copy(update={"username": "nobody"}),
        "a mechanism that is off": node.logged_in(SaslMechanism.SCRAM_SHA_256, password, plaintext),
        "no certificate of ours": certificate((None, None)),
        "a stranger's certificate": certificate(theirs),
        "Kafka's authority unknown": node.logged_in(scram, password).model_copy(
            update={"ca_file": stranger.certificate}
        ),
        "no login": KafkaSecurity(protocol=SecurityProtocol.SSL, ca_file=node.authority.certificate),
    }


@pytest.mark.parametrize(
    "way", [*(f"{mechanism} over TLS" for mechanism in SaslMechanism), "SCRAM without TLS", "our certificate"]
)
async def test_every_client_gets_in(
    way: str, node: SecuredKafka, ways: dict[str, KafkaSecurity], unique_name: str
) -> None:
    source, target = Partition(f"{unique_name}.in", 0), Partition(f"{unique_name}.out", 0)
    async with KafkaBroker(node.settings(ways[way])) as broker:
        await broker.create_topics([TopicSpec(source.kafka_topic, 1), TopicSpec(target.kafka_topic, 1)])
        await broker.send([Outgoing(source.kafka_topic, b"k", b"in")])
        consumer = await broker.consumer(unique_name, [source.kafka_topic])
        while not (await consumer.poll(max_records=10, wait_seconds=0.2)).assigned:
            pass
        writer = broker.writer(unique_name, source)
        await consumer.start(source, await writer.open())
        while not (poll := await consumer.poll(max_records=10, wait_seconds=0.2)).batches:
            pass
        await writer.commit([Outgoing(target.kafka_topic, b"k", b"out")], 1)
        written = [record.value async for pack in broker.scan(target, None) for record in pack]

        assert [record.value for record in poll.batches[0].records] == [b"in"]
        assert written == [b"out"]
        assert await broker.writer(unique_name, source).open() == 1


async def test_a_position_is_committed_over_tls_without_transactions_too(
    node: SecuredKafka, ways: dict[str, KafkaSecurity], unique_name: str
) -> None:
    settings = node.settings(ways["SCRAM-SHA-512 over TLS"])
    source = Partition(unique_name, 0)
    async with KafkaBroker(settings.model_copy(update={"guarantee": Guarantee.AT_LEAST_ONCE})) as broker:
        await broker.create_topics([TopicSpec(unique_name, 1)])
        await broker.writer(unique_name, source).commit([], 7)

        assert await broker.writer(unique_name, source).open() == 7


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        *(
            (
                f"{mechanism}, wrong password",
                f"does not accept user '{USER}' with this password over {mechanism}; see kafka.security.username",
            )
            for mechanism in SaslMechanism
        ),
        ("unknown user", "does not accept user 'nobody'"),
        ("a mechanism that is off", "does not take the mechanism SCRAM-SHA-256; see kafka.security.mechanism"),
        ("no certificate of ours", "wants a certificate of ours; see kafka.security.client_certificate_file"),
        ("a stranger's certificate", "refuses our certificate"),
        ("Kafka's authority unknown", "its certificate is not trusted"),
    ],
)
async def test_who_is_not_let_in_is_told_which_setting_to_look_at(
    way: str, expected: str, node: SecuredKafka, ways: dict[str, KafkaSecurity]
) -> None:
    with pytest.raises(AccessRefused) as refused:
        async with asyncio.timeout(10), KafkaBroker(node.settings(ways[way])):
            pass

    assert expected in str(refused.value)
    assert PASSWORD not in str(refused.value)
    assert WRONG not in str(refused.value)


@pytest.mark.parametrize(
    ("way", "listener"),
    [
        ("no login", SecurityProtocol.SASL_SSL),
        ("SCRAM-SHA-512 over TLS", SecurityProtocol.PLAINTEXT),
        ("no login", SecurityProtocol.PLAINTEXT),
    ],
)
async def test_the_wrong_protocol_is_told_from_silence(
    way: str, listener: SecurityProtocol, node: SecuredKafka, ways: dict[str, KafkaSecurity]
) -> None:
    settings = node.settings(ways[way]).model_copy(update={"bootstrap_servers": node.address(listener)})

    with pytest.raises(BrokerUnavailable, match=f"kafka.security.protocol {ways[way].protocol}"):
        async with asyncio.timeout(15), KafkaBroker(settings):
            pass


def document(kafka: KafkaSettings, folder: Path) -> dict[str, Any]:
    return {
        "kafka": kafka.model_dump(mode="json", exclude_none=True),
        "topics": [topic.model_dump(mode="json") for topic in refund_crisis.settings(kafka).topics],
        "database": {"url": f"sqlite:///{folder / 'tocsin.db'}"},
        "api": {"port": free_port(), "keys": [{"name": "on-call", "key": API_KEY}]},
    }


async def test_the_whole_service_runs_over_tls_with_a_password(
    node: SecuredKafka, ways: dict[str, KafkaSecurity], unique_name: str, tmp_path: Path
) -> None:
    names = {"mentions": f"{unique_name}.mentions", "prefix": unique_name, "partitions": 1}
    kafka = node.settings(ways["SCRAM-SHA-512 over TLS"]).model_copy(update=names)
    served = Served(tmp_path, document(kafka, tmp_path))
    mentions = tmp_path / "mentions.jsonl"
    mentions.write_text('{"id":"1","platform":"x","published_at":"2026-01-05T12:00:00Z","text":"refund!"}\n')
    try:
        await served.command("kafka", "init", seconds=60)
        await served.start()
        await served.command("produce", str(mentions), seconds=60)
        async with asyncio.timeout(30):
            while sum(await served.metrics("tocsin_mentions_matched_total")) < 1:
                await SystemClock().sleep(0.1)
        assert await served.stop() == 0, served.said()
    finally:
        served.end()

    assert PASSWORD not in served.said()


async def test_a_service_with_a_wrong_password_ends_and_says_why(
    node: SecuredKafka, ways: dict[str, KafkaSecurity], tmp_path: Path
) -> None:
    config = tmp_path / "tocsin.yaml"
    wrong = node.settings(ways["SCRAM-SHA-256, wrong password"])
    config.write_text(yaml.safe_dump(document(wrong, tmp_path)), encoding="utf-8")

    process = await asyncio.create_subprocess_exec(
        *(TOCSIN, "serve", "--config", config),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(30):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert process.returncode == 5, said.decode()
    assert said.decode().splitlines()[-1].endswith("see kafka.security.username and password_file")
    assert WRONG not in said.decode()
    assert "Traceback" not in said.decode()
