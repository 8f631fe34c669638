from datetime import timedelta
from email.utils import format_datetime

import pytest

from alerting.notifiers.http import retry_after
from tests.fakes.clock import START, FakeClock


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        (" 1.5 ", 1.5),
        ("0", 0.0),
        ("-5", 0.0),
        ("1e12", 3600.0),
        ("inf", 3600.0),
        ("nan", None),
        ("soon", None),
        ("", None),
        (format_datetime(START + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(START - timedelta(seconds=90), usegmt=True), 0.0),
    ],
)
def test_a_wait_is_understood_in_both_forms_and_kept_within_an_hour(header: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": header}, FakeClock()) == seconds


def test_no_header_asks_for_no_wait() -> None:
    assert retry_after({}, FakeClock()) is None
