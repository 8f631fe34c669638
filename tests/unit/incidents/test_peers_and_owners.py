import pytest

from alerting.incidents.ownership import Accepted, OwnerRule, owner_of
from alerting.incidents.peers import PeerGroup, peers_of
from streams.findings import Driver

AIRLINES = PeerGroup("airlines", ("ours", "delta", "united", "southwest"))
RULES = (OwnerRule("payments", ("refund", "charged twice")), OwnerRule("flights", ("cancelled flight",)))


def driver(term: str, contribution: float) -> Driver:
    return Driver(term, round(contribution), 0.0, contribution, "phrase")


@pytest.mark.parametrize(
    ("rising", "told"),
    [
        ((), "ours alone: none of 3 peers rises (airlines)"),
        (("united",), "1 of 3 peers rise too (airlines): united"),
        (("united", "delta"), "industry-wide: 2 of 3 peers rise too (airlines): delta, united"),
    ],
)
def test_says_whether_it_is_ours_alone(rising: tuple[str, ...], told: str) -> None:
    assert str(peers_of(("ours", "ours-app"), [AIRLINES], {"other", *rising})) == told


def test_a_topic_without_peers_is_compared_with_nobody() -> None:
    assert peers_of(("refunds",), [AIRLINES], {"delta"}) is None


def test_the_rule_that_explains_most_of_it_names_the_owner() -> None:
    drivers = [driver("cancelled flight", 30.0), driver("charged twice again", 50.0), driver("lovely day", 20.0)]

    found = owner_of(drivers, RULES, ())

    assert found == ("payments", 'by the rule for "charged twice", 50% of what drives it')


def test_a_rule_for_a_small_part_of_it_says_nothing() -> None:
    assert owner_of([driver("charged twice", 10.0), driver("late crew", 90.0)], RULES, ()) is None


def test_a_rule_wants_whole_words() -> None:
    assert owner_of([driver("refundable ticket", 50.0)], RULES, ()) is None


def test_departments_that_took_on_such_incidents_before_own_the_next() -> None:
    past = [Accepted("app", ("app crashes", "update")), Accepted("app", ("crashes again",)), Accepted("ops", ("bags",))]

    found = owner_of([driver("app crashes", 40.0)], (), past)

    assert found == ("app", "took on 2 of 2 earlier incidents with such drivers")


def test_one_earlier_incident_or_two_that_disagree_prove_nothing() -> None:
    drivers = [driver("app crashes", 40.0)]

    assert owner_of(drivers, (), [Accepted("app", ("app crashes",))]) is None
    disagreeing = [Accepted("app", ("app crashes",)), Accepted("web", ("app crashes",))]
    assert owner_of(drivers, (), disagreeing) is None
