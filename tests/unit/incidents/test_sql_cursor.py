import pytest

from alerting.incidents.sql.cursor import decode_cursor, encode_cursor


def test_a_cursor_leads_back_to_where_the_page_ended() -> None:
    last = "inc_01JBQ5Z8YV6X1N8R4D2C7K9MTE"

    assert decode_cursor(encode_cursor(last)) == last


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "inc_1",
        "MTo",
        "ü",
        "MTppbmNfMDE=\n",
        "MTppbmNfMDE\n",
        "' OR 1=1 --",
        "A" * 10_000,
        "\ud800",
        "MjppbmNfMDE",
    ],
)
def test_whatever_else_comes_as_a_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError, match="not one of ours"):
        decode_cursor(cursor)
