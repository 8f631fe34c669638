from datetime import UTC, datetime, timedelta

from streams.simulate.callers import REASONS, Callers
from streams.simulate.refund_outage import refund_outage

START = datetime(2026, 1, 5, 15, tzinfo=UTC)
CRISIS = 300


def callers(seed: int = 1, crisis_after: float = CRISIS) -> Callers:
    return Callers(refund_outage(crisis_after_seconds=crisis_after), START, seed)


def test_the_same_seed_calls_alike() -> None:
    assert list(callers().calls(600)) == list(callers().calls(600))
    assert list(callers(2).calls(600)) != list(callers().calls(600))


def test_people_call_about_refunds_after_they_broke_and_about_nothing_else_more_than_before() -> None:
    found = list(callers().calls(900))

    def of(reason: str, begin: int, end: int) -> int:
        span = (START + timedelta(seconds=begin), START + timedelta(seconds=end))
        return sum(one.count for one in found if one.reason == reason and span[0] <= one.opened_at < span[1])

    assert of("refund pending", 420, 540) > 3 * of("refund pending", 0, 120)
    assert of("refund pending", CRISIS, CRISIS + 60) < 2 * of("refund pending", CRISIS - 60, CRISIS)
    assert of("parcel late", 420, 720) < 2 * of("parcel late", 0, 300)


def test_the_past_is_counted_at_the_usual_rate_and_ends_before_the_start() -> None:
    past = list(callers().past(7))

    for reason, per_minute in REASONS.items():
        whole = sum(one.count for one in past if one.reason == reason)
        assert abs(whole / (7 * 1440 * per_minute) - 1) < 0.1
    assert max(one.opened_at for one in past) < START
    assert len({one.id for one in past}) == len(past)
