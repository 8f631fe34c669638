"""What to do about a kind of incident: agreed on beforehand, by people who were awake."""

from enum import StrEnum

import msgspec


class PlaybookClass(StrEnum):
    """What kind of thing has happened."""

    SERVICE_FAILURE = "service_failure"
    PRODUCT_FAULT = "product_fault"
    MISINFORMATION = "misinformation"
    TRAGEDY = "tragedy"
    PRAISE = "praise"


class PlaybookLink(msgspec.Struct, frozen=True):
    """Where more stands; `url` begins with http:// or https://."""

    name: str
    url: str


class Playbook(msgspec.Struct, frozen=True, omit_defaults=True):
    """One playbook, as it was configured when the incident last changed.

    Attributes:
        steps: In their order, one line each.
        holding_statement: What may be said at once, as it was approved; empty where nothing may.
        decides: Who decides what is said and done.
        because: Why it is about the incident, in one sentence.
    """

    name: str
    kind: PlaybookClass
    steps: tuple[str, ...]
    holding_statement: str = ""
    links: tuple[PlaybookLink, ...] = ()
    decides: str = ""
    because: str = ""

    @property
    def short(self) -> str:
        """One line for a chat: what kind, the first step, who decides."""
        first = f" First: {self.steps[0]}." if self.steps else ""
        who = f" Decides: {self.decides}." if self.decides else ""
        return f"{self.kind.value.replace('_', ' ').capitalize()}.{first}{who}".replace("..", ".")
