"""Personal data in a text, hidden before it goes anywhere."""

import re
from collections.abc import Collection, Mapping
from typing import Final, Literal

Masked = Literal["email", "phone", "card", "iban", "handle"]

_ONE_OF: Final = "@0123456789"  # no suspect without one: most ASCII texts need no expression at all
# An @, seven digits and more, or two after two letters: told so that the engine skips from one @ or digit to the next,
# and so are the suspects of each kind.
_SUSPECT: Final = re.compile(r"[@\d](?:(?<=@)|[\d ()./-]{5,}\d|(?<=[A-Za-z]{2}\d)\d)")
_SEVEN_DIGITS: Final = re.compile(r"\d[\d ()./-]{5,}\d")
_SUSPECTS: Final[Mapping[Masked, re.Pattern[str]]] = {
    "email": re.compile(r"@(?<=[\w.+-]@)[\w-]"),
    "iban": re.compile(r"\d(?<=[A-Za-z]{2}\d)\d"),
    "card": _SEVEN_DIGITS,
    "phone": _SEVEN_DIGITS,
    "handle": re.compile(r"@\w"),
}
# https://en.wikipedia.org/wiki/International_Bank_Account_Number: two letters, two digits, up to thirty more
_PATTERNS: Final[Mapping[Masked, re.Pattern[str]]] = {
    "email": re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"),
    "iban": re.compile(r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,4})?\b"),
    "card": re.compile(r"\b\d(?:[ -]?\d){12,18}\b"),
    "phone": re.compile(r"(?<![\w.])(?:\+|00|\(0)?\d(?:[ ()./-]{0,2}\d){6,14}(?!\w)"),
    "handle": re.compile(r"(?<![\w.])@\w{1,64}"),
}
_CARD_MODULUS: Final = 10
_DIGIT_SUM: Final = 9


def masked(text: str, kinds: Collection[Masked]) -> str:
    """`text` with personal data of these kinds replaced by its kind in brackets.

    Card numbers are told from order numbers by their check digit.

    >>> masked("call +44 20 7946 0958 or jo@example.org", ("email", "phone"))
    'call [phone] or [email]'
    >>> masked("card 4111 1111 1111 1111, order 4111 1111 1111 1112", ("card",))
    'card [card], order 4111 1111 1111 1112'

    Source:
        ISO/IEC 7812-1, annex B (the check digit by Luhn).
    """
    if not kinds or (text.isascii() and not any(map(text.__contains__, _ONE_OF))) or _SUSPECT.search(text) is None:
        return text
    for kind, pattern in _PATTERNS.items():
        if kind in kinds and _SUSPECTS[kind].search(text) is not None:
            text = pattern.sub(_card if kind == "card" else f"[{kind}]", text)
    return text


def _card(found: re.Match[str]) -> str:
    digits = [int(char) for char in found[0] if char.isdigit()]
    doubled = [2 * digit if at % 2 else digit for at, digit in enumerate(reversed(digits))]
    total = sum(digit - _DIGIT_SUM if digit > _DIGIT_SUM else digit for digit in doubled)
    return found[0] if total % _CARD_MODULUS else "[card]"
