"""What can be set about the stream side; one YAML file holds it together with the alerting side."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator, model_validator

from streams.broker.base import Guarantee
from streams.fold import fold
from streams.kafka_security import KafkaSecurity
from streams.lexicon_settings import Language, LexiconSettings
from streams.masking import Masked
from streams.own_accounts import account_name
from streams.peer_settings import PeerSettings
from streams.section import Section
from streams.shares import Reach, shared, to_one
from streams.theme_sets import THEME_SETS
from streams.topic import Topic
from streams.topic_settings import TopicSettings

Seconds = Annotated[float, Field(ge=0, le=86_400)]
ThemeName = Annotated[str, Field(min_length=1, max_length=64)]
ThemePhrase = Annotated[str, Field(min_length=2, max_length=100)]
ThemeSet = Literal["general", "travel"]
BrandName = Annotated[str, Field(min_length=1, max_length=200)]
Account = Annotated[str, Field(pattern=r"^[^:\s]{1,512}:\S.{0,511}$")]

# Kafka takes names of 249 characters; `.DLT` has to fit behind this one.
_KAFKA_NAME: Final = r"^[a-zA-Z0-9._-]{1,245}$"
_SERVER: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9._-]+):(\d{1,5})")
_MEMORY: Final = "memory"  # as `streams.broker.registry` calls the broker that is no Kafka


class KafkaSettings(Section):
    """Where Kafka is and what our topics there are called."""

    bootstrap_servers: str = "localhost:9092"
    security: KafkaSecurity = KafkaSecurity()
    guarantee: Guarantee = Guarantee.EXACTLY_ONCE
    mentions: Annotated[str, Field(pattern=_KAFKA_NAME)] = "mentions"
    contacts: Annotated[str, Field(pattern=_KAFKA_NAME)] = "contacts"
    prefix: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,100}$")] = "tocsin"
    partitions: Annotated[int, Field(ge=1, le=1000)] = 6
    replication: Annotated[int, Field(ge=1, le=9)] = 1
    session_timeout_seconds: Annotated[float, Field(ge=1, le=300)] = 10.0
    request_timeout_seconds: Annotated[float, Field(ge=1, le=300)] = 15.0

    @field_validator("bootstrap_servers")
    @classmethod
    def _reachable(cls, value: str) -> str:
        for server in [] if value == _MEMORY else value.split(","):
            found = _SERVER.fullmatch(server.strip())
            if found is None or not 1 <= int(found[2]) <= 65_535:
                raise ValueError("expected host:port, several with commas between them, for example localhost:9092")
        return value

    @field_validator("mentions", "contacts")
    @classmethod
    def _named(cls, value: str) -> str:
        if value in {".", ".."}:
            raise ValueError("Kafka takes no topic of this name")
        return value

    @model_validator(mode="after")
    def _apart(self) -> "KafkaSettings":
        inputs = (self.mentions, self.dead_letters, self.contacts, self.contact_dead_letters)
        if len(set(inputs)) < len(inputs):
            raise ValueError(f"contacts cannot be {self.contacts!r}: mentions are there, or their dead letters")
        for name in inputs:
            own = {self.topics, self.partials, self.detections, self.windows, self.score_state, self.detect_state}
            own |= {self.detect_anchors, self.watch, self.feeds, self.notices, self.replies}
            if name in own:
                field = "mentions" if name in inputs[:2] else "contacts"
                raise ValueError(f"{field} cannot be {getattr(self, field)!r}: {name!r} is one of our own Kafka topics")
        return self

    @property
    def dead_letters(self) -> str:
        """Mentions that could not be read."""
        return f"{self.mentions}.DLT"

    @property
    def contact_dead_letters(self) -> str:
        """Contacts that could not be read."""
        return f"{self.contacts}.DLT"

    @property
    def topics(self) -> str:
        """What is tracked: the declared topics, keyed by their id, compacted."""
        return f"{self.prefix}.topics"

    @property
    def partials(self) -> str:
        """Partial counts, definitions and watermarks, keyed by topic."""
        return f"{self.prefix}.partials"

    @property
    def detections(self) -> str:
        """What the detectors claim, keyed by topic."""
        return f"{self.prefix}.detections"

    @property
    def windows(self) -> str:
        """Window counts, keyed by topic."""
        return f"{self.prefix}.windows"

    @property
    def feeds(self) -> str:
        """What is known of every feed, once a minute."""
        return f"{self.prefix}.feeds"

    @property
    def notices(self) -> str:
        """What ops announce, written by their own tools."""
        return f"{self.prefix}.notices"

    @property
    def replies(self) -> str:
        """What was said in answer to something, by the brand itself and by others, keyed by the answer."""
        return f"{self.prefix}.replies"

    @property
    def score_state(self) -> str:
        """The changelog of the score stage, compacted."""
        return f"{self.prefix}.score-state"

    @property
    def detect_state(self) -> str:
        """The changelog of the detect stage, compacted."""
        return f"{self.prefix}.detect-state"

    @property
    def detect_anchors(self) -> str:
        """The detect stage's state once a day, kept as long as the partials: from there decisions are replayed."""
        return f"{self.prefix}.detect-anchors"

    @property
    def watch(self) -> str:
        """The topics that rise and do not page, keyed by topic, compacted."""
        return f"{self.prefix}.watch"


class TimeSettings(Section):
    """How event time moves on.

    Attributes:
        wait_seconds: The watermark stays this far behind the newest mention.
        grace_seconds: Windows are final this long after the watermark passed their end; a mention older than this
            when it was ingested counts at `ingested_at`.
        idle_seconds: A caught-up partition without mentions for this long holds nobody back.
    """

    wait_seconds: Seconds = 5.0
    grace_seconds: Seconds = 120.0
    idle_seconds: Seconds = 10.0


class ScoreSettings(Section):
    """The score stage.

    Attributes:
        flush_seconds: At the latest this long after it was read a mention is on its way to the detect stage; a second
            while more than 2,000 records of its partition stand unread.
        index_mentions: So many recent mentions each partition remembers, to recognise them when they come again.
        lexicons: By language (`de`, `sv`), what makes its texts readable; they are unscored else. One for `en` takes
            the place of the built-in.
        terms: Count the words of matched mentions, from which a page names what drives the excess. Without them a page
            says how much and how fast but names no words, and scoring is cheaper.
        mask: Personal data that is hidden in samples before they go anywhere. With `handle` the names of authors are
            left out too.
        dead_letter_share: More than this share of the last 1,000 records unreadable stops the worker.
        own_accounts: By brand, the accounts that speak for it, each as `platform:id` or `platform:name`. What they say
            in answer to others is the brand's own, besides what the source says of `author.is_brand_reply`.
    """

    flush_seconds: Annotated[float, Field(gt=0, le=10)] = 0.2
    index_mentions: Annotated[int, Field(ge=0, le=10_000_000)] = 1_000_000
    index_seconds: Annotated[float, Field(ge=0, le=604_800)] = 3600.0
    dead_letter_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    sentiment: Literal["vader", "none"] = "vader"
    lexicons: Annotated[dict[Language, LexiconSettings], Field(max_length=50)] = Field(default_factory=dict)
    terms: bool = True
    mask: tuple[Masked, ...] = ("email", "phone", "card", "iban")
    own_accounts: Annotated[
        dict[BrandName, Annotated[tuple[Account, ...], Field(max_length=1000)]], Field(max_length=1000)
    ] = Field(default_factory=dict)

    @cached_property
    def accounts(self) -> Mapping[str, str]:
        """The brand by account, as accounts are compared."""
        return {account_name(name): brand for brand, names in self.own_accounts.items() for name in names}


class DetectSettings(Section):
    """The detect stage.

    Attributes:
        pages_per_week: False pages a week accepted for a topic that does not say otherwise.
        pages_per_week_per_receiver: No receiver is to get more false pages a week: where the budgets of the topics that
            its routes bring to it sum up to more, each gets its share of this in proportion to its own.
        warm_up_mentions: A topic has no opinion of its own before it saw this many mentions or `warm_up_days`.
        snapshot_seconds: This often state is saved, in slices of some topics each.
        quiet_hours_to_end: An event is over after this long below its threshold.
        themes: Products and themes of complaints by name, each with the words and phrases that speak of it; a word may
            end with `*`, and parts joined by ` + ` have to stand in one mention. A theme that carries an excess is
            named as a driver instead of its words.
        theme_sets: Themes of complaints, in English, that Tocsin brings along: `general`, and `travel` for those who
            take people from one place to another. One of `themes` with the same name takes its place.
    """

    pages_per_week: Annotated[float, Field(gt=0, le=1000)] = 0.25
    pages_per_week_per_receiver: Annotated[float, Field(gt=0, le=1_000_000)] = 2.0
    warm_up_mentions: Annotated[int, Field(ge=1)] = 50
    warm_up_days: Annotated[float, Field(gt=0)] = 14.0
    snapshot_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    quiet_hours_to_end: Annotated[float, Field(gt=0, le=168)] = 1.0
    themes: Annotated[dict[ThemeName, tuple[ThemePhrase, ...]], Field(max_length=100)] = Field(default_factory=dict)

    theme_sets: tuple[ThemeSet, ...] = ()

    @field_validator("themes")
    @classmethod
    def _say_something(cls, themes: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for name, phrases in themes.items():
            for phrase in phrases:
                if not all(re.search(r"\w", part) for part in phrase.split(" + ")):
                    raise ValueError(f"{phrase!r} of {name!r} has a part without a word")
        return themes

    @cached_property
    def folded_themes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The themes in the form in which texts are compared; the file's own first, then the trade's."""
        chosen = [said for name, said in THEME_SETS.items() if name in self.theme_sets]
        every = dict(self.themes)
        for brought in chosen:
            every |= {name: said for name, said in brought.items() if name not in every}
        return tuple((name, tuple(" ".join(fold(one).split()) for one in said)) for name, said in every.items())


class StreamSettings(Section):
    """Everything the score and detect stages need to know."""

    kafka: KafkaSettings = KafkaSettings()
    time: TimeSettings = TimeSettings()
    score: ScoreSettings = ScoreSettings()
    detect: DetectSettings = DetectSettings()
    topics: tuple[TopicSettings, ...] = ()
    peers: tuple[PeerSettings, ...] = ()

    def topic_values(self, reach: Reach = to_one) -> tuple[Topic, ...]:
        """The topics as the stages know them, with the defaults filled in and the receivers' budgets shared out.

        Peer groups that are watched together come last.
        """
        topics = [topic.value(self.detect.pages_per_week) for topic in self.topics]
        topics += [group.value(self.detect.pages_per_week) for group in self.peers if group.together]
        return shared(topics, reach, self.detect.pages_per_week_per_receiver)

    def topic_value(self, topic: TopicSettings, beside: Iterable[Topic], reach: Reach = to_one) -> Topic:
        """One topic as the stages know it, beside others."""
        others = [known for known in beside if known.id != topic.id]
        return shared(
            [topic.value(self.detect.pages_per_week), *others], reach, self.detect.pages_per_week_per_receiver
        )[0]
