"""The chart of an incident joins its message, once that has arrived: it never delays a page, and may be missing."""

import asyncio
from collections import deque
from typing import Final

import structlog

from alerting.charts import svg
from alerting.curves import curve_of
from alerting.errors import AlertingError
from alerting.incidents.delivery import Delivery
from alerting.incidents.model import PAGES
from alerting.incidents.store import Store
from alerting.metrics import AlertingMetrics
from alerting.notifiers.base import ShowsPictures
from alerting.notifiers.escaping import one_line
from alerting.painter import Painter
from alerting.receivers import Receivers
from streams.backoff import sleep_unless
from streams.clock import Clock

log = structlog.get_logger(__name__)

MOST_WAITING: Final = 100
SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 1.0


def _title(text: str) -> str:
    return one_line(text, 150) or "Incident"


class Pictures:
    """Draws one chart after the other and hands each to the channel that its page went to.

    What waits is bounded and kept nowhere: in a storm, and after a crash, a page has no picture; its link still leads
    to the same chart.
    """

    def __init__(
        self, store: Store, receivers: Receivers, clock: Clock, metrics: AlertingMetrics, painter: Painter | None = None
    ) -> None:
        self._store = store
        self._receivers = receivers
        self._clock = clock
        self._metrics = metrics
        self._painter = painter or Painter()
        self._waiting: deque[Delivery] = deque(maxlen=MOST_WAITING)
        self._wake = asyncio.Event()

    def offer(self, sent: Delivery) -> None:
        """A message arrived; a page in a channel that shows pictures gets its chart soon."""
        notifier = self._receivers.find(sent.receiver, sent.notifier)
        if sent.change in PAGES and sent.reference and isinstance(notifier, ShowsPictures) and notifier.shows_pictures:
            self._waiting.append(sent)
            self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Draw until `stop`."""
        while not stop.is_set():
            while self._waiting and not stop.is_set():
                await self._show(self._waiting.popleft())
            self._wake.clear()
            await sleep_unless(self._wake, _LOOK_SECONDS, self._clock)

    async def _show(self, sent: Delivery) -> None:
        notifier = self._receivers.find(sent.receiver, sent.notifier)
        if not isinstance(notifier, ShowsPictures) or sent.reference is None:
            return
        outcome = "shown"
        try:
            incident = await self._store.get(sent.incident)
            chart = await curve_of(self._store, incident, self._clock.now())
            png = await self._painter.png(svg.render(chart, width=1160, height=300))
            if png is None:
                outcome = "not_drawn"
            else:
                await notifier.show_picture(
                    png, reference=sent.reference, title=_title(incident.title), timeout_seconds=SECONDS
                )
        except AlertingError as exc:
            outcome = "refused"
            log.warning("picture.not_shown", incident=sent.incident, notifier=sent.notifier, reason=str(exc))
        except Exception:  # a picture must never be what ends the process that pages
            outcome = "refused"
            log.exception("picture.failed", incident=sent.incident, notifier=sent.notifier)
        self._metrics.pictures.labels(outcome).inc()
