"""A weekly report on its way to one notifier: kept until it arrived or was refused for good."""

from datetime import datetime

import msgspec

from alerting.directives.errand import Errand


class WeeklyTelling(msgspec.Struct, frozen=True, omit_defaults=True, tag="weekly_report"):
    """The report of one week for one notifier of one receiver; its id is the same in every process.

    Attributes:
        week: `2026-W48`.
        ends_at: It mutes nobody: over as soon as it is there.
    """

    id: str
    week: str
    receiver: str
    notifier: str
    created_at: datetime
    ends_at: datetime
    revision: int = 1
    errands: tuple[Errand, ...] = ()


def telling_id(week: str, receiver: str, notifier: str) -> str:
    """The same for the same report to the same notifier.

    >>> telling_id("2026-W48", "comms", "slack:0")
    'wr_2026-W48_comms_slack:0'
    """
    return f"wr_{week}_{receiver}_{notifier}"
