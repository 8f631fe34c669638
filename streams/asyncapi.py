"""The Kafka topics and their records as an AsyncAPI document, for whoever writes to them or reads along."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from streams import codec
from streams.broker.base import TopicSpec
from streams.contact import Contact
from streams.definition import Definition
from streams.events import Detection, PartialCount, Watermark, WindowCount
from streams.feed_report import FeedReport
from streams.kafka_security import SaslMechanism
from streams.kafka_topics import specs
from streams.mention import Mention
from streams.notice_record import NoticeRecord
from streams.public_reply import PublicReply
from streams.settings import KafkaSettings, StreamSettings
from streams.topic import Declared
from streams.watched import Watched

# Source: https://www.asyncapi.com/docs/reference/specification/v3.0.0
SPECIFICATION: Final = "3.0.0"
# Source: https://github.com/asyncapi/bindings/tree/master/kafka
_BINDING: Final = "0.5.0"
_JSON: Final = "application/json"
_MSGPACK: Final = "application/vnd.msgpack"
_SCHEMES: Final[Mapping[SaslMechanism, str]] = {
    SaslMechanism.PLAIN: "plain",
    SaslMechanism.SCRAM_SHA_256: "scramSha256",
    SaslMechanism.SCRAM_SHA_512: "scramSha512",
}
_KEY: Final[Mapping[str, Any]] = {"type": "string"}
_OURS: Final = "Tocsin's own; free to change from one version to the next."


def document(settings: StreamSettings, *, version: str) -> dict[str, Any]:
    """The document for the Kafka and the names of these settings, as plain values.

    Args:
        version: Tocsin's own.
    """
    kafka = settings.kafka
    messages = _messages(kafka)
    schemas = codec.schemas_of(
        (
            Mention,
            Declared,
            PartialCount,
            Watermark,
            Definition,
            Detection,
            WindowCount,
            Watched,
            FeedReport,
            NoticeRecord,
            PublicReply,
            Contact,
        ),
        "#/components/schemas/{name}",
    )
    channels = {spec.name: _channel(spec, messages[spec.name]) for spec in specs(settings)}
    return {
        "asyncapi": SPECIFICATION,
        "info": {
            "title": "Tocsin",
            "version": version,
            "description": "The Kafka topics of Tocsin. Write mentions and contacts; read detections, windows and "
            "feeds, with isolation.level=read_committed. Everything else is between its roles.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": _JSON,
        "servers": _servers(kafka),
        "channels": channels,
        "operations": _operations(kafka, messages),
        "components": {
            "messages": {name: message for of_topic in messages.values() for name, message in of_topic.items()},
            "schemas": schemas,
            **_security_schemes(kafka),
        },
    }


def _messages(kafka: KafkaSettings) -> dict[str, dict[str, dict[str, Any]]]:
    """Every kind of record by Kafka topic and name."""
    origin = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("reason", "kafka_topic", "partition", "offset")},
    }
    return {
        kafka.mentions: {"mention": _message(Mention, "platform:id")},
        kafka.dead_letters: {"deadLetter": _letter("mention", origin)},
        kafka.contacts: {"contact": _message(Contact, "of your own choice, the id best")},
        kafka.contact_dead_letters: {"contactDeadLetter": _letter("contact", origin)},
        kafka.partials: {
            "pack": _pack((PartialCount, Watermark, Definition)),
            "partialCount": _message(PartialCount, "the topic", own=True),
            "watermark": _message(Watermark, None, own=True),
            "definition": _message(Definition, None, own=True),
        },
        kafka.detections: {"detection": _message(Detection, "the topic")},
        kafka.windows: {"windowCount": _message(WindowCount, "the topic")},
        kafka.notices: {"notice": _message(NoticeRecord, "the notice's id")},
        kafka.replies: {"publicReply": _message(PublicReply, "the answer")},
        kafka.feeds: {"feedReport": _message(FeedReport, "always the same")},
        kafka.score_state: {"scoreState": _opaque("The index of counted mentions")},
        kafka.detect_state: {"detectState": _opaque("Snapshots of the detectors")},
        kafka.detect_anchors: {"detectAnchor": _opaque("The first snapshots of a day")},
        kafka.watch: {"watchedTopic": _message(Watched, "the topic")},
        kafka.topics: {"declaredTopic": _message(Declared, "the topic")},
    }


def _letter(kind: str, origin: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": f"A record that is no {kind}, as it came",
        "contentType": "application/octet-stream",
        "headers": origin,
        "payload": {"description": "The bytes that could not be read."},
    }


def _opaque(title: str) -> dict[str, Any]:
    return {"title": title, "contentType": _MSGPACK, "payload": {"description": _OURS}}


def _message(kind: type, key: str | None, *, own: bool = False) -> dict[str, Any]:
    promise = (kind.__doc__ or "").strip().partition("\n")[0]
    message: dict[str, Any] = {
        "title": kind.__name__,
        "summary": promise,
        "contentType": _MSGPACK if own else _JSON,
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
    }
    if own:
        message["description"] = f"{_OURS} The name of its kind, then the value."
        message["payload"] = _pair(kind)
    if key is not None:
        message["bindings"] = {"kafka": {"key": {**_KEY, "description": key}, "bindingVersion": _BINDING}}
    return message


def _pack(kinds: Sequence[type]) -> dict[str, Any]:
    parts = [_pair(kind) for kind in kinds]
    body = _array([{"const": codec.PARTS_VERSION}, {"type": "array", "items": {"oneOf": parts}}])
    return {
        "title": "Pack",
        "summary": "What one write of a score stage tells one partition, in its order.",
        "description": f"{_OURS} The word `pack`, then the version and the parts, each as it would stand by itself.",
        "contentType": _MSGPACK,
        "payload": _array([{"const": "pack"}, body]),
    }


def _pair(kind: type) -> dict[str, Any]:
    return _array([{"type": "string"}, {"$ref": f"#/components/schemas/{kind.__name__}"}])


def _array(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": len(items), "maxItems": len(items)}


def _channel(spec: TopicSpec, messages: Mapping[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = {
        name: int(value) if value.lstrip("-").isdigit() else value for name, value in sorted(spec.config.items())
    }
    if "cleanup.policy" in config:
        config["cleanup.policy"] = str(config["cleanup.policy"]).split(",")
    return {
        "address": spec.name,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {
            "kafka": {
                "topic": spec.name,
                "partitions": spec.partitions,
                "replicas": spec.replication,
                "topicConfiguration": config,
                "bindingVersion": _BINDING,
            }
        },
    }


def _operations(kafka: KafkaSettings, messages: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What Tocsin does with each Kafka topic, all of its roles together."""
    sent = tuple(messages)
    received = tuple(name for name in sent if name not in {kafka.dead_letters, kafka.contact_dead_letters})
    return {
        f"{action}.{name}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{name}"},
            "messages": [{"$ref": f"#/channels/{name}/messages/{kind}"} for kind in messages[name]],
        }
        for action, names in (("receive", received), ("send", sent))
        for name in names
    }


def _servers(kafka: KafkaSettings) -> dict[str, Any]:
    protocol = "kafka-secure" if kafka.security.protocol.encrypted else "kafka"
    schemes = [{"$ref": f"#/components/securitySchemes/{name}"} for name in _schemes(kafka)]
    return {
        f"kafka-{number}": {
            "host": host.strip(),
            "protocol": protocol,
            **({"security": schemes} if schemes else {}),
        }
        for number, host in enumerate(kafka.bootstrap_servers.split(","), start=1)
    }


def _schemes(kafka: KafkaSettings) -> dict[str, Any]:
    security = kafka.security
    if security.mechanism is not None:
        return {"login": {"type": _SCHEMES[security.mechanism]}}
    return {"certificate": {"type": "X509"}} if security.client_certificate_file is not None else {}


def _security_schemes(kafka: KafkaSettings) -> dict[str, Any]:
    found = _schemes(kafka)
    return {"securitySchemes": found} if found else {}
