"""Notices from the Kafka topic that ops' own tools write to."""

import asyncio
import random
import re
from typing import Final

import msgspec
import structlog

from alerting.directives.notice import Notice
from alerting.errors import DirectiveRefused
from alerting.follower import Follower, Said
from alerting.incidents.store import Store, Unit
from alerting.metrics import AlertingMetrics
from alerting.notices import Notices
from alerting.routing.notice_wish import NoticeWish, notice_of
from streams.broker.base import Broker, Record
from streams.clock import Clock
from streams.notice_record import NoticeRecord
from streams.settings import KafkaSettings

NOTICES_PER_UNIT: Final = 50

_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_record: Final = msgspec.json.Decoder(NoticeRecord)

log = structlog.get_logger(__name__)


class NoticeIntake:
    """Takes notices in, each once; the same id again replaces what stood there, and `withdrawn` ends it.

    One that cannot be read or is not allowed is logged, counted and passed over. The id is the writer's own after
    `ntc_kafka_`.
    """

    def __init__(
        self,
        *,
        broker: Broker,
        store: Store,
        notices: Notices,
        kafka: KafkaSettings,
        clock: Clock,
        metrics: AlertingMetrics,
        rng: random.Random | None = None,
    ) -> None:
        self._notices = notices
        self._clock = clock
        self._metrics = metrics
        self._follower = Follower(
            "notices",
            broker=broker,
            store=store,
            clock=clock,
            metrics=metrics,
            group=f"{kafka.prefix}-alert-notices",
            kafka_topic=kafka.notices,
            take=self._take,
            max_records=NOTICES_PER_UNIT,
            rng=rng,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Take in until `stop` is set."""
        await self._follower.run(stop)

    async def _take(self, unit: Unit, records: tuple[Record, ...]) -> Said:
        taken: list[str] = []
        refused: list[tuple[Record, str]] = []
        for record in records:
            try:
                taken.append(await self._one(unit, record))
            except (msgspec.MsgspecError, UnicodeError, DirectiveRefused) as exc:
                refused.append((record, str(exc)))

        def said() -> None:
            for act in taken:
                self._metrics.directive_acts.labels(act).inc()
            for record, reason in refused:
                self._metrics.directive_acts.labels("notice.refused").inc()
                log.error("notices.refused", partition=str(record.partition), offset=record.offset, reason=reason)

        return said

    async def _one(self, unit: Unit, record: Record) -> str:
        told = _record.decode(record.value or b"")
        if not _ID.fullmatch(told.id):
            raise DirectiveRefused("an id is at most 64 of letters, digits and ._-")
        name = f"ntc_kafka_{told.id}"
        found = await unit.directive(name)
        stored = found if isinstance(found, Notice) else None
        if told.withdrawn:
            if stored is None or stored.ends_at <= self._clock.now():
                return "notice.unchanged"
            await self._notices.withdraw(unit, stored, told.owner)
            return "notice.ended"
        wish = NoticeWish(
            kind=told.kind,
            topics=told.topics,
            text=told.text,
            ends_at=told.ends_at,
            starts_at=told.starts_at,
            area=told.area,
            expected_multiplier=told.expected_multiplier,
            owner=told.owner,
        )
        made = notice_of(wish, name, told.owner, self._clock.now(), origin="kafka")
        await self._notices.keep(unit, made, stored, told.owner)
        return "notice.created" if stored is None else "notice.changed"
