from datetime import timedelta

import msgspec
import pytest

from alerting.incidents.escalation import Call, Chain, ChainStep, Escalation, Target, TargetKind
from tests.fakes.clock import START

FIVE, TEN = 300.0, 600.0
MAYA, LEAD = Target(TargetKind.PERSON, "Maya"), Target(TargetKind.PERSON, "Lead")
CHAIN = Chain("payments", (ChainStep((MAYA,), FIVE), ChainStep((LEAD,), TEN)))


def after(minutes: float, chain: Chain = CHAIN, *, made: int = 0) -> int | None:
    return Escalation(chain, START, made=made).due_number(START + timedelta(minutes=minutes))


def test_the_first_call_is_due_at_once_and_each_later_one_after_the_waits_before_it() -> None:
    escalation = Escalation(CHAIN, START)

    dues = [escalation.due_at(number) for number in range(4)]

    # Maya at once, the lead five minutes later; ten minutes after that a new round of fifteen begins.
    assert dues == [START + timedelta(minutes=minutes) for minutes in (0, 5, 15, 20)]


@pytest.mark.parametrize(
    ("made", "minutes", "number"),
    [
        (0, 0, 0),
        (1, 4.99, None),
        (1, 5, 1),
        (1, 14, 1),  # late, and Maya's second call is not due before 15
        (1, 16, 1),  # both are due now; they are made one after the other
        (1, 21, 2),  # the lead's calls of 5 and 20 are one, Maya's of 15 comes before it
        (1, 5 + 15 * 7 + 1, 14),  # due are 1 to 15: the last two call everybody once
    ],
)
def test_what_is_due_is_called_once_however_late(made: int, minutes: float, number: int | None) -> None:
    assert after(minutes, made=made) == number


def test_a_chain_with_repeats_ends_after_its_last_round() -> None:
    once_more = msgspec.structs.replace(CHAIN, repeats=1)
    escalation = Escalation(once_more, START, made=4)  # two rounds of two steps

    assert escalation.next_at is None
    assert after(10_000, once_more, made=4) is None
    assert after(10_000, once_more, made=1) == 2  # the last round's two steps


def test_a_late_call_makes_no_later_one_later() -> None:
    late = START + timedelta(minutes=9)
    escalation = Escalation(CHAIN, START, made=1).after(Call(1, START + timedelta(minutes=5), late, ("lead",)))

    assert escalation.next_at == START + timedelta(minutes=15)


def test_hurrying_makes_the_next_call_due_now_and_moves_the_later_ones_with_it() -> None:
    now = START + timedelta(minutes=1)
    escalation = Escalation(CHAIN, START, made=1).hurried(now)

    assert escalation.next_at == now
    assert escalation.due_at(2) == now + timedelta(minutes=10)
    assert escalation.hurried(now) == escalation


def test_only_the_latest_call_of_each_step_is_kept() -> None:
    escalation = Escalation(CHAIN, START)
    for number in range(100):
        escalation = escalation.after(Call(number, START, START, ("maya",)))

    assert [call.number for call in escalation.calls] == [98, 99]
    assert escalation.made == 100
