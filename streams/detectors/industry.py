"""Industry: do several brands of one trade rise at once, though perhaps none of them enough for a page of its own?"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from streams.basis import Weighed
from streams.detectors.base import ANY_NUMBER, Detector, Explanation, Reading
from streams.detectors.block_maxima import BLOCK_MINUTES, BLOCKS_PER_WEEK, BlockMaxima
from streams.detectors.dependence import Dependence
from streams.detectors.direction import direction_of
from streams.detectors.excess import NOTHING, Excess, excess_of_all
from streams.detectors.peer import RISING_BELOW, Peer, Standing
from streams.detectors.prior import Lesson
from streams.detectors.shared_turns import FEWEST, SharedTurns, onset_of, second_of
from streams.detectors.snapshots import require
from streams.detectors.souring import Souring
from streams.detectors.trail import MINUTES
from streams.errors import StateCorrupted
from streams.events import Direction, Tally
from streams.findings import PeerShare
from streams.windows import MINUTE, Slot

_VERSION: Final = 3
_PRIOR_LOCATION: Final = 2.0
_SMALLEST: Final = 1e-12
# Of the budget, as a topic divides it between its volume and its mood: a nat more costs small turns many mentions.
_SHARE_OF_EVIDENCE: Final = 0.7
_SHARE_OF_TURNS: Final = 0.3


class IndustryDetector:
    """How improbable it is that so many members of a peer group rise at once, each beside its own past.

    A member's evidence is ln of how much rarer its moment is than what half a day shows by chance. Summed up is the
    evidence of all members but the one that has most, so that what a single brand shows counts for nothing, however
    much it is: that at least two of them rise is what is tested. What a sum means in false pages a week is read from
    the group's own block maxima, for members share the news of the day; its scale is never taken for less than that
    makes it (see `dependence`). Turns of mood too small for any member are summed up likewise (see `shared_turns`).

    Args:
        members: By the id of the topic.
        whole: Counts the mentions of all of them together, to tell how much it is and when it began.

    Source:
        Benjamini and Heller, "Screening for partial conjunction hypotheses", Biometrics 64(4), 2008, with Fisher's
        sum; Hosking 1990 (see `block_maxima`).
    """

    name = "industry"

    def __init__(self, members: Mapping[str, Peer], whole: Detector) -> None:
        self._members = dict(sorted(members.items()))
        self._whole = whole
        self._dependence = Dependence()
        scale = self._dependence.scale(len(self._members) - 1)
        self._maxima = BlockMaxima(_PRIOR_LOCATION, scale, least_scale=scale)
        self._block_minutes = 0
        self._turns = SharedTurns()
        self._stormy = False

    def score_one(self, recent: Sequence[Slot], at: int) -> Reading | None:
        """The reading at second `at`; None while fewer than two members have an opinion."""
        standings = self._standings(recent, at)
        if len(standings) < FEWEST:
            return None
        evidence = _shared(standings)
        climbs = self._climbs(recent)
        pages = self._pages(evidence, climbs)
        # what makes it more than one brand's own is the member that has the second most
        second = sorted(standings.values(), key=_pages)[1].reading
        calm = all(standing.reading.calm for standing in standings.values())
        by_turns = self._turn_pages(climbs)
        if by_turns >= pages:
            return Reading(_score(pages), pages, second.since, second.window_start, second.window_seconds, calm)
        end = at - at % MINUTE + MINUTE
        since = second_of(climbs).since
        start = max(since, end - MINUTES * MINUTE)
        return Reading(_score(by_turns), by_turns, since, start, end - start)

    def _climbs(self, recent: Sequence[Slot]) -> list[Souring]:
        heard = _by_member(recent)
        turns = {name: peer.turn for name, peer in self._members.items() if peer.turn.mentions is not None}
        return [turn.climb(heard.get(name, ())) for name, turn in turns.items()]

    def _turn_pages(self, climbs: Sequence[Souring]) -> float:
        pages = self._turns.pages(climbs) / _SHARE_OF_TURNS
        return max(min(pages, float(BLOCKS_PER_WEEK)), _SMALLEST)

    def _pages(self, evidence: float, climbs: Sequence[Souring]) -> float:
        """False pages a week of a sum; never rarer than if it were the evidence of one member alone.

        A young group's days say too little: while its members are young themselves, they hardly have any evidence.
        """
        alone = BLOCKS_PER_WEEK * math.exp(-evidence)
        pages = max(self._maxima.false_pages_per_week(evidence), alone) / _share_of_evidence(climbs)
        return max(min(pages, float(BLOCKS_PER_WEEK)), _SMALLEST)

    def room(self, recent: Sequence[Slot], at: int, pages: float) -> int | None:
        """As many as each member has room for, with so little evidence that all but one of them stay below the sum.

        And as many as the sum of small turns has room for, were all of them negative.
        """
        climbs = self._climbs(recent)
        charged = pages * _share_of_evidence(climbs)
        needed = max(self._maxima.level(charged), math.log(BLOCKS_PER_WEEK / charged))
        most = needed / max(len(self._members) - 1, 1)
        alone, heard, least = BLOCKS_PER_WEEK * math.exp(-max(most, 0.0)), _by_member(recent), ANY_NUMBER
        if alone >= BLOCKS_PER_WEEK:
            return None
        for name, peer in self._members.items():
            room = peer.room(heard.get(name, ()), at, alone)
            if room is None:
                return None
            least = min(least, room)
        if len(climbs) >= FEWEST:
            least = min(least, math.floor(self._turns.room(climbs, pages * _SHARE_OF_TURNS)))
        return least if least >= 0 else None

    def _standings(self, recent: Sequence[Slot], at: int) -> dict[str, Standing]:
        heard = _by_member(recent)
        found = {name: peer.standing(heard.get(name, ()), at) for name, peer in self._members.items()}
        return {name: standing for name, standing in found.items() if standing is not None}

    def explain_one(self, reading: Reading, recent: Sequence[Slot]) -> Explanation:
        """The mentions of all members in the deciding window, and how each of them stands.

        Whether it is anger or joy is told by what came on top of the usual at the members that rise, each beside its
        own mood: the others' complaints, and what the largest brand usually hears, say nothing about this event. Small
        turns of mood are anger by themselves.
        """
        explained = self._whole.explain_one(reading, recent)
        at = reading.window_start + reading.window_seconds - 1
        heard, standings = _by_member(recent), self._standings(recent, at)
        odds = {name: self._members[name].odds(one, heard.get(name, ())) for name, one in standings.items()}
        climbs = self._climbs(recent)
        if self._turn_pages(climbs) < self._pages(_shared(standings), climbs):
            explained = msgspec.structs.replace(explained, direction=Direction.CRISIS, onset=onset_of(climbs, at))
        else:
            direction = direction_of(excess_of_all(self._excesses(reading, standings, odds, heard)))
            explained = msgspec.structs.replace(explained, direction=direction)
        shares = [self._share(name, odds[name], reading, heard.get(name, ())) for name in standings]
        shares.sort(key=lambda share: (share.false_pages_per_week, share.topic))
        evidence = msgspec.structs.replace(explained.evidence, peers=tuple(shares))
        return msgspec.structs.replace(explained, evidence=evidence)

    def _excesses(
        self,
        reading: Reading,
        standings: Mapping[str, Standing],
        odds: Mapping[str, float],
        heard: Mapping[str, Sequence[Slot]],
    ) -> list[Excess]:
        """Of the members that rise, each since the earlier of the group's window and its own began."""
        found = []
        end = reading.window_start + reading.window_seconds
        for place, name in enumerate(sorted(odds, key=lambda name: odds[name])):
            if place >= FEWEST and odds[name] >= RISING_BELOW:
                break
            start = min(reading.window_start, standings[name].reading.window_start)
            since = msgspec.structs.replace(reading, window_start=start, window_seconds=end - start)
            seen = self._members[name].counting().explain_one(since, heard.get(name, ()))
            found.append(seen.excess or NOTHING)
        return found

    def _share(self, name: str, odds: float, reading: Reading, recent: Sequence[Slot]) -> PeerShare:
        seen = self._members[name].counting().explain_one(reading, recent).evidence
        return PeerShare(
            topic=name,
            observed=seen.observed,
            expected=seen.expected,
            false_pages_per_week=odds,
            rising=odds < RISING_BELOW,
            negative_share=seen.negative_share,
            negative_share_expected=seen.negative_share_expected,
        )

    def weigh(self, recent: Sequence[Slot], at: int) -> tuple[Weighed, ...]:
        """The evidence that is shared, with how many have any, and the small turns. Empty while warming up."""
        standings, heard = self._standings(recent, at), _by_member(recent)
        if len(standings) < FEWEST:
            return ()
        odds = [self._members[name].odds(one, heard.get(name, ())) for name, one in standings.items()]
        rising = float(sum(pages < RISING_BELOW for pages in odds))
        evidence, climbs = _shared(standings), self._climbs(recent)
        weighed = [self._maxima.weighed("members that rise", rising, 0.0, evidence, self._pages(evidence, climbs))]
        if len(climbs) >= FEWEST:
            weighed.append(self._turns.weighed(climbs, self._turn_pages(climbs)))
        return tuple(weighed)

    def learn_one(self, slot: Slot, *, storm: bool) -> None:
        """Learn one final minute; in a storm only how high scores can get."""
        said = dict(slot.members)
        self._whole.learn_one(slot, storm=storm)
        standings: dict[str, Standing] = {}
        for name, peer in self._members.items():
            own = Slot(slot.start, slot.seconds, said[name]) if name in said else _silent(slot)
            standing = peer.learn(own, storm=storm)
            if standing is not None:
                standings[name] = standing
            if self._stormy and not storm:
                peer.turn.forget()
        self._stormy = storm
        self._turns.learn([peer.turn for peer in self._members.values() if peer.turn.mentions is not None])
        if len(standings) < FEWEST:
            return
        self._maxima.add(_shared(standings))
        if not storm:
            self._dependence.learn({name: standing.nats for name, standing in standings.items()})
        self._block_minutes += 1
        if self._block_minutes >= BLOCK_MINUTES:
            self._block_minutes = 0
            self._dependence.close_block()
            scale = self._dependence.scale(len(standings) - 1)
            self._maxima.expect(_PRIOR_LOCATION, scale, least_scale=scale)
            self._maxima.close_block()

    def expected(self, seconds: int) -> tuple[float, float, float] | None:
        """Mean, low and high of the mentions of all members in a window of `seconds`; None while warming up."""
        return self._whole.expected(seconds)

    def lesson(self) -> Lesson | None:
        """None: a group is no topic like others."""
        return None

    def snapshot(self) -> dict[str, Any]:
        """The state as plain values."""
        return {
            "detector": self.name,
            "version": _VERSION,
            "members": {name: peer.snapshot() for name, peer in self._members.items()},
            "whole": self._whole.snapshot(),
            "maxima": self._maxima.snapshot(),
            "block_minutes": self._block_minutes,
            "dependence": self._dependence.snapshot(),
            "turns": self._turns.snapshot(),
            "stormy": self._stormy,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a snapshot; a member that is new since then begins afresh.

        Raises:
            StateCorrupted: It is no snapshot of this detector, or of another version.
        """
        require(state, self.name, _VERSION)
        try:
            for name, peer in self._members.items():
                if name in state["members"]:
                    peer.restore(state["members"][name])
            self._whole.restore(state["whole"])
            self._maxima.restore(state["maxima"])
            self._block_minutes = int(state["block_minutes"])
            self._dependence.restore(state["dependence"])
            self._turns.restore(state["turns"])
            self._stormy = bool(state["stormy"])
        except (KeyError, TypeError, ValueError) as exc:
            raise StateCorrupted(f"the snapshot of {self.name} cannot be read: {exc!r}") from exc


def _by_member(recent: Sequence[Slot]) -> dict[str, list[Slot]]:
    heard: dict[str, list[Slot]] = {}
    for slot in recent:
        for name, tally in slot.members:
            heard.setdefault(name, []).append(Slot(slot.start, slot.seconds, tally))
    return heard


def _shared(standings: Mapping[str, Standing]) -> float:
    nats = [standing.nats for standing in standings.values()]
    return math.fsum(nats) - max(nats)


def _share_of_evidence(climbs: Sequence[Souring]) -> float:
    """All of the budget while fewer than two members have an opinion on small turns."""
    return _SHARE_OF_EVIDENCE if len(climbs) >= FEWEST else 1.0


def _score(pages: float) -> float:
    return max(math.log(BLOCKS_PER_WEEK / pages), 0.0)


def _pages(standing: Standing) -> float:
    return standing.pages


def _silent(slot: Slot) -> Slot:
    return Slot(slot.start, slot.seconds, Tally())
