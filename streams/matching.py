"""All topics against one mention at a time."""

from collections.abc import Generator, Iterable, Sequence
from typing import Final

import ahocorasick_rs
import msgspec

from streams.field_atoms import FieldAtoms
from streams.fold import HANGUL, NO_WORD, SPACED, fold, script_of
from streams.mention import Mention
from streams.numbered_query import NumberedQuery, numbered
from streams.query import Atom, Field, Or, Phrase, Word, atoms, parse, required
from streams.topic import Topic

MAX_CHARACTERS: Final = 100_000
MAX_GAP: Final = 8
_FAST_UP_TO_BYTES: Final = 100_000

# Between text, title and hashtags; no phrase reaches across it.
_BREAK: Final = "\n\0"


class _Phrase(msgspec.Struct, frozen=True, gc=False):
    """A phrase seen from its needle, the longest word; `before` has the nearest word first."""

    number: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    prefix: bool


class _Needle(msgspec.Struct):
    """What the automaton looks for, and which atoms that may decide; -1 is none."""

    left: int
    right: int
    whole: int = -1
    prefix: int = -1
    phrases: tuple[_Phrase, ...] = ()


class TopicMatcher:
    """Finds the topics of a mention with one pass of one automaton over its text, title and hashtags.

    Of all queries only those are looked at that have a hit among the atoms they cannot do without, so the cost hardly
    depends on how many topics there are. At most the first 100,000 characters of each part are searched; the words of
    a phrase stand at most 8 characters apart.

    Raises:
        InvalidQuery: A topic's query does not parse.
    """

    def __init__(self, topics: Sequence[Topic]) -> None:
        self._begin(topics)
        for index in range(len(self._topics)):
            self._add(index)
        self._finish()

    @classmethod
    def in_steps(cls, topics: Sequence[Topic]) -> "Generator[None, None, TopicMatcher]":
        """Like the constructor, but one topic at a step, so that whoever builds can let others work in between.

        >>> len(list(TopicMatcher.in_steps([Topic("acme", "Acme", "acme"), Topic("late", "Late", "late*")])))
        2

        Raises:
            InvalidQuery: A topic's query does not parse.
        """
        matcher = cls(())
        matcher._begin(topics)
        for index in range(len(matcher._topics)):
            matcher._add(index)
            yield
        matcher._finish()
        return matcher

    def _begin(self, topics: Sequence[Topic]) -> None:
        self._topics = tuple(topics)
        self._numbers: dict[Atom, int] = {}
        self._needles: dict[str, _Needle] = {}
        self._words_of: dict[str, frozenset[int]] = {}  # bounded by the queries
        self._tests: list[NumberedQuery | None] = []
        self._growing_triggers: dict[int, list[int]] = {}

    def _add(self, index: int) -> None:
        if self._topics[index].members:  # a peer group's mentions are those of its members
            self._tests.append(None)
            return
        query = parse(self._topics[index].query)
        for atom in atoms(query):
            self._learn(atom)
        needed = required(query) or frozenset()
        for atom in needed:
            self._growing_triggers.setdefault(self._numbers[atom], []).append(index)
        alternatives = query.parts if isinstance(query, Or) else (query,)
        self._tests.append(None if needed.issuperset(alternatives) else numbered(query, self._numbers))

    def _finish(self) -> None:
        self._triggers = {number: tuple(indexes) for number, indexes in self._growing_triggers.items()}
        self._growing_triggers.clear()
        self._by_index = tuple([msgspec.structs.astuple(needle) for needle in self._needles.values()])
        self._automaton = _automaton(self._needles)
        self._needles.clear()
        self._telling = frozenset(
            index
            for index, (_, _, whole, prefix, phrases) in enumerate(self._by_index)
            if not self._triggers.keys().isdisjoint((whole, prefix, *(phrase.number for phrase in phrases)))
        )
        self._fields_decide = any(
            isinstance(atom, Field) and number in self._triggers for atom, number in self._numbers.items()
        )
        self._fields = FieldAtoms({atom: number for atom, number in self._numbers.items() if isinstance(atom, Field)})

    @property
    def topics(self) -> tuple[Topic, ...]:
        """All topics, in the order given."""
        return self._topics

    def match(self, mention: Mention) -> tuple[Topic, ...]:
        """The topics that the mention belongs to, in the order in which they were given."""
        text = _search_text(mention)
        needles = self._needles_in(text)
        if not self._fields_decide and self._telling.isdisjoint([index for index, _, _ in needles]):
            return ()  # most mentions end here
        hits = self._standing(needles, text)
        triggers = self._triggers
        self._fields.add_to(hits, mention)
        candidates = {index for number in hits if number in triggers for index in triggers[number]}
        tests = self._tests
        found = [index for index in candidates if (test := tests[index]) is None or test.holds(hits)]
        found.sort()
        return tuple([self._topics[index] for index in found])

    def words_of(self, topic: Topic) -> frozenset[int]:
        """The words and phrases that speak for the topic, by the numbers that `words_in` gives them; none it excludes.

        Raises:
            InvalidQuery: The topic is none of these and its query does not parse.
        """
        words = frozenset[int]() if topic.members else self._words_of.get(topic.query)
        if words is None:
            numbers = self._numbers
            spoken = atoms(parse(topic.query), excluded=False)
            named = (numbers.get(atom) for atom in spoken if not isinstance(atom, Field))
            words = self._words_of[topic.query] = frozenset(number for number in named if number is not None)
        return words

    def words_in(self, text: str) -> set[int]:
        """The words and phrases of all queries that stand in a text."""
        folded = fold(text[:MAX_CHARACTERS])
        return self._standing(self._needles_in(folded), folded)

    def _needles_in(self, text: str) -> Sequence[tuple[int, int, int]]:
        if self._automaton is None:
            return ()
        return self._automaton.find_matches_as_indexes(text, overlapping=True)

    def _standing(self, needles: Sequence[tuple[int, int, int]], text: str) -> set[int]:
        """The words and phrases that stand where their needles were found, which may be parts of other words."""
        hits: set[int] = set()
        for index, start, end in needles:
            left, right, whole, prefix, phrases = self._by_index[index]
            if left and start and script_of(text[start - 1]) == left:
                continue
            if prefix >= 0:
                hits.add(prefix)
            if whole >= 0 and not (right and end < len(text) and script_of(text[end]) == right):
                hits.add(whole)
            for phrase in phrases:
                if phrase.number not in hits and _stands(phrase, text, start, end):
                    hits.add(phrase.number)
        return hits

    def _learn(self, atom: Atom) -> None:
        if atom in self._numbers:
            return
        number = self._numbers[atom] = len(self._numbers)
        if isinstance(atom, Word):
            needle = self._needle(atom.text)
            if atom.prefix:
                needle.prefix = number
            else:
                needle.whole = number
        elif isinstance(atom, Phrase):
            longest = max(range(len(atom.words)), key=lambda i: len(atom.words[i]))
            needle = self._needle(atom.words[longest])
            before, after = atom.words[:longest][::-1], atom.words[longest + 1 :]
            needle.phrases += (_Phrase(number, before, after, atom.prefix),)

    def _needle(self, text: str) -> _Needle:
        return self._needles.setdefault(text, _Needle(_blocked(text[0], sign=True), _blocked(text[-1])))


def _blocked(edge: str, *, sign: bool = False) -> int:
    """The kind of neighbour that would continue a word beyond this edge; NO_WORD where none would.

    A leading # or @ counts as a letter: info@acme is no @acme.
    """
    script = SPACED if sign and edge in "#@" else script_of(edge)
    return script if script in {SPACED, HANGUL} else NO_WORD


def _ends(text: str, end: int, last: str) -> bool:
    """Whether the word that ends with `last` is over at `end`."""
    blocked = _blocked(last)
    return not blocked or end >= len(text) or script_of(text[end]) != blocked


def _stands(phrase: _Phrase, text: str, start: int, end: int) -> bool:
    """Whether the other words of the phrase stand around its needle at [start, end)."""
    for word in phrase.before:
        found = _word_before(text, start, word)
        if found is None:
            return False
        start = found
    for word in phrase.after:
        found = _word_after(text, end, word)
        if found is None:
            return False
        end = found
    return phrase.prefix or _ends(text, end, text[end - 1])


def _word_after(text: str, end: int, word: str) -> int | None:
    for position in range(end, min(end + MAX_GAP, len(text)) + 1):
        if position > end and text.startswith(word, position):
            return position + len(word)
        if position == len(text) or text[position] == "\0" or script_of(text[position]) != NO_WORD:
            return None
    return None


def _word_before(text: str, start: int, word: str) -> int | None:
    for position in range(start, max(start - MAX_GAP, 0) - 1, -1):
        if position < start and text.endswith(word, 0, position):
            found = position - len(word)
            blocked = _blocked(word[0], sign=True)
            return None if blocked and found and script_of(text[found - 1]) == blocked else found
        if position == 0 or text[position - 1] == "\0" or script_of(text[position - 1]) != NO_WORD:
            return None
    return None


def _search_text(mention: Mention) -> str:
    text = fold(mention.text[:MAX_CHARACTERS])
    if mention.title:
        text = f"{text}{_BREAK}{fold(mention.title[:MAX_CHARACTERS])}"
    if mention.hashtags:
        tags = _BREAK.join("#" + fold(tag).lstrip("#") for tag in mention.hashtags)[:MAX_CHARACTERS]
        text = f"{text}{_BREAK}{tags}"
    return text


def _automaton(needles: Iterable[str]) -> ahocorasick_rs.AhoCorasick | None:
    found = tuple(needles)
    if not found:
        return None
    # The kind that is a third faster takes up to a kilobyte for each byte of its needles.
    fast = sum(len(needle.encode()) for needle in found) <= _FAST_UP_TO_BYTES
    kind = ahocorasick_rs.Implementation.DFA if fast else None
    return ahocorasick_rs.AhoCorasick(found, implementation=kind)
