import msgspec
import pytest

from streams import codec
from streams.broker.base import Outgoing, TopicSpec
from streams.broker.memory import MemoryBroker
from streams.broker.memory_cluster import MemoryCluster
from streams.kafka_topics import acls, check, create, specs
from streams.mention import Mention
from streams.settings import KafkaSettings, StreamSettings
from tests.fakes.clock import START

SETTINGS = StreamSettings(kafka=KafkaSettings(partitions=3, replication=1))
MENTION = Mention(id="7", platform="x", published_at=START, text="hi")


def broker_with(*topics: TopicSpec) -> MemoryBroker:
    cluster = MemoryCluster()
    for spec in topics:
        cluster.create(spec)
    return MemoryBroker(cluster)


def changed(name: str, **change: object) -> tuple[TopicSpec, ...]:
    return tuple(msgspec.structs.replace(spec, **change) if spec.name == name else spec for spec in specs(SETTINGS))


def reconfigured(name: str, key: str, value: str) -> tuple[TopicSpec, ...]:
    config = next(dict(spec.config) for spec in specs(SETTINGS) if spec.name == name)
    return changed(name, config=config | {key: value})


def test_every_kafka_topic_of_the_settings_is_specified() -> None:
    kafka = SETTINGS.kafka

    assert {spec.name for spec in specs(SETTINGS)} == {
        kafka.topics,
        kafka.mentions,
        kafka.dead_letters,
        kafka.partials,
        kafka.detections,
        kafka.windows,
        kafka.feeds,
        kafka.notices,
        kafka.contacts,
        kafka.contact_dead_letters,
        kafka.replies,
        kafka.score_state,
        kafka.detect_state,
        kafka.detect_anchors,
        kafka.watch,
    }


@pytest.mark.parametrize("partitions", [1, 6, 48])
def test_partials_and_the_state_restored_with_them_have_the_same_partitions(partitions: int) -> None:
    settings = StreamSettings(kafka=KafkaSettings(partitions=partitions))

    counts = {spec.name: spec.partitions for spec in specs(settings)}

    assert counts[settings.kafka.partials] == counts[settings.kafka.detect_state] == partitions


def test_the_state_of_score_has_as_many_partitions_as_the_mentions() -> None:
    counts = {spec.name: spec.partitions for spec in specs(SETTINGS, mentions_partitions=12)}

    assert counts[SETTINGS.kafka.score_state] == 12
    assert counts[SETTINGS.kafka.detect_state] == 3


async def test_creates_what_is_missing_to_fit_the_mentions_that_are_there() -> None:
    broker = broker_with(TopicSpec("mentions", 12, config=specs(SETTINGS)[0].config))

    created = await create(broker, SETTINGS)

    assert [name for name, fresh in created.items() if not fresh] == ["mentions"]
    assert await check(broker, SETTINGS) == ()


def test_only_what_is_read_from_its_beginning_is_compacted() -> None:
    compacted = {spec.name for spec in specs(SETTINGS) if spec.config["cleanup.policy"] == "compact"}

    kafka = SETTINGS.kafka
    assert compacted == {kafka.topics, kafka.score_state, kafka.detect_state, kafka.watch}


@pytest.mark.parametrize(("replication", "in_sync"), [(1, "1"), (2, "1"), (3, "2")])
def test_a_record_counts_when_all_but_one_replica_have_it(replication: int, in_sync: str) -> None:
    settings = StreamSettings(kafka=KafkaSettings(replication=replication))

    assert {spec.config["min.insync.replicas"] for spec in specs(settings)} == {in_sync}


async def test_finds_nothing_wrong_with_what_init_created() -> None:
    assert await check(broker_with(*specs(SETTINGS)), SETTINGS) == ()


async def test_names_every_missing_topic_at_once() -> None:
    problems = await check(broker_with(), SETTINGS)

    assert len(problems) == 15
    assert all("does not exist" in problem for problem in problems)


@pytest.mark.parametrize(
    ("topics", "part_of_problem"),
    [
        (changed("mentions", partitions=12), "tocsin.score-state has 3 partitions; it has to have 12"),
        (changed("tocsin.partials", partitions=2), "tocsin.partials has 2 partitions; it has to have 3"),
        (
            reconfigured("tocsin.detect-state", "cleanup.policy", "delete"),
            "cleanup.policy=delete; it has to be compact",
        ),
        (reconfigured("tocsin.partials", "cleanup.policy", "compact"), "cleanup.policy=compact; it has to be delete"),
        (reconfigured("tocsin.partials", "retention.ms", "60000"), "retention.ms=60000; it has to be at least"),
        (reconfigured("mentions", "max.message.bytes", "1000"), "max.message.bytes=1000; it has to be at least"),
    ],
)
async def test_says_what_differs(topics: tuple[TopicSpec, ...], part_of_problem: str) -> None:
    problems = await check(broker_with(*topics), SETTINGS)

    assert len(problems) == 1
    assert part_of_problem in problems[0]


@pytest.mark.parametrize(
    "topics",
    [
        tuple(
            msgspec.structs.replace(spec, partitions=12) if spec.name in {"mentions", "tocsin.score-state"} else spec
            for spec in specs(SETTINGS)
        ),
        reconfigured("mentions", "retention.ms", "-1"),
    ],
)
async def test_mentions_may_have_partitions_of_their_own_and_be_kept_for_ever(topics: tuple[TopicSpec, ...]) -> None:
    assert await check(broker_with(*topics), SETTINGS) == ()


async def test_too_few_replicas_are_a_problem() -> None:
    settings = StreamSettings(kafka=KafkaSettings(partitions=3, replication=3))

    problems = await check(broker_with(*specs(settings)), settings)  # a memory cluster has one replica of everything

    assert "mentions has 1 replicas; the configuration says 3" in problems


@pytest.mark.parametrize("key", [b"7", None, b"\x1b[2J"])
async def test_mentions_that_are_keyed_otherwise_are_named_with_their_place(key: bytes | None) -> None:
    broker = broker_with(*specs(SETTINGS))
    await broker.send(
        [
            Outgoing("mentions", MENTION.key.encode(), codec.encode_mention(MENTION), partition=1),
            Outgoing("mentions", b"whatever", b"not a mention", partition=1),
            Outgoing("mentions", key, codec.encode_mention(MENTION), partition=1),
        ]
    )

    problems = await check(broker, SETTINGS)

    assert len(problems) == 1
    assert problems[0].startswith("mentions-1 offset 2 has the key ")
    assert "'x:7'" in problems[0]
    assert "\x1b" not in problems[0]


def test_prints_rights_for_every_role_and_lets_none_write_what_it_only_reads() -> None:
    text = acls(SETTINGS)

    score = text[text.index("# score") : text.index("# detect")]
    assert "--operation Read --operation Describe --operation DescribeConfigs --topic mentions" in score
    assert "--operation Write --operation Describe --operation DescribeConfigs --topic mentions\n" not in score
    assert "--transactional-id tocsin-score- --resource-pattern-type prefixed" in score
    assert "--topic tocsin.detect-state" not in score


def test_topics_have_one_partition_however_many_the_others_have() -> None:
    [topics] = [spec for spec in specs(SETTINGS) if spec.name == SETTINGS.kafka.topics]

    assert topics.partitions == 1 < SETTINGS.kafka.partitions


def test_the_alert_role_may_join_its_groups() -> None:
    alert = acls(SETTINGS).partition("# alert")[2].splitlines()

    assert [line.rpartition(" ")[2] for line in alert if "--group" in line] == [
        "tocsin-alert",
        "tocsin-alert-windows",
        "tocsin-alert-notices",
        "tocsin-alert-replies",
        "tocsin-alert-contacts",
        "tocsin-topics",
    ]


def test_names_are_quoted_for_the_shell() -> None:
    settings = StreamSettings(kafka=KafkaSettings().model_copy(update={"mentions": "a b;c"}))

    assert "--topic 'a b;c'" in acls(settings)
