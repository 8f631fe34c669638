"""Whose a directive is: what somebody who sees some brands alone is shown of it, and may do with it. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from alerting.brand_scope import BrandScope
from alerting.directives.api_key import ApiKey
from alerting.directives.case_link import CaseLink
from alerting.directives.customer_note import CustomerNote
from alerting.directives.directive import Directive
from alerting.directives.drill import Drill
from alerting.directives.entrance import Entrance
from alerting.directives.erasure import Erasure
from alerting.directives.judgement import Judgement
from alerting.directives.letter_sent import LetterSent
from alerting.directives.mood_label import MoodLabel
from alerting.directives.notice import Notice
from alerting.directives.post_hold import PostHold
from alerting.directives.self_notice import SelfNotice
from alerting.directives.shift_cover import ShiftCover
from alerting.directives.silence import Silence
from alerting.directives.topic_change import TopicChange
from alerting.directives.weekly_telling import WeeklyTelling
from alerting.routing.matchers import Matcher, Operator, parsed
from alerting.routing.silence_wish import SilenceWish

_SPECIAL: Final = frozenset("\\.+*?()|[]{}^$")

Brands = Mapping[str, str | None]
"""The brand of each topic."""


class Belonging:
    """The rules for one scope.

    Args:
        brands: The brand of every topic; a topic that is not there belongs to none.
    """

    def __init__(self, scope: BrandScope, brands: Brands) -> None:
        self._scope = scope
        self._brands = brands

    def sees_topic(self, topic: str) -> bool:
        """Whether it is a topic of theirs."""
        return self._scope.sees(self._brands.get(topic))

    def sees(self, directive: Directive) -> bool:
        """Whether they are shown it. What holds for every brand holds for theirs, so they are shown that too.

        Of what names an incident, whoever asks has to look at that besides.
        """
        if not self._scope.is_limited:
            return True
        match directive:
            case Silence():
                return self._may_touch(directive.matchers)
            case Notice() | CustomerNote():
                return any(self.sees_topic(topic) for topic in directive.topics)
            case PostHold():
                return not directive.topics or any(self.sees_topic(topic) for topic in directive.topics)
            case CaseLink():
                return directive.incident is not None
            case Judgement() | MoodLabel() | TopicChange():
                return self.sees_topic(directive.topic)
            case (
                ApiKey()
                | WeeklyTelling()
                | Drill()
                | Entrance()
                | Erasure()
                | LetterSent()
                | ShiftCover()
                | SelfNotice()
            ):
                return False  # a schedule, like a receiver, is everybody's

    def may_keep(self, directive: Directive) -> bool:
        """Whether they may make it, change it or end it: where it touches no brand but theirs."""
        if not self._scope.is_limited:
            return True
        match directive:
            case Silence():
                return any(self._pins(parsed(text)) for text in directive.matchers)
            case Notice() | CustomerNote() | PostHold():
                return bool(directive.topics) and all(self.sees_topic(topic) for topic in directive.topics)
            case TopicChange():
                became = directive.became
                return self.sees_topic(directive.topic) or (became is not None and self._scope.sees(became.brand))
            case (
                CaseLink()
                | Judgement()
                | MoodLabel()
                | ApiKey()
                | Drill()
                | Entrance()
                | Erasure()
                | LetterSent()
                | ShiftCover()
                | SelfNotice()
                | WeeklyTelling()
            ):
                return self.sees(directive)

    def narrowed(self, wish: SilenceWish) -> SilenceWish:
        """The wish for what is theirs alone: with a matcher for their brands, unless one keeps it there already.

        Raises:
            ValueError: A matcher is none.
        """
        if self._scope.brands is None or any(self._pins(parsed(text)) for text in wish.matchers):
            return wish
        return msgspec.structs.replace(wish, matchers=(*wish.matchers, str(brand_matcher(self._scope.brands))))

    def _pins(self, matcher: Matcher) -> bool:
        """Whether what it holds for is theirs."""
        if matcher.operator is Operator.EQUAL:
            if matcher.label == "topic":
                return self.sees_topic(matcher.value)
            return matcher.label == "brand" and self._scope.sees(matcher.value)
        if matcher.operator is not Operator.LIKE or matcher.label != "brand":
            return False
        own = {_escaped(brand) for brand in self._scope.brands or ()}
        return all(choice in own for choice in matcher.value.split("|"))

    def _may_touch(self, matchers: Iterable[str]) -> bool:
        """Whether it could hold for an incident of theirs."""
        read = [parsed(text) for text in matchers]
        of_brand = [matcher for matcher in read if matcher.label == "brand"]
        of_topic = [matcher for matcher in read if matcher.label == "topic"]
        own = {topic: brand for topic, brand in self._brands.items() if self._scope.sees(brand)}
        brands = [brand for brand in self._scope.brands or () if _all(of_brand, {"brand": brand})]
        topics = [topic for topic, brand in own.items() if brand in brands and _all(of_topic, {"topic": topic})]
        return bool(brands) and (bool(topics) or not of_topic)


def brand_matcher(brands: Iterable[str]) -> Matcher:
    """A matcher that holds for these brands and no other.

    >>> str(brand_matcher(["Acme"])), str(brand_matcher(["Acme", "Globex"]))
    ('brand="Acme"', 'brand=~"Acme|Globex"')
    """
    named = sorted(brands)
    if len(named) == 1:
        return Matcher("brand", Operator.EQUAL, named[0])
    return Matcher("brand", Operator.LIKE, "|".join(_escaped(brand) for brand in named))


def _all(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    return all(matcher.holds(labels) for matcher in matchers)


def _escaped(brand: str) -> str:
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in brand)
