import random

from streams.evidence.explain import with_copies
from streams.evidence.features import OwnWords, features
from streams.evidence.organic import organic
from streams.evidence.reading import Read
from streams.excerpt import Excerpt

TEMPLATE = "this airline has lost every single bag again and nobody there picks up the phone"


def read(number: int, text: str, *, seconds: float, **more: object) -> Read:
    fields = {"author_number": number, "age_days": 900, "followers": 300, "posts": 100, **more}
    excerpt = Excerpt(round(seconds * 1000), f"x:{number}", text, **fields)  # type: ignore[arg-type]
    return Read(number, 1.0, excerpt, features(excerpt, OwnWords()))


def talk(count: int, random_: random.Random) -> list[Read]:
    return [
        read(number, " ".join(random_.choices("abcdefghijklmnopqrstuvwxyz", k=9)), seconds=random_.uniform(0, 600))
        for number in range(count)
    ]


def test_copies_by_new_accounts_on_a_timer_are_coordinated_and_say_why() -> None:
    random_ = random.Random(1)  # noqa: S311 - numbers for a test
    machines = [read(100 + n, TEMPLATE, seconds=12.0 * n, age_days=4) for n in range(30)]

    found = organic(with_copies([*talk(30, random_), *machines]), usual_new=0.03)

    assert found is not None
    assert (found.coordinated, found.share, found.accounts) == (True, 0.5, 30)
    assert found.reasons == (
        "30 of 60 mentions read are near copies; with them suspect are 30 accounts",
        "30 of those by accounts younger than 45 days (usually 3% of mentions)",
        "copies come about every 12 s, more evenly than people do",
    )


def test_old_accounts_that_share_one_headline_speak_for_themselves() -> None:
    random_ = random.Random(2)  # noqa: S311 - numbers for a test
    shared = [read(100 + number, TEMPLATE, seconds=random_.uniform(0, 900)) for number in range(40)]

    found = organic(with_copies([*talk(20, random_), *shared]), usual_new=0.03)

    assert found is not None
    assert not found.coordinated
    assert found.share > 0.9


def test_many_new_accounts_with_words_of_their_own_are_no_machines() -> None:
    random_ = random.Random(3)  # noqa: S311 - numbers for a test
    reads = [
        read(n, " ".join(random_.choices("abcdefghijklmnop", k=9)), seconds=random_.uniform(0, 600), age_days=5)
        for n in range(60)
    ]

    found = organic(with_copies(reads), usual_new=0.03)

    assert found is not None
    assert (found.coordinated, found.share) == (False, 1.0)


def test_has_no_opinion_of_few_mentions_or_of_accounts_that_nobody_describes() -> None:
    random_ = random.Random(4)  # noqa: S311 - numbers for a test

    assert organic(talk(19, random_), usual_new=0.0) is None
    nameless = [read(n, f"word{n} said", seconds=n, age_days=None, followers=None, posts=None) for n in range(40)]
    assert organic(nameless, usual_new=0.0) is None
