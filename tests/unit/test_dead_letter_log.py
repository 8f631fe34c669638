from structlog.testing import capture_logs

from streams.broker.base import Outgoing, Partition
from streams.dead_letter_log import QUIET_SECONDS, DeadLetterLog
from tests.fakes.clock import FakeClock


def letter(offset: int) -> Outgoing:
    headers = (("reason", b"not JSON"), ("offset", b"%d" % offset))
    return Outgoing("mentions.DLT", b"x:1", b"{", headers)


async def test_says_the_first_at_once_and_the_others_together_a_minute_later() -> None:
    clock = FakeClock()
    said = DeadLetterLog("tocsin-score", Partition("mentions", 3), clock)

    with capture_logs() as logs:
        said.wrote([letter(7)])
        said.wrote([letter(8), letter(9)])
        await clock.advance(QUIET_SECONDS)
        said.wrote([])
        said.wrote([letter(10)])

    assert [(entry["records"], entry["offset"]) for entry in logs] == [(1, 7), (3, 10)]
    assert logs[0] == {
        "event": "mentions.dead_lettered",
        "log_level": "warning",
        "group": "tocsin-score",
        "partition": "mentions-3",
        "records": 1,
        "offset": 7,
        "reason": "not JSON",
        "kept_in": "mentions.DLT",
    }
