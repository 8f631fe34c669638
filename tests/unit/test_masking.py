from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.masking import Masked, masked

ALL: Final[tuple[Masked, ...]] = ("email", "phone", "card", "iban", "handle")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("caf\u00e9: jo@example.org", "caf\u00e9: [email]"),
        ("caf\u00e9: \u0660\u0662\u0660 \u0667\u0669\u0664\u0666 \u0660\u0669\u0665\u0668", "caf\u00e9: [phone]"),
        ("caf\u00e9: GB82 WEST 1234 5698 7654 32", "caf\u00e9: [iban]"),
        ("caf\u00e9 4111 1111 1111 1111", "caf\u00e9 [card]"),
        ("thanks @acme_air \U0001f64f", "thanks [handle] \U0001f64f"),
        ("caf\u00e9 42, na\u00efve 5g", "caf\u00e9 42, na\u00efve 5g"),
        ("caf\u00e9 and nothing else", "caf\u00e9 and nothing else"),
    ],
)
def test_hides_personal_data_in_a_text_beyond_ascii_too(text: str, shown: str) -> None:
    assert masked(text, ALL) == shown


@given(
    st.lists(st.sampled_from((*"aB \u00e91\u0662.-(@+", "1234", "+44 20 7946 0958", "jo@a.example", "GB82"))).map(
        "".join
    )
)
def test_what_is_passed_over_at_a_glance_holds_nothing_to_hide(text: str) -> None:
    suspects = "\na@b AB12 1......1"  # of every kind, and none of them is what it seems

    looked_at_closely = masked(text + suspects, ALL)

    assert looked_at_closely == masked(text, ALL) + suspects
