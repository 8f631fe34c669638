import random
import time
from typing import Any

import pytest

from alerting.route_settings import RouteSettings
from alerting.routing.dead_routes import dead_routes
from alerting.routing.routes import Routes

SEVERITIES, DIRECTIONS = ("SEV1", "SEV2", "SEV3", "SEV4"), ("crisis", "viral", "quiet")
BOUND_SECONDS = 2.0


def tree(*children: dict[str, Any]) -> RouteSettings:
    return RouteSettings.model_validate({"receiver": "comms", "routes": children})


def dead(*children: dict[str, Any]) -> list[str]:
    return [one.place for one in dead_routes(tree(*children))]


def on(*matchers: str, **more: Any) -> dict[str, Any]:
    return {"matchers": list(matchers), **more}


@pytest.mark.parametrize(
    ("children", "places"),
    [
        ([on(), on("owner=app")], ["route.routes[1]"]),
        ([on("owner=app"), on("owner=app", "severity=SEV1")], ["route.routes[1]"]),
        ([on("owner=app", **{"continue": True}), on("owner=app")], []),
        ([on("owner=app", "severity=SEV1"), on("owner=app")], []),
        ([on("owner=app", "owner=payments")], ["route.routes[0]"]),
        ([on("owner=app", "owner!=app")], ["route.routes[0]"]),
        ([on("owner=app", "owner=~pay.*")], ["route.routes[0]"]),
        ([on("severity=~SEV[12]", "severity=SEV3")], ["route.routes[0]"]),
        ([on("severity=sev1")], ["route.routes[0]"]),  # no severity is written so
        ([on("severity=~SEV[12]"), on("severity=~SEV[34]"), on("owner=app")], ["route.routes[2]"]),
        ([on("severity=~SEV[12]"), on("severity=SEV3"), on("owner=app")], []),
        ([on("owner=~app.*"), on("owner=app-login")], ["route.routes[1]"]),
        ([on("owner=~app.*"), on("owner=~app.*", "brand=Acme")], ["route.routes[1]"]),
        ([on("owner!=app"), on("owner=payments")], ["route.routes[1]"]),
        ([on("owner=app", routes=[on("owner=payments"), on("severity=SEV1")])], ["route.routes[0].routes[0]"]),
    ],
)
def test_a_route_that_nothing_can_take_is_found(children: list[dict[str, Any]], places: list[str]) -> None:
    assert dead(*children) == places


def test_it_says_what_takes_everything() -> None:
    [one] = dead_routes(tree(on("severity=~SEV[12]"), on("severity=~SEV[34]"), on("owner=app")))

    assert one.because == "route.routes[0] and route.routes[1] takes everything that it would match"


@pytest.mark.parametrize("seed", range(20))
def test_no_route_that_an_incident_takes_is_called_dead(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311  # repeatable
    values = ("app", "payments", "")

    def matcher() -> str:
        label, of = rng.choice((("owner", values), ("brand", values), ("severity", SEVERITIES)))
        return f"{label}{rng.choice(('=', '!=', '=~', '!~'))}{rng.choice(of)}"

    def node(depth: int) -> dict[str, Any]:
        below = [node(depth + 1) for _ in range(rng.randrange(4))] if depth < 2 else []
        return on(*(matcher() for _ in range(rng.randrange(3))), routes=below, **{"continue": rng.random() < 0.3})

    root = tree(*(node(0) for _ in range(6)))
    buried = {one.place for one in dead_routes(root)}
    taken = {
        step.place
        for owner in values
        for brand in values
        for severity in SEVERITIES
        for direction in DIRECTIONS
        for stop in Routes(root).every_stop_for(
            {"owner": owner, "brand": brand, "severity": severity, "direction": direction, "topic": "refunds"}
        )
        for step in stop.path
    }

    assert buried & taken == set()


@pytest.mark.parametrize("flat", [True, False])
def test_a_thousand_routes_are_looked_through_within_two_seconds(*, flat: bool) -> None:
    routes = [on(f"owner=team-{number}", f"severity=~SEV[{1 + number % 4}]") for number in range(999)]
    routes.append(on("owner=team-4", "severity=SEV1"))
    if not flat:
        routes = [on(f"brand=brand-{place}", routes=routes[place * 100 : place * 100 + 100]) for place in range(10)]
    root = tree(*routes)
    began = time.process_time()

    found = dead_routes(root)

    assert time.process_time() - began < BOUND_SECONDS
    assert len(found) == int(flat)  # in a tree of its own brand the twin is in another brand
