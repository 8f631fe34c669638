from collections.abc import Iterable

from alerting.hearing.switchboard import Line, Switchboard
from alerting.hearing.usual import UsualContacts
from alerting.incidents.contact_store import ContactHour, ContactMinute

END = 30_000_000
LINE = Line("Acme", "refund missing")


def board(minutes: Iterable[tuple[int, int]], hours: Iterable[tuple[int, int]], *, linked: int = 0) -> Switchboard:
    return Switchboard.of(
        END - 600,
        END,
        [ContactMinute(*LINE, minute, count) for minute, count in minutes],
        [ContactHour(*LINE, hour, count, linked) for hour, count in hours],
    )


def a_week(per_hour: int) -> list[tuple[int, int]]:
    return [(END // 60 - hour, per_hour) for hour in range(1, 7 * 24 + 1)]


def test_a_reason_rises_when_it_is_far_above_its_usual() -> None:
    calm = board(((END - at, 2) for at in range(1, 61)), a_week(120))
    storm = board(((END - at, 8 if at <= 20 else 2) for at in range(1, 61)), a_week(120))

    assert calm.rising() == ()
    [rise] = storm.rising()
    assert (rise.line, rise.since) == (LINE, END - 15)
    assert rise.contacts == 15 * 8
    assert rise.expected == 15 * 2


def test_nothing_rises_while_nothing_is_known_of_the_usual() -> None:
    assert board(((END - at, 8) for at in range(1, 61)), [(END // 60 - 1, 480)]).rising() == ()


def test_a_new_reason_rises_where_the_contact_centre_is_known() -> None:
    other = [ContactHour("", "anything", END // 60 - hour, 10) for hour in range(1, 200)]
    found = Switchboard.of(END - 600, END, [ContactMinute("", "new", END - 5, 9)], other)

    assert [rise.line.reason for rise in found.rising()] == ["new"]


def test_minutes_without_a_contact_count_as_none() -> None:
    curve = board([(END - 3, 4)], a_week(60)).curve(LINE, END - 5, END)

    assert curve is not None
    assert curve.counts == (0, 0, 4, 0, 0)
    assert curve.usual == (1.0,) * 5


def test_what_is_linked_and_what_a_day_had() -> None:
    found = board([], a_week(10), linked=2)

    assert found.linked([LINE], END // 60 - 24) == (2 * 24, 10 * 24)
    assert sum(found.by_day([LINE]).values()) == 10 * 7 * 24
    assert found.days == 7
    assert Switchboard.of(0, END, [], []).days == 0


def test_the_usual_knows_the_hour_and_the_weekday_and_forgets_storms() -> None:
    monday = 0
    hours = {
        day * 24 + hour: 10.0 + (20.0 if hour == 9 else 0.0) + (30.0 if day % 7 == monday else 0.0)
        for day in range(28)
        for hour in range(24)
    }
    hours[27 * 24 + 12] = 100_000.0
    usual = UsualContacts(hours, first=0, behind=28 * 24)

    def of(day: int, hour: int) -> float:
        found = usual.per_minute(day * 24 + hour)
        assert found is not None
        return found * 60

    assert of(29, 9) > of(29, 3) + 15
    assert of(28, 3) > of(29, 3) + 5
    assert of(29, 12) < 30


def test_of_half_a_day_the_usual_is_its_mean_and_of_less_it_is_unknown() -> None:
    hours = dict.fromkeys(range(12), 6.0)

    assert UsualContacts(hours, first=0, behind=12).per_minute(13) == 0.1
    assert UsualContacts(hours, first=7, behind=12).per_minute(13) is None
