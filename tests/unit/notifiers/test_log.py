import msgspec
import pytest
from structlog.testing import capture_logs

from alerting.incidents.model import Severity, Transition
from alerting.notifiers.log import LogNotifier
from tests.fakes.messages import message


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        (Severity.SEV1, "critical"),
        (Severity.SEV2, "error"),
        (Severity.SEV3, "warning"),
        (Severity.SEV4, "info"),
    ],
)
async def test_is_as_loud_as_the_incident_is_bad(severity: Severity, level: str) -> None:
    with capture_logs() as logs:
        sent = msgspec.structs.replace(message(), severity=severity)
        await LogNotifier().send(sent, reference=None, timeout_seconds=1)

    assert [entry["log_level"] for entry in logs] == [level]


async def test_an_all_clear_is_calm() -> None:
    with capture_logs() as logs:
        await LogNotifier().send(message(Transition.RESOLVED), reference=None, timeout_seconds=1)

    assert [entry["log_level"] for entry in logs] == ["info"]


async def test_peoples_own_words_stay_out_of_the_log() -> None:
    with capture_logs() as logs:
        await LogNotifier().send(message(), reference=None, timeout_seconds=1)

    assert "Still no refund" not in repr(logs)
    assert logs[0]["drivers"] == ["refund", "app crashed"]
