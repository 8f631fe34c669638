import pytest

from streams.terms import MAX_TERMS, terms


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("It's the REFUND of refunds", ["refund", "refunds"]),
        ("refund refund Refund", ["refund"]),
        ("#Refund @Acme 42 5g", ["refund", "@acme"]),
        ("Acme's caf\u00e9", ["acme", "cafe"]),
        ("see https://evil.example/refund?x=1 www.evil.example now", []),
        ("x" * 41 + " late", ["late"]),
        ("\u8fd4\u91d1\u3057\u3066", ["\u8fd4\u91d1", "\u91d1\u3057", "\u3057\u3066"]),
        ("<b>late</b> &amp; lost", ["late", "lost"]),
    ],
)
def test_keeps_the_words_that_may_explain_something(text: str, found: list[str]) -> None:
    assert terms(text) == found


@pytest.mark.timeout(5)
def test_is_bounded_whatever_the_text() -> None:
    assert len(terms(" ".join(f"word{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(500)))) == MAX_TERMS
    for text in ("a" + "_" * 10**6, "a'" * 10**6, "\u8fd4" * 10**6, "http://" * 10**5):
        assert len(terms(text)) <= MAX_TERMS
