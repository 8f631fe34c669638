"""The curve of an incident, read for a chart."""

from datetime import datetime

from alerting.charts.build import Zoom, incident_chart, incident_span, rate_per_minute, step_for
from alerting.charts.chart import Chart
from alerting.incidents.model import Incident
from alerting.incidents.store import Store


async def curve_of(store: Store, incident: Incident, now: datetime, zoom: Zoom = Zoom.EVENT) -> Chart:
    """The leading topic's rate against what was expected, with onset, page and end marked.

    Raises:
        DatabaseUnavailable: The store does not answer.
    """
    start, end = incident_span(incident, now, zoom)
    step = step_for(end - start, rate_per_minute(incident))
    windows = await store.windows(incident.topic, start=start, end=end, seconds=step)
    return incident_chart(incident, windows, start=start, end=end)
