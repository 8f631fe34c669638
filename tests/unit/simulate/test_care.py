"""A simulated care team answers, and customers answer one another, as the labels say."""

from datetime import timedelta

from streams.mention import Author, Mention
from streams.simulate.care import HURRIED, WEEKS, Care, CareHabits, account_of
from streams.simulate.refund_outage import refund_outage, towns
from streams.simulate.town import Town
from streams.simulate.world import World
from tests.fakes.clock import START


def complaint(number: int) -> Mention:
    at = START + timedelta(seconds=number)
    return Mention(id=f"{number}", platform="x", published_at=at, text="awful", author=Author(id=f"c{number}"))


def heard(habits: CareHabits, number: int = 200, seed: int = 1) -> tuple[Care, list[Mention]]:
    care = Care(habits, account="care", start=START, seed=seed)
    for at in range(number):
        care.hear(complaint(at))
    return care, list(care.due(START + timedelta(days=9)))


def test_the_same_seed_says_the_same() -> None:
    assert heard(CareHabits())[1] == heard(CareHabits())[1]
    assert heard(CareHabits())[1] != heard(CareHabits(), seed=2)[1]


def test_what_is_said_comes_in_order_of_time_and_answers_something() -> None:
    _, said = heard(CareHabits())

    assert [one.published_at for one in said] == sorted(one.published_at for one in said)
    assert all(one.parent_id and one.thread_id for one in said)


def test_labels_name_every_answer_of_the_care_team_once() -> None:
    care, said = heard(CareHabits(backlash_after=3))
    ours = {one.key for one in said if one.author and one.author.is_brand_reply}
    labels = care.labels

    assert ours == set(labels.answered.values()) == {*labels.canned, *labels.written}
    assert 40 < len(ours) < 100  # 200 * 0.35 = 70, more than four standard errors of 6.7 on either side
    assert 0.2 < len(labels.canned) / len(ours) < 0.6
    [bad] = labels.backlash
    assert bad in labels.written
    assert sum(one.parent_id == bad.removeprefix("x:") for one in said) == CareHabits().outraged


def test_thanks_come_from_who_complained() -> None:
    care, said = heard(CareHabits(helped=1.0, answered=0.0))
    by_key = {one.key: one for one in said}

    assert len(care.labels.helped) == 200
    assert 60 < len(care.labels.thanked) < 140
    for tip in care.labels.thanked:
        [answer] = [one for one in said if one.parent_id == by_key[tip].id]
        assert answer.author == Author(id=f"c{care.labels.helped[tip].removeprefix('x:')}")


def test_nothing_is_said_before_its_time() -> None:
    care = Care(CareHabits(answered=1.0, helped=0.0), account="care", start=START, seed=1)
    care.hear(complaint(0))

    assert list(care.due(START)) == []


def test_the_demos_world_answers_complaints_alone_and_is_otherwise_as_without() -> None:
    scenario = refund_outage(crisis_after_seconds=5)
    care = Care(HURRIED, account=account_of(scenario.brand), start=START, seed=1)

    alone = list(World(scenario, START, 1).mentions(90))
    together = list(World(scenario, START, 1, care=care).mentions(90))

    assert [one for one in together if one.provider and "-care-" not in one.id] == alone
    answers = [one for one in together if "-care-" in one.id]
    said = {one.id for one in alone} | {one.id for one in answers}
    assert len(answers) > 20
    assert {one.parent_id for one in answers} <= said
    assert [one.published_at for one in together] == sorted(one.published_at for one in together)
    texts = {one.key: one.text for one in alone}
    assert not any("great" in texts[key] for key in care.labels.complaints)


def test_a_town_has_a_care_team_for_each_brand() -> None:
    brand = "arvella"
    care = {brand: Care(WEEKS, account=account_of(brand), start=START, seed=1)}
    topics = towns(2, 0.1)

    alone = list(Town(topics, START, days=1, events=0, seed=3).mentions())
    together = list(Town(topics, START, days=1, events=0, seed=3, care=care).mentions())

    assert [one for one in together if "-care-" not in one.id] == alone
    assert {one.author.id for one in together if one.author and one.author.is_brand_reply} == {"arvella_care"}
