"""What `tocsin check` finds in the accounts that are ours."""

from collections.abc import Iterator

from alerting.incidents.wording import plain
from alerting.settings import Settings
from streams.own_accounts import account_name


def notes_on_accounts(settings: Settings) -> Iterator[str]:
    """Brands that no topic of the file has, and accounts that speak for two."""
    ours = settings.score.own_accounts
    brands = {topic.brand for topic in settings.topics}
    for brand in sorted(set(ours) - brands) if settings.topics else ():
        yield f"score.own_accounts names the brand {plain(brand)!r}, which no topic of the file has"
    speaks: dict[str, set[str]] = {}
    for brand, accounts in ours.items():
        for account in accounts:
            speaks.setdefault(account_name(account), set()).add(brand)
    for account, several in sorted(speaks.items()):
        if len(several) > 1:
            brands_of = ", ".join(map(plain, sorted(several)))
            yield f"score.own_accounts: {plain(account)} speaks for {brands_of}; the last one counts"
