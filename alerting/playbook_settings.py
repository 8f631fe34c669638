"""What can be set about playbooks: what to do about a kind of incident."""

from typing import Annotated, Literal

from pydantic import Field, HttpUrl

from streams.section import Section

_Line = Annotated[str, Field(min_length=1, max_length=300)]
_Matcher = Annotated[str, Field(pattern=r"^[a-z_]+(=|!=|=~|!~).*$", max_length=500)]


class PlaybookLinkSettings(Section):
    """Where more stands."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    url: HttpUrl


class PlaybookSettings(Section):
    """What to do about one kind of incident. The first playbook of the list that is about an incident is shown on it.

    Attributes:
        kind: `service_failure`, `product_fault`, `misinformation`, `tragedy` or `praise`. A tragedy proposes to hold
            scheduled posts.
        matchers: As in routes; all have to hold.
        drivers: Regular expressions; one of the incident's drivers has to match one of them, whole and in lower case.
            Without any, drivers do not matter.
        notices: Kinds of notices; one has to be open and touch the incident. Without any, notices do not matter.
        steps: What to do, in order, one line each.
        holding_statement: What may be said at once, as it was approved.
        decides: Who decides what is said and done.
    """

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$")]
    kind: Literal["service_failure", "product_fault", "misinformation", "tragedy", "praise"]
    matchers: tuple[_Matcher, ...] = ()
    drivers: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=50)] = ()
    notices: tuple[Literal["expected_rise", "outage", "recall", "launch", "campaign", "tragedy"], ...] = ()
    steps: Annotated[tuple[_Line, ...], Field(max_length=20)] = ()
    holding_statement: Annotated[str, Field(max_length=1000)] = ""
    links: Annotated[tuple[PlaybookLinkSettings, ...], Field(max_length=10)] = ()
    decides: Annotated[str, Field(max_length=100)] = ""
