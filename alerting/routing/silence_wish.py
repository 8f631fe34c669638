"""What somebody asks for, and the silence that is made of it. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from alerting.directives.silence import Silence
from alerting.directives.weekly_window import WeeklyWindow
from alerting.errors import DirectiveRefused
from alerting.incidents.wording import plain
from alerting.incidents.work import person
from alerting.routing.matchers import parsed
from alerting.settings import SilenceSettings

MOST_MATCHERS: Final = 20
MOST_WINDOWS: Final = 20
REASON_CHARACTERS: Final = 500
MATCHER_CHARACTERS: Final = 500

_A_YEAR: Final = timedelta(days=366)


class SilenceWish(msgspec.Struct, frozen=True):
    """What somebody asks for; see `Silence`.

    Attributes:
        matchers: As text, in Alertmanager's words.
        starts_at: None is now.
        weekly: Windows as text: `sat,sun 22:00-06:00`.
        confirmed: It may be as wide as it is.
    """

    matchers: tuple[str, ...]
    reason: str
    ends_at: datetime
    starts_at: datetime | None = None
    weekly: tuple[str, ...] = ()
    zone: str = "UTC"
    author: str | None = None
    confirmed: bool = False


def silence_of(wish: SilenceWish, silence_id: str, by: str, now: datetime, settings: SilenceSettings) -> Silence:
    """The silence that is asked for.

    Raises:
        DirectiveRefused: Something in it is not allowed; says what, and what is.
    """
    starts_at = max(wish.starts_at or now, now)
    reason = plain(wish.reason, REASON_CHARACTERS)
    if not reason:
        raise DirectiveRefused("a silence needs a reason")
    if wish.ends_at <= starts_at:
        raise DirectiveRefused("a silence ends after it starts, and not in the past")
    longest = _A_YEAR if wish.weekly else timedelta(days=settings.longest_days)
    if wish.ends_at - now > longest:
        raise DirectiveRefused(f"a silence ends within {longest.days} days; a recurring one within 366")
    return Silence(
        id=silence_id,
        matchers=canonical(wish.matchers),
        author=person(wish.author or by),
        reason=reason,
        starts_at=starts_at,
        ends_at=wish.ends_at,
        created_at=now,
        updated_at=now,
        weekly=_windows(wish.weekly),
        zone=known_zone(wish.zone),
    )


def canonical(matchers: Sequence[str]) -> tuple[str, ...]:
    """The matchers as we write them, each once.

    Raises:
        DirectiveRefused: One is wrong, there are too many, or none.
    """
    if not 1 <= len(matchers) <= MOST_MATCHERS:
        raise DirectiveRefused(f"between 1 and {MOST_MATCHERS} matchers are needed, not {len(matchers)}")
    found = []
    for text in matchers:
        if len(text) > MATCHER_CHARACTERS:
            raise DirectiveRefused(f"a matcher has at most {MATCHER_CHARACTERS} characters")
        if plain(text, MATCHER_CHARACTERS) != " ".join(text.split()):
            raise DirectiveRefused("a matcher has neither control characters nor such that turn text around")
        try:
            found.append(str(parsed(text)))
        except ValueError as exc:
            raise DirectiveRefused(str(exc)) from exc
    return tuple(dict.fromkeys(found))


def known_zone(name: str) -> str:
    """The name of a time zone that this machine knows.

    Raises:
        DirectiveRefused: It knows none of that name.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise DirectiveRefused(f"{plain(name, 50)!r} is no time zone; write it like Europe/Berlin") from exc
    return name


def _windows(texts: Sequence[str]) -> tuple[WeeklyWindow, ...]:
    if len(texts) > MOST_WINDOWS:
        raise DirectiveRefused(f"at most {MOST_WINDOWS} weekly windows are allowed, not {len(texts)}")
    try:
        return tuple(WeeklyWindow.parse(text) for text in texts)
    except ValueError as exc:
        raise DirectiveRefused(str(exc)) from exc
