import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerting.incidents import wording
from streams.events import Direction, Evidence
from tests.fakes.detections import evidence
from tests.unit.incidents.test_severity import EVIDENCE

CALM = evidence(observed=190, negative_share=0.31, per_minute=38.0)


def test_a_headline_says_brand_what_and_how_big() -> None:
    assert wording.headline("Refunds", "Acme", evidence(), Direction.CRISIS) == "Acme Refunds: 143/min, 4x usual, angry"


def test_a_flip_of_the_mood_at_flat_volume_says_so() -> None:
    turned = replace(CALM, negative_share=0.72)

    assert wording.headline("Refunds", "Acme", turned, Direction.CRISIS) == "Acme Refunds: 38/min, 72% negative"
    assert wording.title("Refunds", "Acme", turned, Direction.CRISIS) == "Acme Refunds: the mood has turned"


def test_a_topic_that_is_usually_silent_has_no_multiple() -> None:
    sparse = replace(evidence(), observed=4, per_minute=0.8, expected=0.01, low=0.0, high=0.05)

    assert wording.headline("Recall", None, sparse, Direction.CRISIS) == "Recall: 48/hour, usually almost none, angry"


def test_a_joyful_rise_is_not_called_angry() -> None:
    joyful = replace(evidence(), polarity=0.44)

    assert wording.headline("Spring", None, joyful, Direction.VIRAL) == "Spring: 143/min, 4x usual, joyful"


@given(st.text(max_size=300), st.text(max_size=300) | st.none(), EVIDENCE, st.sampled_from(Direction))
def test_a_headline_fits_a_lock_screen_and_keeps_how_big(
    name: str, brand: str | None, seen: Evidence, direction: Direction
) -> None:
    headline = wording.headline(name, brand, seen, direction)

    assert len(headline) <= 80
    assert headline.isprintable()
    assert any(sign in headline for sign in ("/min", "/hour", "quiet for ", "stalled for "))


def test_facts_stand_beside_what_was_expected() -> None:
    assert wording.facts(evidence(reach=1_900_000)) == (
        ("143/min", "expected 29 to 46"),
        ("-0.52", "sentiment, was -0.08"),
        ("72%", "negative, usually 31%"),
        ("1.9 M", "reach"),
    )


def test_no_word_of_a_mention_is_in_tocsins_own_words() -> None:
    seen = evidence()

    said = wording.headline("Refunds", "Acme", seen, Direction.CRISIS) + wording.why(seen, Direction.CRISIS)

    assert "<!channel>" not in said
    assert "refund pending" not in said


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        (3.0, "about 3 times a week"),
        (1.0, "about once a week"),
        (1 / 40, "about once in 40 weeks"),
        (1 / 156.54, "about once in 3 years"),  # 156.54 weeks are 3 years
        (0.0, "less than once in 100 years"),
    ],
)
def test_odds_are_words(pages: float, said: str) -> None:
    assert wording.odds(pages) == f"{said} for this topic"
