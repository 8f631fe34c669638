from alerting.route_settings import RouteSettings
from alerting.routing.reach import reach_of
from alerting.routing.routes import Routes
from streams.topic import Topic

ROUTES = Routes(
    RouteSettings.model_validate(
        {
            "receiver": "comms",
            "routes": [
                {"matchers": ["owner=payments"], "receiver": "payments", "continue": True},
                {"matchers": ["severity=SEV1"], "receiver": "board"},
                {"matchers": ["direction=quiet"], "receiver": "platform"},
                {"matchers": ["topic=~shop.*", "direction=viral"], "receiver": "marketing"},
            ],
        }
    )
)


def reached(topic: str, owner: str | None = None) -> set[str]:
    return set(reach_of(ROUTES)(Topic(id=topic, name=topic, query=topic, owner=owner)))


def test_whatever_an_incident_turns_out_to_be_its_receivers_are_counted() -> None:
    assert reached("refunds") == {"comms", "board"}
    assert reached("shop-app") == {"comms", "board", "marketing"}


def test_who_gets_those_of_an_owner_is_counted_for_its_topics_only() -> None:
    assert reached("refunds", owner="payments") == {"payments", "board"}
    assert "payments" not in reached("refunds", owner="flights")
