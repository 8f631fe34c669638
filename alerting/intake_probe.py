"""How the intake stands, for /-/ready."""

from collections.abc import Mapping
from typing import Final

from alerting.api.health import Component, Condition, Probe
from alerting.follower import IntakeState
from alerting.intake import Intake

_INTAKE: Final[Mapping[IntakeState, Condition]] = {
    IntakeState.STARTING: Condition.DEGRADED,
    IntakeState.FOLLOWING: Condition.READY,
    IntakeState.KAFKA_DOWN: Condition.DEGRADED,
    IntakeState.DATABASE_DOWN: Condition.DOWN,
}


def intake_probe(intake: Intake) -> Probe:
    """Down while the database does not take what comes, degraded while nothing comes."""

    async def probe() -> Component:
        return Component(_INTAKE[intake.state], intake.state.value.replace("_", " "))

    return probe
