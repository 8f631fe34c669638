"""Taking a person out of evidence: the counts stay, the words and the names go."""

from collections.abc import Collection
from typing import Final

import msgspec

from streams.events import Evidence
from streams.findings import Carrier, Driver, Origin, PostForecast
from streams.id_index import hash64

_GONE: Final = "erased"


def author_number(platform: str, author: str) -> int:
    """By what an author is recognised: a stable 64-bit hash of platform and id, or name where there is no id."""
    return hash64(f"{platform}:{author}")


def without_authors(evidence: Evidence, authors: Collection[int]) -> Evidence:
    """The evidence without mentions, names and addresses of these authors, 64-bit hashes as in an excerpt.

    What they brought is still counted: a driver keeps when it was said first, a carrier how much it carried.
    """
    changed = msgspec.structs.replace(
        evidence,
        samples=tuple(sample for sample in evidence.samples if sample.author_number not in authors),
        verbatims=tuple(sample for sample in evidence.verbatims if sample.author_number not in authors),
        drivers=tuple(_driver(driver, authors) for driver in evidence.drivers),
        carriers=tuple(_carrier(one) if one.author_number in authors else one for one in evidence.carriers),
        posts=tuple(_post(one) if one.author_number in authors else one for one in evidence.posts),
        complaints={key: one for key, one in evidence.complaints.items() if one.author_number not in authors},
    )
    return evidence if changed == evidence else changed


def without_people(evidence: Evidence) -> Evidence:
    """The evidence without any mention in its own words and without any name: counts, single words and places stay."""
    return msgspec.structs.replace(
        evidence,
        samples=(),
        verbatims=(),
        drivers=tuple(
            driver if driver.first is None else msgspec.structs.replace(driver, first=nameless(driver.first))
            for driver in evidence.drivers
        ),
        carriers=tuple(map(_carrier, evidence.carriers)),
        posts=tuple(map(_post, evidence.posts)),
        complaints={},
    )


def nameless(origin: Origin) -> Origin:
    """When it was, and on which platform."""
    return Origin(key=_keyless(origin.key), at=origin.at)


def _driver(driver: Driver, authors: Collection[int]) -> Driver:
    first = driver.first
    if first is None or first.author_number not in authors:
        return driver
    return msgspec.structs.replace(driver, first=nameless(first))


def _carrier(carrier: Carrier) -> Carrier:
    return msgspec.structs.replace(carrier, key=_keyless(carrier.key), name=None, followers=None, author_number=None)


def _post(post: PostForecast) -> PostForecast:
    return msgspec.structs.replace(post, key=_keyless(post.key), author=None, text=None, url=None, author_number=None)


def _keyless(key: str) -> str:
    """The platform alone.

    >>> _keyless("x:1234")
    'x:erased'
    """
    return f"{key.partition(':')[0]}:{_GONE}"
