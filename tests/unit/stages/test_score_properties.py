import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams import codec
from streams.broker.base import Outgoing, Record
from streams.events import Tally
from streams.mention import Mention
from tests.fakes.score_stage import at, make_stage, partials, record


# Versions of up to four mentions in any order, with repetitions.
@st.composite
def some_versions(draw: st.DrawFn, texts: Sequence[str], operations: Sequence[str]) -> Record:
    fields: dict[str, Any] = draw(numbers)
    return record(draw(st.sampled_from(texts)), op=draw(st.sampled_from(operations)), **fields)


numbers = st.fixed_dictionaries(
    {
        "id": st.sampled_from("1234"),
        "seq": st.none() | st.integers(0, 5),
        "published": st.integers(0, 4),
        "likes": st.integers(0, 5),
        "reach": st.integers(0, 5),
        "lang": st.sampled_from(("en", "xx")),
        "country": st.sampled_from(("US", "DE")),
        "sentiment": st.none() | st.floats(-1, 1),
        "author": st.builds(lambda author: {"id": author}, st.sampled_from("ab")),
    }
)
matching = ("refund angry", "refund acme happy", "acme happy happy", "happy with acme. angry about my refund")
versions = some_versions((*matching, "nothing", ""), ("create", "update", "delete"))
known_versions = some_versions(matching, ("create", "update"))

Sums = dict[tuple[str, int], tuple[Tally, Counter[str], set[int]]]


def sums(outgoing: Iterable[Outgoing]) -> Sums:
    """Everything that adds up, by topic and second; nothing that is zero."""
    found: Sums = {}
    for partial in partials(outgoing):
        tally, counts, authors = found.get((partial.topic, partial.second), (Tally(), Counter(), set()))
        for kind in ("platforms", "regions", "languages"):
            for name, count in getattr(partial, kind).items():
                counts[f"{kind} {name}"] += count
        counts["terms"] += sum(partial.terms.values()) + partial.terms_other
        found[partial.topic, partial.second] = (tally + partial.tally, counts, authors | set(partial.authors))
    return found


def run(batches: Iterable[Sequence[Record]]) -> list[Outgoing]:
    stage = make_stage()
    out: list[Outgoing] = []
    for number, batch in enumerate(batches):
        stage.fold(batch, at(number))
        out += stage.flush(at(number), at_end=False)
    return out


def nonzero(found: Sums) -> Sums:
    kept = {}
    for place, (tally, counts, authors) in found.items():
        left = Counter({name: count for name, count in counts.items() if count})
        if left or authors or tally != Tally():
            kept[place] = (tally, left, authors)
    return kept


def cut(records: Sequence[Record], cuts: set[int]) -> list[Sequence[Record]]:
    edges = [0, *sorted(cut for cut in cuts if cut < len(records)), len(records)]
    return [records[start:end] for start, end in itertools.pairwise(edges)]


logs = st.lists(versions, max_size=20)
cuttings = st.sets(st.integers(1, 19))


@settings(max_examples=40, deadline=None)
@given(logs, cuttings)
def test_sums_do_not_depend_on_how_records_are_cut_into_batches(records: list[Record], cuts: set[int]) -> None:
    assert nonzero(sums(run(cut(records, cuts)))) == nonzero(sums(run([records])))


@settings(max_examples=40, deadline=None)
@given(logs, cuttings, st.lists(st.integers(1, 3), min_size=20, max_size=20))
def test_a_record_delivered_several_times_counts_once(records: list[Record], cuts: set[int], times: list[int]) -> None:
    repeated = [item for item, count in zip(records, times, strict=False) for _ in range(count)]

    assert nonzero(sums(run(cut(repeated, cuts)))) == nonzero(sums(run([records])))


@settings(max_examples=40, deadline=None)
@given(st.lists(known_versions, max_size=20), st.data())
def test_what_was_counted_before_may_come_again_in_any_order(records: list[Record], data: st.DataObject) -> None:
    again = data.draw(st.permutations(records))

    assert nonzero(sums(run([records, again]))) == nonzero(sums(run([records])))


@settings(max_examples=40, deadline=None)
@given(logs, cuttings)
def test_deleting_everything_leaves_exactly_zero(records: list[Record], cuts: set[int]) -> None:
    deletions = [record("", id=name, op="delete", seq=6) for name in "1234"]

    left = sums(run([*cut(records, cuts), deletions]))

    assert {tally for tally, _, _ in left.values()} <= {Tally()}
    for _, counts, _ in left.values():
        assert {count for name, count in counts.items() if name != "terms"} <= {0}


@settings(max_examples=40, deadline=None)
@given(st.lists(known_versions, max_size=20))
def test_in_the_end_only_the_newest_version_of_each_mention_counts(records: list[Record]) -> None:
    first: dict[str, Mention] = {}
    newest: dict[str, Mention] = {}
    for item in records:
        mention = codec.decode_mention(item.value)
        first.setdefault(mention.id, mention)
        known = newest.get(mention.id)
        if known is None or (mention.seq is not None and mention.seq > (-1 if known.seq is None else known.seq)):
            newest[mention.id] = mention

    expected: Counter[tuple[str, int]] = Counter()
    for mention in newest.values():
        for topic, word in (("refunds", "refund"), ("acme", "acme")):
            if word in mention.text:
                expected[topic, round(first[mention.id].published_at.timestamp())] += 1

    found = {place: tally.mentions for place, (tally, _, _) in sums(run([records])).items() if tally.mentions}
    assert found == dict(expected)
