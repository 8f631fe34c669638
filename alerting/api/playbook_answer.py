"""What to do about an incident, as the API answers it."""

from pydantic import BaseModel, ConfigDict

from alerting.incidents.playbook import PlaybookClass


class PlaybookLinkAnswer(BaseModel):
    """Where more stands."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    url: str


class PlaybookAnswer(BaseModel):
    """The playbook that is about an incident, and why it is."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    kind: PlaybookClass
    steps: tuple[str, ...]
    holding_statement: str
    links: tuple[PlaybookLinkAnswer, ...]
    decides: str
    because: str
