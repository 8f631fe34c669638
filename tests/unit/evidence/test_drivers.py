import random

import pytest

from streams.evidence.drivers import divide
from streams.evidence.features import OwnWords, features
from streams.evidence.minhash import clusters, likeness, signature
from streams.evidence.places import carriers, splits
from streams.evidence.rates import Rates
from streams.evidence.reading import Read, scaled
from streams.evidence.theme_words import ThemeWords
from streams.evidence.verbatims import verbatims
from streams.excerpt import Excerpt

HOUR = 3600
WEEK = 7 * 86_400


def read(number: int, text: str, *, weight: float = 1.0, own: OwnWords | None = None, **more: object) -> Read:
    excerpt = Excerpt(number * 1000, f"x:{number}", text, author_number=number, **more)  # type: ignore[arg-type]
    return Read(number, weight, excerpt, features(excerpt, own or OwnWords()))


def learned(*texts: str, times: int = 50) -> Rates:
    rates = Rates()
    counts: dict[str, float] = {}
    for text in texts:
        for feature in features(Excerpt(0, "", text, of="x:0"), OwnWords()):
            counts[feature] = counts.get(feature, 0.0) + times
    rates.learn(0, HOUR, len(texts) * times, counts)
    return rates


class TestFeatures:
    def test_phrases_do_not_reach_across_the_end_of_a_sentence(self) -> None:
        found = features(Excerpt(0, "x:1", "Late again. Flight gone"), OwnWords())

        assert "phrase:flight gone" in found
        assert not any(feature == "phrase:again flight" or "late flight" in feature for feature in found)

    def test_what_the_query_names_tells_nothing_alone_but_may_be_part_of_a_phrase(self) -> None:
        own = OwnWords.told(("refund*", "acme"))

        found = features(Excerpt(0, "x:1", "#acme refunds pending @acme"), own)

        assert [feature for feature in found if not feature.startswith("post")] == [
            "word:pending",
            "phrase:refunds pending",
        ]

    def test_links_are_known_by_host_and_path_whatever_counts_their_clicks(self) -> None:
        one = features(Excerpt(0, "x:1", "see https://www.News.example/a?utm=1"), OwnWords())
        other = features(Excerpt(0, "x:2", "look", labels=("http://news.example/a#top",)), OwnWords())

        assert "link:news.example/a" in one
        assert "link:news.example/a" in other

    def test_themes_are_found_by_their_words(self) -> None:
        found = features(
            Excerpt(0, "x:1", "My CARD, declined!"),
            OwnWords(),
            ThemeWords((("payment", ("card declined", "my card")),)),
        )

        assert "theme:payment" in found


class TestDivide:
    def test_every_mention_is_explained_once(self) -> None:
        texts = ["card charged twice today"] * 6 + ["app crashed today"] * 4 + ["nice weather"]
        reads = [read(number, text) for number, text in enumerate(texts)]

        parts = divide(reads, 1.0, learned("today is nice"))

        members = [at for part in parts for at in part.members]
        assert len(members) == len(set(members))
        assert [(part.feature, part.carried) for part in parts[:2]] == [
            ("phrase:card charged twice", 6),
            ("phrase:app crashed", 4),
        ]

    def test_a_word_that_is_always_there_drives_nothing(self) -> None:
        usual = learned("flight to rome", "flight to oslo")
        reads = [read(number, "flight cancelled" if number % 3 == 0 else "flight to bonn") for number in range(30)]

        parts = divide(reads, 5.0, usual)

        assert "word:flight" not in {part.feature for part in parts}
        assert "phrase:flight cancelled" in {part.feature for part in parts}

    def test_what_is_usual_is_no_contribution(self) -> None:
        usual = learned("late train", "other talk", times=100)
        reads = [read(number, "late train") for number in range(20)]

        (part,) = divide(reads, 8.0, usual)

        # Half of eight expected mentions are usually about it: twenty are sixteen too many.
        assert (part.expected, part.contribution) == pytest.approx((4.0, 16.0))

    def test_a_mention_that_stands_for_many_weighs_as_many(self) -> None:
        reads = [read(1, "charged twice", weight=10), read(2, "charged twice", weight=5), read(3, "sunny")]

        (part,) = divide(reads, 0.0, Rates())

        assert part.contribution == 15

    def test_nothing_said_has_no_drivers(self) -> None:
        assert divide([], 3.0, Rates()) == []


class TestMinhash:
    def test_copies_with_a_word_changed_stand_together_and_others_do_not(self) -> None:
        words = "the bank took my money twice and nobody answers the phone at all since monday".split()  # noqa: SIM905
        random_ = random.Random(7)  # noqa: S311 - numbers for a test
        signatures = {}
        for number in range(12):
            copy = list(words)
            copy[random_.randrange(len(copy))] = f"other{number}"
            signatures[number] = signature(copy) or ()
        signatures[99] = signature("what a lovely day to fly to the sea with my sister and her dog".split()) or ()  # noqa: SIM905

        assert clusters(signatures) == [list(range(12))]

    @pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
    def test_likeness_estimates_what_two_texts_share(self, shared: float) -> None:
        many = 400
        one = [f"a{number}" for number in range(many)]
        other = one[: round(many * shared)] + [f"b{number}" for number in range(round(many * (1 - shared)))]
        first, second = signature(one), signature(other)

        assert first is not None
        assert second is not None
        # of two texts that share half of their words a third of all pairs are common; one sigma is sqrt(p q / 32)
        expected = shared / (2 - shared)
        assert likeness(first, second) == pytest.approx(
            expected, abs=3 * (expected * (1 - expected) / 32) ** 0.5 + 0.01
        )

    def test_a_text_of_three_words_is_no_copy_of_anything(self) -> None:
        assert signature(["so", "very", "late"]) is None


class TestPlaces:
    def test_every_split_sums_to_the_excess(self) -> None:
        usual = Rates()
        usual.learn(0, HOUR, 100, {"platform:x": 60, "platform:y": 40, "region:us": 50, "channel:post": 100})
        reads = [read(number, "t", region="us" if number % 2 else None) for number in range(30)]

        found = splits(reads, 30, 10.0, usual)

        assert [split.by for split in found] == ["platform", "channel", "region", "language", "author"]
        for split in found:
            assert sum(split.parts.values()) == pytest.approx(20.0)
        assert found[0].by == "platform"
        assert found[0].parts == pytest.approx({"x": 24.0, "other": -4.0})

    def test_without_the_account_that_everybody_repeats_there_is_no_spike(self) -> None:
        origin = read(1, "my flight was a shame", author="loud", followers=90_000)
        repeats = [read(number, "so true", of="x:1", content_type="repost") for number in range(2, 22)]
        others = [read(number, f"other {number}") for number in range(30, 35)]

        (carrier, *_) = carriers([origin, *repeats, *others], 26, high=9.0)

        assert (carrier.name, carrier.mentions, carrier.without, carrier.decisive) == ("loud", 21, 5, True)
        assert carrier.kind == "large"


class TestVerbatims:
    def test_they_show_the_drivers_and_no_two_are_alike(self) -> None:
        texts = [f"card charged twice on day {number % 2} why" for number in range(8)]
        texts += ["my app keeps crashing since the update", "app keeps crashing again", "lovely sun over the harbour"]
        reads = [read(number, text) for number, text in enumerate(texts)]

        found = verbatims(reads, divide(reads, 0.0, Rates()), most=2)

        assert ["charged twice" in sample.text for sample in found] == [True, False]
        assert "crashing" in found[1].text


class TestScaled:
    def test_weights_sum_to_what_was_counted_in_each_tone(self) -> None:
        reads = [read(1, "a", polarity=-0.5), read(2, "b", polarity=-0.5, weight=3.0), read(3, "c")]

        found = scaled(reads, {"negative": 8.0, "neutral": 5.0})

        assert [one.weight for one in found] == [2.0, 6.0, 5.0]


class TestRates:
    def test_expects_what_is_usual_and_forgets_it_by_half_in_a_week(self) -> None:
        rates = Rates()
        rates.learn(0, HOUR, 10, {"word:late": 4})

        assert rates.share("word:late") == pytest.approx(0.4)
        rates.learn(WEEK, HOUR, 5, {})
        assert rates.count("word:late") == pytest.approx(2.0)

    def test_keeps_the_most_frequent_of_too_many(self) -> None:
        rates = Rates(kept=8)
        for number in range(50):
            rates.learn(number * HOUR, HOUR, 10, {f"word:{number}-{word}": 1 for word in range(5)} | {"word:always": 5})

        assert len(rates.snapshot()["keys"]) == 8
        assert rates.count("word:always") > 200

    def test_years_of_silence_leave_nothing_and_break_nothing(self) -> None:
        rates = Rates()
        rates.learn(0, HOUR, 10, {"word:late": 4})
        rates.learn(50 * 52 * WEEK, HOUR, 1, {})

        assert rates.count("word:late") == 0.0
        assert rates.mentions == pytest.approx(1.0)
