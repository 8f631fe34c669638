import pytest

from alerting.routing.matchers import Matcher, Operator
from alerting.routing.safe_regex import MAX_PATTERN

LABELS = {"topic": "refunds", "brand": "Acme", "owner": "", "severity": "SEV1", "direction": "crisis"}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("severity=SEV1", True),
        ('severity="SEV1"', True),
        ("severity=SEV", False),
        ("severity!=SEV1", False),
        ("severity=~SEV[12]", True),
        ("topic=~refund", False),  # a regular expression has to match the whole value
        ("topic=~refund.*|payments", True),
        ("topic!~pay.*", True),
        ("owner=", True),
        ("owner!=", False),
        (r"topic=~refund\w", True),
    ],
)
def test_a_matcher_compares_as_alertmanager_does(text: str, *, holds: bool) -> None:
    assert Matcher.parse(text).holds(LABELS) is holds


def test_a_label_that_an_incident_lacks_is_empty() -> None:
    assert Matcher.parse("brand=").holds({})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("severity", "no matcher"),
        ("colour=red", "unknown label 'colour'; known are topic, brand, owner, severity, direction"),
        ("topic=~(", "no regular expression"),
        ("topic=~(?=a)b", "no regular expression"),
        (r"topic=~(a)\1", "no regular expression"),
        (f"topic=~{'a' * (MAX_PATTERN + 1)}", f"has {MAX_PATTERN + 1} characters; at most {MAX_PATTERN}"),
    ],
)
def test_a_wrong_matcher_says_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Matcher.parse(text)


def test_no_value_makes_an_expression_slow() -> None:
    matcher = Matcher.parse("topic=~(a+)+b")

    # Tried one by one, there would be 2 ** 9,999 ways to split it.
    assert not matcher.holds({"topic": "a" * 10_000})


@pytest.mark.parametrize("value", ['say "hi"', "back\\slash", "two\nlines", "", 'a"', "d\\."])
def test_any_value_survives_being_written_and_read(value: str) -> None:
    matcher = Matcher("topic", Operator.EQUAL, value)

    assert Matcher.parse(str(matcher)).value == value


def test_a_matcher_reads_back_what_it_writes() -> None:
    matcher = Matcher.parse("topic=~refund.*")

    assert str(Matcher.parse(str(matcher))) == str(matcher) == 'topic=~"refund.*"'
