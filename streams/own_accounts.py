"""Which accounts are the brand's own."""

from collections.abc import Mapping
from typing import Final

from streams.mention import Mention

NOT_SAID: Final = ""
"""Of an answer that is the brand's own by the source's word alone: whose, it does not say."""


def brand_of(mention: Mention, accounts: Mapping[str, str]) -> str | None:
    """Whose own account said it: the brand, or empty where only the source says that it is one; None of everybody else.

    Args:
        accounts: The brand by `platform:id` or `platform:name`, in lower case.
    """
    author = mention.author
    if author is None:
        return None
    if accounts:
        for name in (author.id, author.name):
            brand = accounts.get(account_name(f"{mention.platform}:{name}")) if name else None
            if brand is not None:
                return brand
    return NOT_SAID if author.is_brand_reply else None


def marked_as_ours(mention: Mention) -> bool:
    """The source says that the brand said it."""
    return mention.author is not None and mention.author.is_brand_reply


def account_name(account: str) -> str:
    """By what an account is recognised.

    >>> account_name("X:@Arvella_Care")
    'x:arvella_care'
    """
    platform, _, name = account.partition(":")
    return f"{platform}:{name.removeprefix('@')}".casefold()
