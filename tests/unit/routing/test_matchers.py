import pytest

from alerting.routing.matchers import MAX_PATTERN, Matcher

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
        ("topic=~(?=a)b", "look-around"),
        (r"topic=~(a)\1", "back-references"),
        (f"topic=~{'a' * (MAX_PATTERN + 1)}", f"has {MAX_PATTERN + 1} characters; at most {MAX_PATTERN}"),
    ],
)
def test_a_wrong_matcher_says_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Matcher.parse(text)


def test_a_matcher_reads_back_what_it_writes() -> None:
    matcher = Matcher.parse("topic=~refund.*")

    assert str(Matcher.parse(str(matcher))) == str(matcher) == 'topic=~"refund.*"'
