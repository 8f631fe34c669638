"""What can be set about a route."""

from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from alerting.oncall_settings import PolicyName
from alerting.tier_settings import TierSettings
from streams.section import Section

Name = Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$")]
Matcher = Annotated[str, Field(pattern=r"^[a-z_]+(=|!=|=~|!~).*$", max_length=500)]
GroupLabel = Literal["topic", "brand", "owner", "severity", "direction", "incident", "..."]

EACH_BY_ITSELF: Final = "..."


class RouteSettings(Section):
    """A node of the routing tree, in Alertmanager's words.

    Attributes:
        matchers: `label=value`, `!=`, `=~`, `!~`; all must hold. Labels: topic, brand, owner, severity, direction,
            incident.
        mute_time_intervals: Names from `time_intervals`: at these times it is not told; what is open then pages it
            afterwards. Not inherited.
        active_time_intervals: Names from `time_intervals`: only at these times it is told. Not inherited.
        group_by: Labels; incidents that share their values are told together. Empty puts all that takes the route into
            one group, `...` tells every incident by itself, as where nothing is said.
        group_wait_seconds: How long the first page waits, for others of its group or for the incident's size.
        group_interval_seconds: How often a group that went out tells what joined it since; 300 where nothing is said.
        continue_: Go on to the next sibling after a match; `continue` in the file.
        tiers: How loudly the receiver is told, by severity; what is not said is inherited, at the top `page`.
        policy: From `policies`: who is called until somebody acknowledges. Inherited, as everything but matchers is.
        repeat_interval_seconds: Without a policy, how long until the receiver is paged again, unless somebody has
            acknowledged.
    """

    receiver: Name | None = None
    matchers: tuple[Matcher, ...] = ()
    continue_: Annotated[bool, Field(alias="continue")] = False
    group_by: tuple[GroupLabel, ...] | None = None
    group_wait_seconds: Annotated[float, Field(ge=0, le=3600)] | None = None
    group_interval_seconds: Annotated[float, Field(ge=1, le=86_400)] | None = None
    mute_time_intervals: tuple[Name, ...] = ()
    active_time_intervals: tuple[Name, ...] = ()
    policy: PolicyName | None = None
    tiers: TierSettings = TierSettings()
    repeat_interval_seconds: Annotated[float, Field(ge=30, le=604_800)] | None = None
    routes: tuple["RouteSettings", ...] = ()

    @model_validator(mode="after")
    def _names_each_label_once(self) -> "RouteSettings":
        labels = self.group_by or ()
        if len(set(labels)) < len(labels):
            raise ValueError("group_by names a label twice")
        if EACH_BY_ITSELF in labels and len(labels) > 1:
            raise ValueError("group_by: `...` stands alone")
        return self
