import pytest

from alerting.incidents.lifecycle import apply_detection
from alerting.route_settings import RouteSettings
from alerting.routing.routes import Routes, labels_of
from tests.fakes.clock import START
from tests.fakes.detections import detection

TREE = Routes(
    RouteSettings.model_validate(
        {
            "receiver": "comms",
            "group_wait_seconds": 30,
            "routes": [
                {"matchers": ["direction=viral"], "receiver": "brand"},
                {
                    "matchers": ["severity=~SEV[12]"],
                    "receiver": "on-call",
                    "group_wait_seconds": 0,
                    "continue": True,
                },
                {
                    "matchers": ["owner=Payments"],
                    "routes": [{"matchers": ["topic=refunds"], "receiver": "refunds-team"}],
                },
            ],
        }
    )
)


def labels(**wanted: str) -> dict[str, str]:
    return {"topic": "app", "brand": "Acme", "owner": "App", "severity": "SEV3", "direction": "crisis", **wanted}


@pytest.mark.parametrize(
    ("incident", "receivers"),
    [
        (labels(), ("comms",)),
        (labels(direction="viral", severity="SEV1"), ("brand",)),
        (labels(severity="SEV1"), ("on-call",)),
        (labels(severity="SEV1", owner="Payments", topic="refunds"), ("on-call", "refunds-team")),
        (labels(owner="Payments"), ("comms",)),  # a child without a receiver has its parent's
    ],
)
def test_the_first_matching_child_wins_unless_it_says_continue(
    incident: dict[str, str], receivers: tuple[str, ...]
) -> None:
    assert TREE.receivers_for(incident) == receivers


def test_a_stop_tells_the_way_to_it() -> None:
    stops = TREE.stops_for(labels(severity="SEV1", owner="Payments", topic="refunds"))

    assert [str(stop) for stop in stops] == [
        'route (everything) > route.routes[1] (severity=~"SEV[12]"): on-call',
        (
            'route (everything) > route.routes[2] (owner="Payments") > route.routes[2].routes[0] (topic="refunds"):'
            " refunds-team"
        ),
    ]


def test_a_child_inherits_the_group_wait_it_does_not_set() -> None:
    stops = TREE.stops_for(labels(severity="SEV1", owner="Payments", topic="refunds"))

    assert [stop.group_wait_seconds for stop in stops] == [0, 30]


def test_a_receiver_that_two_routes_lead_to_is_told_once() -> None:
    both = Routes(
        RouteSettings.model_validate(
            {"receiver": "comms", "routes": [{"receiver": "care", "continue": True}, {"receiver": "care"}]}
        )
    )

    assert both.receivers_for(labels()) == ("care",)


def test_without_receivers_nobody_is_told() -> None:
    assert Routes(RouteSettings()).receivers_for(labels()) == ()


def test_a_wrong_matcher_names_its_place_in_the_tree() -> None:
    with pytest.raises(ValueError, match=r"route\.routes\[0\]: unknown label 'colour'"):
        Routes(RouteSettings.model_validate({"routes": [{"matchers": ["colour=red"]}]}))


def test_an_incident_without_owner_has_an_empty_owner() -> None:
    incident = apply_detection(None, detection(), None, START).incident
    assert incident is not None

    assert labels_of(incident)["owner"] == ""
    assert labels_of(incident)["topic"] == "refunds"
