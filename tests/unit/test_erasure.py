from datetime import UTC, datetime

import msgspec

from streams.erasure import without_authors, without_people
from streams.events import Evidence
from streams.findings import Carrier, Driver, Forecast, Origin, PostForecast, Sample

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
JANE, BOB = 2**63 + 1, 2


def evidence_of(author: int, name: str) -> Evidence:
    sample = Sample(f"x:{name}1", f"{name} says", AT, author=name, url=f"https://x/{name}", author_number=author)
    first = Origin(f"x:{name}2", AT, author=name, url=f"https://x/{name}", author_number=author)
    forecast = Forecast(so_far=1, final=2, low=1, high=3, doubling=0.5)
    return Evidence(
        observed=10,
        expected=1.0,
        low=0.0,
        high=3.0,
        window_seconds=60,
        drivers=(Driver("late", 5, 0.5, 4.5, first=first), Driver("bags", 3, 0.5)),
        samples=(sample,),
        verbatims=(sample,),
        carriers=(Carrier(f"x:{name}3", 4, 6, name=name, kind="large", followers=9, author_number=author),),
        posts=(PostForecast(f"x:{name}4", forecast, author=name, text=f"{name} says", url="u", author_number=author),),
    )


def test_an_author_is_taken_out_and_the_counts_stay() -> None:
    found = without_authors(evidence_of(JANE, "Jane"), {JANE})

    assert b"Jane" not in msgspec.json.encode(found)
    assert str(JANE).encode() not in msgspec.json.encode(found)
    assert (found.samples, found.verbatims) == ((), ())
    assert found.drivers[0].first == Origin("x:erased", AT)
    assert (found.carriers[0].mentions, found.carriers[0].without, found.carriers[0].kind) == (4, 6, "large")
    assert found.posts[0].forecast.final == 2
    assert found.observed == 10


def test_others_stay_and_nothing_changes_where_the_author_is_not() -> None:
    evidence = evidence_of(BOB, "Bob")

    assert without_authors(evidence, {JANE}) is evidence


def test_people_are_taken_out_whoever_they_are() -> None:
    found = without_people(evidence_of(BOB, "Bob"))

    assert b"Bob" not in msgspec.json.encode(found)
    assert [driver.term for driver in found.drivers] == ["late", "bags"]
    assert found.drivers[1].first is None
