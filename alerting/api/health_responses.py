"""How the parts of a process stand, as the API answers it."""

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ComponentAnswer(_Answer):
    """How one part stands."""

    condition: str = Field(examples=["ready", "degraded", "down"])
    detail: str


class ReadinessAnswer(_Answer):
    """`ready` and `degraded` answer 200, `down` answers 503."""

    status: str
    components: dict[str, ComponentAnswer]
