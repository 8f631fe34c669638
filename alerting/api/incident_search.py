"""Incidents by matchers, as Alertmanager filters alerts: looked through page by page, the newest first."""

from collections.abc import Sequence
from typing import Final

from alerting.incidents.model import Incident
from alerting.incidents.store import IncidentFilter, Page, Store
from alerting.routing.matchers import Matcher
from alerting.routing.routes import labels_of

LOOKED_AT: Final = 200  # in one reading
MOST_READINGS: Final = 25


async def search(
    store: Store,
    wanted: IncidentFilter,
    matchers: Sequence[Matcher],
    *,
    cursor: str | None,
    limit: int,
    readings: int = MOST_READINGS,
) -> Page:
    """One page of those for which every matcher holds.

    At most 5,000 incidents are looked at for it: a page may hold fewer than `limit`, or none, and still lead on.

    Args:
        readings: Of 200 incidents each.

    Raises:
        ValueError: The cursor is not one of ours.
    """
    if not matchers:
        return await store.find(wanted, cursor=cursor, limit=limit)
    found: list[Incident] = []
    for _ in range(readings):
        page = await store.find(wanted, cursor=cursor, limit=LOOKED_AT)
        for place, incident in enumerate(page.incidents, start=1):
            if all(matcher.holds(labels_of(incident)) for matcher in matchers):
                found.append(incident)
            if len(found) == limit:
                rest = await store.find(wanted, cursor=cursor, limit=place)
                return Page(incidents=tuple(found), next_cursor=rest.next_cursor)
        cursor = page.next_cursor
        if cursor is None:
            break
    return Page(incidents=tuple(found), next_cursor=cursor)
