"""The boolean language in which a topic says which mentions belong to it.

    refund* AND (acme OR "acme air") AND NOT jobs
    #acmedown lang:en platform:x country:us author:"Jane Doe"

- `AND`, `OR`, `NOT` are written in capitals; terms that stand side by side are joined by AND. NOT binds tightest, then
  AND, then OR; parentheses group.
- A keyword matches whole words: `app` finds neither `apple` nor `whatsapp`. `refund*` finds every word that begins so.
  Scripts without spaces between words (Chinese, Japanese, Thai, ...) match anywhere; Korean, which attaches particles,
  wants a `*`.
- `acme` also finds `#acme` and `@acme`; `#acme` and `@acme` find only the sign with the word.
- `"late flight"` finds the words next to each other, whatever punctuation or line break stands between them.
- Case, accents and width make no difference, nor do curly apostrophes and invisible characters.
- Fields: `lang:en` (also `en-GB`), `platform:`, `country:`, `author:` (name or id). Values are compared whole.
- Every query has to name something that its mentions contain: `NOT jobs` alone is refused.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal, NoReturn, TypeAlias, cast, get_args

import msgspec

from streams.errors import InvalidQuery
from streams.fold import NO_WORD, UNSPACED, fold, script_of

MAX_TERMS: Final = 1000
MAX_DEPTH: Final = 50

FieldName: TypeAlias = Literal["lang", "platform", "country", "author"]


class Word(msgspec.Struct, frozen=True, gc=False):
    """A folded keyword; with `prefix` every word that begins with it."""

    text: str
    prefix: bool = False


class Phrase(msgspec.Struct, frozen=True, gc=False):
    """Folded words next to each other, two at least; `prefix` concerns the last one."""

    words: tuple[str, ...]
    prefix: bool = False


class Field(msgspec.Struct, frozen=True, gc=False):
    """A property of the mention that has to equal a folded value."""

    name: FieldName
    value: str


class Not(msgspec.Struct, frozen=True):
    """Everything that `part` does not match."""

    part: "Query"


class And(msgspec.Struct, frozen=True):
    """What all parts match."""

    parts: "tuple[Query, ...]"


class Or(msgspec.Struct, frozen=True):
    """What at least one part matches."""

    parts: "tuple[Query, ...]"


Atom: TypeAlias = Word | Phrase | Field
Query: TypeAlias = Word | Phrase | Field | Not | And | Or

_FIELDS: Final = get_args(FieldName)
_OPERATORS: Final = ("AND", "OR", "NOT")
_QUOTES: Final = '"\u201c\u201d\u201e\u201f\u00ab\u00bb'
_SPACE: Final = re.compile(r"\s*")
_RUN: Final = re.compile(rf"[^\s(){_QUOTES}]+")


class _Token(msgspec.Struct, frozen=True):
    kind: Literal["(", ")", "AND", "OR", "NOT", "atom", "end"]
    column: int
    atom: Atom | None = None


def parse(text: str) -> Query:
    """Read a query.

    >>> parse("acme (refund* OR 'n/a')")
    And(parts=(Word(text='acme', prefix=False), Or(parts=(Word(text='refund', prefix=True), Word(text="'n/a'", prefix=False)))))

    Raises:
        InvalidQuery: It cannot be read, is larger than 1,000 terms or 50 levels, or would match mentions that contain
            nothing it names.
    """  # noqa: E501
    parser = _Parser(tuple(_tokens(text)))
    query = parser.whole()
    if required(query) is None:
        raise InvalidQuery(
            "the query matches mentions that contain nothing it names; join every NOT with AND to a keyword or field",
            column=1,
        )
    return query


def atoms(query: Query, *, excluded: bool = True) -> Iterator[Atom]:
    """Words, phrases and fields of a query, from left to right, with repetitions; those under a NOT if `excluded`."""
    if isinstance(query, And | Or):
        for part in query.parts:
            yield from atoms(part, excluded=excluded)
    elif not isinstance(query, Not):
        yield query
    elif excluded:
        yield from atoms(query.part)


def required(query: Query) -> frozenset[Atom] | None:
    """A cheap set of atoms of which every matching mention contains at least one; None where there is no such set.

    >>> sorted(atom.text for atom in required(parse("lang:en acme (late OR delayed) NOT jobs")))
    ['acme']
    """
    return _required(query, negated=False)


def _required(query: Query, *, negated: bool) -> frozenset[Atom] | None:
    if isinstance(query, Not):
        return _required(query.part, negated=not negated)
    if isinstance(query, And | Or):
        sets = [_required(part, negated=negated) for part in query.parts]
        if isinstance(query, And) == negated:  # one of the parts suffices, so all their sets are needed
            return None if None in sets else frozenset[Atom]().union(*cast("list[frozenset[Atom]]", sets))
        return min((candidate for candidate in sets if candidate), key=_frequency, default=None)
    return None if negated else frozenset((query,))


def _frequency(candidates: frozenset[Atom]) -> tuple[float, str]:
    """Guess how often mentions contain one of the atoms: long words are rare, most fields are common."""
    share = 0.0
    for atom in candidates:
        if isinstance(atom, Word):
            share += 1.0 / len(atom.text) ** 2
        elif isinstance(atom, Phrase):
            share += 0.5 / max(map(len, atom.words)) ** 2
        else:
            share += 0.001 if atom.name == "author" else 2.0
    return share, repr(sorted(map(repr, candidates)))


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while (position := cast("re.Match[str]", _SPACE.match(text, position)).end()) < len(text):
        column = position + 1
        char = text[position]
        if char in "()":
            yield _Token(cast("Literal['(', ')']", char), column)
            position += 1
        elif char in _QUOTES:
            quoted, position = _quoted(text, position)
            yield _Token("atom", column, _keyword(quoted, column))
        else:
            run = cast("re.Match[str]", _RUN.match(text, position)).group()
            position += len(run)
            name, colon, value = run.partition(":")
            if colon and name.isalpha():
                if not value and text[position : position + 1] and text[position] in _QUOTES:
                    value, position = _quoted(text, position)
                yield _Token("atom", column, _field(name, value, column))
            elif run in _OPERATORS:
                yield _Token(cast("Literal['AND', 'OR', 'NOT']", run), column)
            else:
                _refuse_habits(run, column)
                yield _Token("atom", column, _keyword(run, column))
    yield _Token("end", len(text) + 1)


def _quoted(text: str, start: int) -> tuple[str, int]:
    """The text between quotation marks, and the position behind the closing one."""
    end = next((i for i in range(start + 1, len(text)) if text[i] in _QUOTES), None)
    if end is None:
        raise InvalidQuery('a quotation begins here and never ends; close it with "', column=start + 1)
    return text[start + 1 : end], end + 1


def _refuse_habits(run: str, column: int) -> None:
    """What other search languages mean differently would be searched for literally here; nobody wants that."""
    if run.upper() in _OPERATORS:
        raise InvalidQuery(
            f'write {run.upper()} in capitals, or "{run}" in quotes to search for the word', column=column
        )
    if run[0] == "-" and len(run) > 1:
        raise InvalidQuery(f"write NOT {run[1:]} instead of {run}, or quote it to search for the sign", column=column)
    if run[-1] in ",;" or all(char in "&|+-!~^" for char in run):
        raise InvalidQuery(f"join terms with AND, OR or NOT instead of {run[-1]!r}", column=column)


def _field(name: str, value: str, column: int) -> Field:
    folded = " ".join(fold(value).split())
    if name.lower() not in _FIELDS:
        known = ", ".join(f"{field}:" for field in _FIELDS)
        raise InvalidQuery(
            f'there is no field {name}:, only {known}; quote "{name}:..." to search for it', column=column
        )
    if name.lower() == "author":
        folded = folded.removeprefix("@")
    if name.lower() == "lang":
        folded = folded.replace("_", "-")
    if not folded:
        raise InvalidQuery(f'{name}: needs a value, for example lang:en or author:"Jane Doe"', column=column)
    if "*" in folded:
        raise InvalidQuery(f"* works in keywords only; write the whole value of {name}:", column=column)
    return Field(cast("FieldName", name.lower()), folded)


def _keyword(raw: str, column: int) -> Word | Phrase:
    words = fold(raw).split()
    prefix = bool(words) and words[-1].endswith("*")
    if prefix:
        words[-1] = words[-1][:-1]
    if any("*" in word for word in words):
        raise InvalidQuery("* may stand only at the end of a word, and in a phrase only at its end", column=column)
    if not words or (prefix and not words[-1]):
        raise InvalidQuery("a keyword is missing here; write at least one letter, digit or sign", column=column)
    last = words[-1]
    if prefix and (script_of(last[-1]) == NO_WORD or (len(last) < 2 and script_of(last) != UNSPACED)):
        raise InvalidQuery(f"{last}* is too wide; write at least two letters before the *", column=column)
    return Word(last, prefix) if len(words) == 1 else Phrase(tuple(words), prefix)


class _Parser:
    """Recursive descent; `whole` is called once."""

    def __init__(self, tokens: tuple[_Token, ...]) -> None:
        self._tokens = tokens
        self._next = 0
        self._terms = 0

    def whole(self) -> Query:
        if self._tokens[0].kind == "end":
            raise InvalidQuery("the query is empty; write at least one keyword", column=1)
        query = self._or(0)
        if self._now.kind != "end":
            self._refuse()
        return query

    @property
    def _now(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, kind: str) -> bool:
        taken = self._now.kind == kind
        self._next += taken
        return taken

    def _or(self, depth: int) -> Query:
        parts = [self._and(depth)]
        while self._take("OR"):
            parts.append(self._and(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self, depth: int) -> Query:
        parts = [self._not(depth)]
        while self._take("AND") or self._now.kind in {"NOT", "(", "atom"}:
            parts.append(self._not(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _not(self, depth: int) -> Query:
        if depth >= MAX_DEPTH:
            raise InvalidQuery(f"more than {MAX_DEPTH} levels; flatten the parentheses", column=self._now.column)
        if self._take("NOT"):
            return Not(self._not(depth + 1))
        opening = self._now.column
        if self._take("("):
            query = self._or(depth + 1)
            if not self._take(")"):
                if self._now.kind != "end":
                    self._refuse()
                raise InvalidQuery("this parenthesis is never closed; add a )", column=opening)
            return query
        atom = self._now.atom
        if atom is None:
            self._refuse()
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise InvalidQuery(f"more than {MAX_TERMS} terms; split the topic in two", column=self._now.column)
        self._next += 1
        return atom

    def _refuse(self) -> NoReturn:
        found, column = self._now.kind, self._now.column
        if found == ")" and not (self._next and self._tokens[self._next - 1].kind in {"(", *_OPERATORS}):
            raise InvalidQuery("this parenthesis was never opened; remove it or add a (", column=column)
        where = "the query ends" if found == "end" else f"{found} stands"
        raise InvalidQuery(f"{where} where a keyword, field or ( is expected; add a term before it", column=column)
