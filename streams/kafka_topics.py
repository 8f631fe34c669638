"""The Kafka topics of Tocsin: how they have to be, whether they are, and who may do what."""

import shlex
from collections.abc import Mapping
from contextlib import aclosing
from typing import Final

from streams import codec
from streams.broker.base import Broker, Partition, TopicDescription, TopicSpec
from streams.errors import InvalidMention
from streams.kafka_security import SecurityProtocol
from streams.settings import StreamSettings

_DAY_MS: Final = 86_400_000
_RECORD_BYTES: Final = 1_048_588  # Kafka's own default: a mention of 1,000,000 bytes and what surrounds it
_SAMPLED_RECORDS: Final = 200


def specs(settings: StreamSettings, *, mentions_partitions: int | None = None) -> tuple[TopicSpec, ...]:
    """Every Kafka topic that the roles need.

    A changelog has as many partitions as what its stage reads, mentions or partials: the state of a partition stands in
    the partition of the same number. Topics have one, whose order makes changes follow one another; feeds have one,
    because one partition of the detect stage speaks of them; notices have one, whose order says which
    holds. Mentions carry the broker's own time, so that latency is measured from its acceptance, and so that replayed
    history is not deleted at once for its age.
    """
    kafka = settings.kafka
    own_partitions = {
        kafka.score_state: mentions_partitions or kafka.partitions,
        kafka.topics: 1,
        kafka.watch: 1,
        kafka.feeds: 1,
        kafka.notices: 1,
    }
    log_append = {"message.timestamp.type": "LogAppendTime"}
    compacted = {
        "cleanup.policy": "compact",
        "max.message.bytes": str(4 * _RECORD_BYTES),
        "min.cleanable.dirty.ratio": "0.1",
        "segment.ms": str(_DAY_MS // 24),
        "segment.bytes": str(64 * 1024 * 1024),
    }
    shapes: tuple[tuple[str, Mapping[str, str]], ...] = (
        (kafka.mentions, _kept(days=7) | log_append),
        (kafka.dead_letters, _kept(days=30) | {"max.message.bytes": str(2 * _RECORD_BYTES)}),
        (kafka.partials, _kept(days=7)),
        (kafka.detections, _kept(days=30)),
        (kafka.windows, _kept(days=7)),
        (kafka.feeds, _kept(days=1)),
        (kafka.notices, _kept(days=90)),
        (kafka.contacts, _kept(days=7) | log_append),
        (kafka.contact_dead_letters, _kept(days=30) | {"max.message.bytes": str(2 * _RECORD_BYTES)}),
        (kafka.replies, _kept(days=7)),
        (kafka.score_state, compacted),
        (kafka.detect_state, compacted),
        (kafka.detect_anchors, _kept(days=7) | {"max.message.bytes": str(4 * _RECORD_BYTES)}),
        (kafka.watch, compacted | {"max.message.bytes": str(_RECORD_BYTES)}),
        (kafka.topics, compacted | {"max.message.bytes": str(_RECORD_BYTES)}),
    )
    common = {
        "max.message.bytes": str(_RECORD_BYTES),
        "min.insync.replicas": str(max(1, kafka.replication - 1)),
    }
    return tuple(
        TopicSpec(
            name=name,
            partitions=own_partitions.get(name, kafka.partitions),
            replication=kafka.replication,
            config=common | dict(config),
        )
        for name, config in shapes
    )


def _kept(*, days: int) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(days * _DAY_MS)}


async def create(broker: Broker, settings: StreamSettings) -> dict[str, bool]:
    """Create what is missing, leave alone what exists; answer for each Kafka topic whether it was created.

    Raises:
        BrokerUnavailable: Kafka does not answer or refuses.
    """
    before = await broker.describe_topics([spec.name for spec in specs(settings)])
    wanted = specs(settings, mentions_partitions=_mentions_partitions(before, settings))
    await broker.create_topics([spec for spec in wanted if spec.name not in before])
    return {spec.name: spec.name not in before for spec in wanted}


def _mentions_partitions(found: Mapping[str, TopicDescription], settings: StreamSettings) -> int | None:
    mentions = found.get(settings.kafka.mentions)
    return None if mentions is None else mentions.partitions


async def check(broker: Broker, settings: StreamSettings) -> tuple[str, ...]:
    """What is wrong with the Kafka topics, one finished sentence each; empty where all is well.

    The mentions' keys are looked at in the oldest 200 records of each partition.

    Raises:
        BrokerUnavailable: Kafka does not answer.
    """
    found = await broker.describe_topics([spec.name for spec in specs(settings)])
    wanted = specs(settings, mentions_partitions=_mentions_partitions(found, settings))
    problems: list[str] = []
    for spec in wanted:
        there = found.get(spec.name)
        if there is None:
            problems.append(f"{spec.name} does not exist; `tocsin kafka init` creates it")
        else:
            kafka = settings.kafka
            beside = {
                kafka.mentions,
                kafka.dead_letters,
                kafka.contacts,
                kafka.contact_dead_letters,
            }  # as many as given
            problems += _differences(spec, there, own=spec.name not in beside)
    mentions = found.get(settings.kafka.mentions)
    if mentions is not None:
        for number in range(mentions.partitions):
            problems += await _foreign_keys(broker, Partition(mentions.name, number))
    return tuple(problems)


def _differences(spec: TopicSpec, there: TopicDescription, *, own: bool) -> list[str]:
    problems: list[str] = []
    if own and there.partitions != spec.partitions:
        problems.append(f"{spec.name} has {there.partitions} partitions; it has to have {spec.partitions}")
    if there.replication < spec.replication:
        problems.append(f"{spec.name} has {there.replication} replicas; the configuration says {spec.replication}")
    policy = there.config.get("cleanup.policy", "delete")
    if policy != spec.config["cleanup.policy"]:
        problems.append(f"{spec.name} has cleanup.policy={policy}; it has to be {spec.config['cleanup.policy']}")
    for key, unit in (("retention.ms", "ms"), ("max.message.bytes", "bytes"), ("min.insync.replicas", "replicas")):
        least, actual = spec.config.get(key), there.config.get(key)
        if least is None or actual is None or not actual.lstrip("-").isdecimal():
            continue
        unlimited = key == "retention.ms" and int(actual) < 0
        if int(actual) < int(least) and not unlimited:
            problems.append(f"{spec.name} has {key}={actual}; it has to be at least {least} {unit}")
    return problems


async def _foreign_keys(broker: Broker, partition: Partition) -> list[str]:
    looked_at = 0
    async with aclosing(broker.scan(partition, None)) as packs:  # type: ignore[type-var]  # scan is a generator
        async for records in packs:
            for record in records[: _SAMPLED_RECORDS - looked_at]:
                try:
                    key = codec.decode_mention(record.value).key
                except InvalidMention:
                    continue
                if record.key != key.encode():
                    problem = (
                        f"{partition} offset {record.offset} has the key {_shown(record.key)}; mentions are keyed by "
                        f"platform:id, here {_shown(key.encode())}, or their updates count twice"
                    )
                    return [problem]
            looked_at += len(records)
            if looked_at >= _SAMPLED_RECORDS:
                break
    return []


def _shown(key: bytes | None) -> str:
    return "none" if key is None else ascii(key.decode(errors="replace")[:80])


def acls(settings: StreamSettings, *, principal: str = "User:tocsin-{role}") -> str:
    """The commands that give each role what it needs and nothing else, for `kafka-acls.sh`.

    Where Kafka is not open, `admin.properties` is the file that says how whoever runs them gets in.
    """
    kafka = settings.kafka
    score, detect, alert = (f"{kafka.prefix}-{role}" for role in ("score", "detect", "alert"))
    topics = f"{kafka.prefix}-topics"
    rights: tuple[tuple[str, tuple[tuple[str, str, bool, str], ...]], ...] = (
        (
            "score",
            (
                ("topic", kafka.topics, False, "Read"),
                ("topic", kafka.mentions, False, "Read"),
                ("topic", kafka.score_state, False, "Read"),
                ("topic", kafka.score_state, False, "Write"),
                ("topic", kafka.dead_letters, False, "Write"),
                ("topic", kafka.partials, False, "Write"),
                ("topic", kafka.replies, False, "Write"),
                ("group", score, False, "Read"),
                ("transactional-id", f"{score}-", True, "Write"),
            ),
        ),
        (
            "detect",
            (
                ("topic", kafka.partials, False, "Read"),
                ("topic", kafka.detect_state, False, "Read"),
                ("topic", kafka.detect_state, False, "Write"),
                ("topic", kafka.detect_anchors, False, "Write"),
                ("topic", kafka.detections, False, "Write"),
                ("topic", kafka.windows, False, "Write"),
                ("topic", kafka.watch, False, "Write"),
                ("topic", kafka.feeds, False, "Write"),
                ("group", detect, False, "Read"),
                ("transactional-id", f"{detect}-", True, "Write"),
            ),
        ),
        (
            "alert",
            (
                ("topic", kafka.detections, False, "Read"),
                ("topic", kafka.windows, False, "Read"),
                ("topic", kafka.watch, False, "Read"),
                ("topic", kafka.feeds, False, "Read"),
                ("topic", kafka.notices, False, "Read"),
                ("topic", kafka.replies, False, "Read"),
                ("topic", kafka.contacts, False, "Read"),
                ("topic", kafka.contacts, False, "Write"),
                ("topic", kafka.contact_dead_letters, False, "Write"),
                ("topic", kafka.dead_letters, False, "Read"),
                ("topic", kafka.mentions, False, "Write"),
                ("topic", kafka.topics, False, "Read"),
                ("topic", kafka.topics, False, "Write"),
                ("group", alert, False, "Read"),
                ("group", f"{alert}-windows", False, "Read"),
                ("group", f"{alert}-notices", False, "Read"),
                ("group", f"{alert}-replies", False, "Read"),
                ("group", f"{alert}-contacts", False, "Read"),
                ("group", topics, False, "Read"),
                ("transactional-id", f"{topics}-", True, "Write"),
            ),
        ),
    )
    login = "" if kafka.security.protocol is SecurityProtocol.PLAINTEXT else " --command-config admin.properties"
    lines: list[str] = []
    for role, grants in rights:
        lines.append(f"# {role}")
        for kind, name, prefixed, operation in grants:
            pattern = " --resource-pattern-type prefixed" if prefixed else ""
            looks = " --operation DescribeConfigs" if kind == "topic" else ""  # a role looks at its topics as it starts
            lines.append(
                f"kafka-acls.sh --bootstrap-server {shlex.quote(kafka.bootstrap_servers)}{login} --add"
                f" --allow-principal {shlex.quote(principal.format(role=role))}"
                f" --operation {operation} --operation Describe{looks} --{kind} {shlex.quote(name)}{pattern}"
            )
    return "\n".join(lines) + "\n"
