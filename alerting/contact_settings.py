"""What can be set about the contact centre."""

from typing import Annotated, Final

from pydantic import Field, model_validator

from streams.section import Section

TopicId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
BetweenShares = Annotated[tuple[Annotated[float, Field(gt=0, le=1)], ...], Field(min_length=2, max_length=2)]

# Source: Nielsen, "Participation Inequality: The 90-9-1 Rule", 2006, https://www.nngroup.com/articles/participation-inequality/
_SPOKE: Final = (0.01, 0.1)
# Source: Goodman (TARP), "Basic Facts on Customer Complaint Behavior", ASQ, 1999: 5 to 30 % of problems with quality
# and treatment, 50 to 75 % of those that cost money are told to the company's front line.
_CONTACTED: Final = (0.05, 0.75)


class ContactReasonSettings(Section):
    """Reasons as the contact centre codes them, and the topics that they belong to.

    Attributes:
        reasons: Exactly as in `reason`, in any case of letters.
        topics: Ids of topics; none says that the reasons belong to nothing that is watched.
    """

    reasons: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=100)], ...], Field(min_length=1)]
    topics: Annotated[tuple[TopicId, ...], Field(max_length=50)]


class StatedShares(Section):
    """What is known from elsewhere of people who were hit, each as the interval that holds in 90 of 100 cases.

    Attributes:
        spoke_in_public: The share of them who say so in public.
        contacted: The share of them who call, write or chat.
        source: Where these come from; stands beside every estimate that uses them.
    """

    spoke_in_public: BetweenShares = _SPOKE
    contacted: BetweenShares = _CONTACTED
    source: Annotated[str, Field(min_length=1, max_length=300)] = (
        "rules of thumb: Nielsen 2006 (1 to 10 % take part online), Goodman 1999 (5 to 75 % contact the company)"
    )

    @model_validator(mode="after")
    def _in_order(self) -> "StatedShares":
        for name in ("spoke_in_public", "contacted"):
            low, high = getattr(self, name)
            if low >= high:
                raise ValueError(f"{name} needs two shares, the lower one first")
        return self


class ContactSettings(Section):
    """What the contact centre hears, see `kafka.contacts`.

    Attributes:
        wait_seconds: A minute counts as complete so long after its end, where everything was taken in that Kafka has.
            More where the contact centre codes its reasons only after the call.
        reasons: Which reasons belong to which topics; without it their words decide.
        stated: Shares for what cannot be learned from contacts.
    """

    wait_seconds: Annotated[float, Field(ge=0, le=7200)] = 60.0
    reasons: Annotated[tuple[ContactReasonSettings, ...], Field(max_length=500)] = ()
    stated: StatedShares = StatedShares()

    def topics_by_reason(self) -> dict[str, frozenset[str]]:
        """Ids of topics by casefolded reason, as configured."""
        found: dict[str, set[str]] = {}
        for group in self.reasons:
            for reason in group.reasons:
                found.setdefault(reason.casefold(), set()).update(group.topics)
        return {reason: frozenset(topics) for reason, topics in found.items()}
