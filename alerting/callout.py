"""Escalation: which chain an incident gets, and whom each of its calls reaches. Pure: `now` is an argument."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from alerting.errors import TransitionRefused
from alerting.incidents import wording
from alerting.incidents.calls import call_due_at
from alerting.incidents.escalation import Call, Chain, ChainStep, Escalation, Target, TargetKind
from alerting.incidents.model import Incident, IncidentState, Severity, Transition
from alerting.incidents.outcome import Outcome, changed
from alerting.oncall.roster import Roster
from alerting.oncall.standby import Standby
from alerting.oncall_settings import CalleeSettings, PolicySettings
from alerting.receivers import contacts_of, policies_of
from alerting.routing.routes import Stop
from alerting.settings import Settings

REPEAT: Final = "repeat_interval"
"""Stands as the policy of a chain that only repeats what a route told."""

_BEGINS: Final = frozenset({Transition.OPENED, Transition.REOPENED, Transition.WOKEN, Transition.UNMUTED})
_HANDED_OVER_SECONDS: Final = 300.0
_MOST_NAMED: Final = 20


class Reach(msgspec.Struct, frozen=True):
    """Whom a target means at a moment.

    Attributes:
        words: For a timeline: `schedule payments (Maya)`.
        receivers: Over which they are reached; empty where nobody is.
    """

    words: str
    receivers: tuple[str, ...]


class CallOut:
    """Begins, makes and passes on the calls of incidents.

    Args:
        policies: Chains by the name of their policy, as configured now.
        of_owner: The policy of each owner that has one.
        on_call: Who is on call for a schedule at a moment.
        contacts: Over which receivers each person is reached.
        standby: Whether the owner is on call at a moment, in a sentence.
        asleep: When a receiver's quiet hours end; None where an incident of that severity may page it.
    """

    def __init__(
        self,
        policies: Mapping[str, Chain],
        *,
        of_owner: Mapping[str, str] | None = None,
        on_call: Callable[[str, datetime], Sequence[str]] | None = None,
        contacts: Mapping[str, tuple[str, ...]] | None = None,
        standby: Callable[[str | None, datetime], str] | None = None,
        asleep: Callable[[str, Severity, datetime], datetime | None] | None = None,
    ) -> None:
        self._policies = dict(policies)
        self._of_owner = dict(of_owner or {})
        self._on_call = on_call or (lambda _schedule, _at: ())
        self._contacts = dict(contacts or {})
        self._asleep = asleep or (lambda _receiver, _severity, _at: None)
        self.standby: Final = standby or (lambda _owner, _at: "")

    def chain_for(self, stops: Sequence[Stop], owner: str | None) -> Chain | None:
        """The first policy that a route on the way names, else the owner's, else the routes' repetition."""
        named = next((stop.policy for stop in stops if stop.policy), None) or self._of_owner.get(owner or "")
        if named is not None and named in self._policies:
            return self._policies[named]
        repeated = [stop for stop in stops if stop.repeat_interval_seconds]
        if not repeated:
            return None
        targets = tuple(Target(TargetKind.RECEIVER, stop.receiver) for stop in repeated)
        return Chain(REPEAT, (ChainStep(targets, min(stop.repeat_interval_seconds or 0.0 for stop in repeated)),))

    def chain(self, policy: str) -> Chain | None:
        """The policy as it is set now; None where there is none of that name."""
        return self._policies.get(policy)

    def reach(self, target: Target, at: datetime) -> Reach:
        """Whom the target means then."""
        if target.kind is TargetKind.RECEIVER:
            return Reach(str(target), (target.name,))
        if target.kind is TargetKind.PERSON:
            found = self._contacts.get(target.name, ())
            return Reach(_name(target.name) if found else f"{_name(target.name)} (who has no receiver)", found)
        people = self._on_call(target.name, at)
        receivers = tuple(dict.fromkeys(name for person in people for name in self._contacts.get(person, ())))
        who = ", ".join(_name(person) for person in people) or "nobody is on call"
        known = who if receivers or not people else f"{who}, who has no receiver"
        return Reach(f"{target} ({known})", receivers)

    def expect_reachable(self, person: str) -> None:
        """Whoever is given an incident by name and has to acknowledge can be called.

        Raises:
            TransitionRefused: No receiver reaches anybody of that name.
        """
        if not self._contacts.get(person):
            known = ", ".join(
                sorted(_name(name) for name, receivers in self._contacts.items() if receivers)[:_MOST_NAMED]
            )
            raise TransitionRefused(
                f"{_name(person)} cannot be called: no receiver reaches them; who can be: {known or 'nobody'}"
            )

    def after(
        self, incident: Incident, transition: Transition, stops: Sequence[Stop], now: datetime, *, wakes: bool = True
    ) -> Incident:
        """The incident with its chain begun, begun anew, hurried or left, as what happened to it asks for.

        Args:
            stops: Where it pages.
            wakes: Whether it pages anywhere.
        """
        if incident.history or incident.is_muted or incident.state is not IncidentState.TRIGGERED:
            return incident
        running = incident.escalation
        if transition is Transition.HANDED_OVER:
            return _handed_over(incident, now)
        if transition in _BEGINS:
            return _begun(incident, self.chain_for(stops, incident.owner) if wakes else None, now)
        if not wakes:
            return incident
        if transition in {Transition.PASSED_ON, Transition.SEVERITY_CHANGED}:
            chain = self.chain_for(stops, incident.owner)
            if chain is not None and (running is None or chain.policy != running.chain.policy):
                return _begun(incident, chain, now)
        if transition is Transition.SEVERITY_CHANGED and running is not None and running.put_off_until is not None:
            return msgspec.structs.replace(incident, escalation=running.hurried(now))
        if transition is Transition.PASSED_ON and running is not None:
            nobody = msgspec.structs.replace(running, acknowledged_by=())
            return msgspec.structs.replace(incident, escalation=nobody.hurried(now))
        return incident

    def made(self, incident: Incident, now: datetime) -> tuple[Incident, tuple[str, ...]]:
        """The incident with every call made that is due, and a sentence for each.

        A step that reaches nobody does not wait: the next one is called at once.
        """
        lines: list[str] = []
        for _ in range(len(incident.escalation.chain.steps) if incident.escalation else 0):
            due = call_due_at(incident)
            number = incident.escalation.due_number(now) if incident.escalation else None
            if due is None or due > now or number is None or incident.escalation is None:
                break
            running = incident.escalation
            reached = [self.reach(target, now) for target in running.chain.step(number).targets]
            named = dict.fromkeys(name for reach in reached for name in reach.receivers)
            awake = [name for name in named if not incident.is_muted_for(name)]
            sleeping = {name: until for name in awake if (until := self._asleep(name, incident.severity, now))}
            receivers = tuple(name for name in awake if name not in sleeping)
            if sleeping and not receivers:
                until = min(sleeping.values())
                incident = msgspec.structs.replace(incident, escalation=running.put_off(now, until))
                lines.append(_later(running.chain, number, reached, until))
                break
            call = Call(number, running.due_at(number) or now, now, receivers)
            following = running.after(call)
            if not receivers and (number + 1) % len(running.chain.steps):
                following = following.hurried(now)
            incident = msgspec.structs.replace(incident, escalation=following)
            lines.append(_sentence(running.chain, number, reached, called=bool(receivers)))
        return incident, tuple(lines)

    def due(self, incident: Incident, now: datetime) -> Outcome | None:
        """The calls that are due now, made; None where none is."""
        following, lines = self.made(incident, now)
        if not lines:
            return None
        return changed(incident, Transition.ESCALATED, "; ".join(lines), now, escalation=following.escalation)


def chain_of(policy: PolicySettings) -> Chain:
    """The policy as an incident keeps it."""
    steps = tuple(
        ChainStep(tuple(_target(callee) for callee in step.targets), step.wait_minutes * 60.0) for step in policy.steps
    )
    return Chain(policy.name, steps, policy.repeats, policy.acknowledgements)


def call_out_from(settings: Settings, roster: Roster, standby: Standby) -> CallOut:
    """As `policies`, `owners` and `people` in the configuration say."""
    kept = policies_of(settings.receivers, settings.people)

    def asleep(receiver: str, severity: Severity, at: datetime) -> datetime | None:
        quiet = kept[receiver].quiet if receiver in kept else None
        return None if quiet is None else quiet.until(severity, at)

    return CallOut(
        {policy.name: chain_of(policy) for policy in settings.policies},
        of_owner={owner.name: owner.policy for owner in settings.owners if owner.policy is not None},
        on_call=roster.people_on_call,
        contacts=contacts_of(settings.receivers, settings.people),
        standby=standby.line,
        asleep=asleep,
    )


def _target(callee: CalleeSettings) -> Target:
    if callee.person is not None:
        return Target(TargetKind.PERSON, callee.person)
    if callee.schedule is not None:
        return Target(TargetKind.SCHEDULE, callee.schedule)
    return Target(TargetKind.RECEIVER, callee.receiver or "")


def _begun(incident: Incident, chain: Chain | None, now: datetime) -> Incident:
    before = incident.escalation
    if chain is not None and before is not None and before.chain.policy == chain.policy:
        chain = before.chain  # as it stood when the incident opened
    if chain is None:
        return msgspec.structs.replace(incident, escalation=None)
    # What a route told is its own first call.
    return msgspec.structs.replace(incident, escalation=Escalation(chain, now, made=int(chain.policy == REPEAT)))


def _handed_over(incident: Incident, now: datetime) -> Incident:
    """Whoever it was given to is called first, then everybody whom the chain names."""
    before = incident.escalation
    if before is None:
        rest = Chain("hand-over", ())
    else:
        rest = msgspec.structs.replace(before.chain, steps=before.chain.steps[int(before.chain.handed_over) :])
    own = ChainStep((Target(TargetKind.PERSON, incident.assignee or ""),), _HANDED_OVER_SECONDS)
    chain = msgspec.structs.replace(rest, steps=(own, *rest.steps), handed_over=True)
    return msgspec.structs.replace(incident, escalation=Escalation(chain, now))


def _sentence(chain: Chain, number: int, reached: Sequence[Reach], *, called: bool) -> str:
    who = " and ".join(reach.words for reach in reached)
    if chain.policy == REPEAT:
        return f"Nobody has acknowledged: {who} is told again"
    rounds, place = divmod(number, len(chain.steps))
    again = f", round {rounds + 1}" if rounds else ""
    step = f"Step {place + 1} of {chain.policy}{again}"
    return f"{step}: {who} {'is called' if called else 'cannot be called; on to the next step'}"


def _later(chain: Chain, number: int, reached: Sequence[Reach], until: datetime) -> str:
    who = " and ".join(reach.words for reach in reached)
    step = f"Step {number % len(chain.steps) + 1} of {chain.policy}"
    return f"{step}: {who} is called at {until:%H:%M} UTC, when quiet hours end"


def _name(person: str) -> str:
    return wording.plain(person, 60) or "somebody"
