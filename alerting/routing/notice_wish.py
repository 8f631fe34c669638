"""What ops announce, and the notice that is made of it. Pure."""

import re
from datetime import datetime, timedelta
from typing import Final

import msgspec

from alerting.directives.notice import Notice, NoticeKind
from alerting.errors import DirectiveRefused
from alerting.incidents.wording import plain

MOST_TOPICS: Final = 200
MOST_REGIONS: Final = 200
TEXT_CHARACTERS: Final = 500
LARGEST_MULTIPLIER: Final = 100.0

_LONGEST: Final = timedelta(days=92)
_TOPIC: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_REGION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


class NoticeWish(msgspec.Struct, frozen=True):
    """What ops announce; see `Notice`. `starts_at` None is now."""

    kind: str
    topics: tuple[str, ...]
    text: str
    ends_at: datetime
    starts_at: datetime | None = None
    area: tuple[str, ...] = ()
    expected_multiplier: float | None = None
    owner: str | None = None


def notice_of(wish: NoticeWish, notice_id: str, by: str, now: datetime, *, origin: str = "api") -> Notice:
    """The notice that is announced.

    Raises:
        DirectiveRefused: Something in it is not allowed; says what, and what is.
    """
    kinds = [kind.value for kind in NoticeKind]
    if wish.kind not in kinds:
        raise DirectiveRefused(f"{plain(wish.kind, 50)!r} is no kind of notice; known are {', '.join(kinds)}")
    if not 1 <= len(wish.topics) <= MOST_TOPICS or not all(_TOPIC.fullmatch(topic) for topic in wish.topics):
        raise DirectiveRefused(f"a notice names between 1 and {MOST_TOPICS} topics by their ids")
    if len(wish.area) > MOST_REGIONS or not all(_REGION.fullmatch(region) for region in wish.area):
        raise DirectiveRefused(f"an area is at most {MOST_REGIONS} regions, like DE or DE-BE")
    times = wish.expected_multiplier
    if times is not None and not 1.0 < times <= LARGEST_MULTIPLIER:
        raise DirectiveRefused(f"expected_multiplier is {times:g}; it has to be above 1 and at most 100")
    text, owner = plain(wish.text, TEXT_CHARACTERS), plain(wish.owner or by, 100)
    if not text or not owner:
        raise DirectiveRefused("a notice needs a text and an owner")
    starts_at = wish.starts_at or now
    if starts_at.tzinfo is None or wish.ends_at.tzinfo is None:
        raise DirectiveRefused("a time has no time zone")
    if wish.ends_at <= starts_at or wish.ends_at <= now or wish.ends_at - now > _LONGEST:
        raise DirectiveRefused(f"a notice ends after it starts, not in the past, and within {_LONGEST.days} days")
    return Notice(
        id=notice_id,
        kind=NoticeKind(wish.kind),
        topics=tuple(dict.fromkeys(wish.topics)),
        owner=owner,
        text=text,
        starts_at=starts_at,
        ends_at=wish.ends_at,
        created_at=now,
        updated_at=now,
        area=tuple(dict.fromkeys(wish.area)),
        expected_multiplier=times,
        origin=origin,
    )
