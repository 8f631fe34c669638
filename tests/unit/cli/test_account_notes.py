"""What `tocsin check` finds in the accounts that are ours."""

from alerting.cli.account_notes import notes_on_accounts
from alerting.settings import Settings

TOPIC = {"id": "refunds", "name": "Refunds", "query": "refund", "brand": "Acme"}


def notes(ours: dict[str, list[str]], *, topics: bool = True) -> list[str]:
    settings = Settings.model_validate({"topics": [TOPIC] if topics else [], "score": {"own_accounts": ours}})
    return list(notes_on_accounts(settings))


def test_accounts_of_brands_that_topics_have_are_right() -> None:
    assert notes({"Acme": ["x:acme", "reviews:acme"]}) == []


def test_a_brand_that_no_topic_has_is_named() -> None:
    assert notes({"acme": ["x:acme"]}) == ["score.own_accounts names the brand 'acme', which no topic of the file has"]
    assert notes({"acme": ["x:acme"]}, topics=False) == []


def test_an_account_that_speaks_for_two_brands_is_named_however_it_is_written() -> None:
    assert notes({"Acme": ["x:@Care", "X:care"]}) == []
    [_, note] = notes({"Acme": ["x:@Care"], "Other": ["X:care"]})
    assert note == "score.own_accounts: x:care speaks for Acme, Other; the last one counts"
