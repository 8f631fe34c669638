"""The AsyncAPI document. Its form is the specification's; that it is the code's own word is what matters here."""

from collections.abc import Iterator
from typing import Any

import pytest

from streams.asyncapi import document
from streams.kafka_security import KafkaSecurity, SaslMechanism, SecurityProtocol
from streams.kafka_topics import specs
from streams.mention import Mention
from streams.settings import KafkaSettings, StreamSettings

# Source: https://www.asyncapi.com/docs/reference/specification/v3.0.0#A2SObject
ROOT_KEYS = {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"}


def told(**kafka: Any) -> dict[str, Any]:
    return document(StreamSettings(kafka=KafkaSettings(**kafka)), version="1.2.3")


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolved(reference: str, root: dict[str, Any]) -> Any:
    assert reference.startswith("#/")
    node: Any = root
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def test_every_reference_leads_somewhere() -> None:
    root = told()

    found = list(references(root))

    assert len(found) > 40
    assert all(resolved(reference, root) for reference in found)


def test_has_the_keys_of_the_specification() -> None:
    root = told()

    assert set(root) <= ROOT_KEYS
    assert root["asyncapi"] == "3.0.0"
    assert root["info"]["version"] == "1.2.3"
    assert all(operation["action"] in {"send", "receive"} for operation in root["operations"].values())
    assert all(server["host"] and server["protocol"] for server in root["servers"].values())


def test_every_kafka_topic_is_a_channel_under_the_names_of_the_settings() -> None:
    settings = StreamSettings(kafka=KafkaSettings(mentions="listening", prefix="acme", partitions=3))

    channels = document(settings, version="1")["channels"]

    assert set(channels) == {spec.name for spec in specs(settings)}
    for spec in specs(settings):
        bindings = channels[spec.name]["bindings"]["kafka"]
        assert (bindings["topic"], bindings["partitions"]) == (spec.name, spec.partitions)
        assert channels[spec.name]["messages"]


def test_a_mention_is_described_field_by_field() -> None:
    mention = told()["components"]["schemas"]["Mention"]

    assert set(mention["properties"]) == set(Mention.__struct_fields__)
    assert mention["required"] == ["id", "platform", "published_at", "text"]


@pytest.mark.parametrize(
    ("mechanism", "expected"),
    [
        (SaslMechanism.PLAIN, "plain"),
        (SaslMechanism.SCRAM_SHA_256, "scramSha256"),
        (SaslMechanism.SCRAM_SHA_512, "scramSha512"),
    ],
)
def test_says_how_to_get_in_and_no_secret(mechanism: SaslMechanism, expected: str) -> None:
    security = KafkaSecurity.model_validate(
        {"protocol": SecurityProtocol.SASL_SSL, "mechanism": mechanism, "username": "ann", "password": "very-secret"}
    )

    root = told(bootstrap_servers="one:9092, two:9092", security=security)

    assert [server["host"] for server in root["servers"].values()] == ["one:9092", "two:9092"]
    assert {server["protocol"] for server in root["servers"].values()} == {"kafka-secure"}
    assert root["components"]["securitySchemes"] == {"login": {"type": expected}}
    assert "very-secret" not in repr(root)
