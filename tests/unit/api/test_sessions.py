import pytest

from alerting.api.keys import KeyRing
from alerting.api.sessions import Sessions
from tests.fakes.clock import FakeClock

KEY = "a-key-of-some-length"


def test_a_cookie_proves_its_session_for_twelve_hours() -> None:
    clock = FakeClock()
    sessions = Sessions(KeyRing({"jo": KEY}), clock)
    cookie = sessions.open("jo")

    opened = sessions.read(cookie)

    assert opened is not None
    assert opened.name == "jo"
    assert (opened.expires_at - clock.now()).total_seconds() == 12 * 3600


async def test_a_cookie_is_worth_nothing_after_twelve_hours() -> None:
    clock = FakeClock()
    sessions = Sessions(KeyRing({"jo": KEY}), clock)
    cookie = sessions.open("jo")

    await clock.advance(12 * 3600)

    assert sessions.read(cookie) is None


@pytest.mark.parametrize("forged", ["", ".", "a.b", "a.b.c", "x" * 2000, "é.é", "W10.W10"])
def test_a_forged_cookie_proves_nothing(forged: str) -> None:
    sessions = Sessions(KeyRing({"jo": KEY}), FakeClock())

    assert sessions.read(forged) is None


def test_a_changed_cookie_proves_nothing() -> None:
    sessions = Sessions(KeyRing({"jo": KEY, "sam": "another-key-of-length"}), FakeClock())
    body, signature = sessions.open("jo").split(".")
    other_body = sessions.open("sam").split(".")[0]

    assert sessions.read(f"{other_body}.{signature}") is None
    assert sessions.read(f"{body}.{signature[:-2]}xx") is None


def test_another_process_with_the_same_keys_reads_the_cookie() -> None:
    clock = FakeClock()
    cookie = Sessions(KeyRing({"jo": KEY}), clock).open("jo")

    assert Sessions(KeyRing({"jo": KEY}), clock).read(cookie) is not None


def test_a_changed_key_ends_its_sessions() -> None:
    clock = FakeClock()
    cookie = Sessions(KeyRing({"jo": KEY}), clock).open("jo")

    assert Sessions(KeyRing({"jo": "a-new-key-for-jo-42"}), clock).read(cookie) is None


def test_signing_out_ends_this_session_and_no_other() -> None:
    sessions = Sessions(KeyRing({"jo": KEY}), FakeClock())
    here, there = sessions.open("jo"), sessions.open("jo")
    session = sessions.read(here)
    assert session is not None

    sessions.close(session)

    assert sessions.read(here) is None
    assert sessions.read(there) is not None


def test_a_csrf_token_belongs_to_one_session() -> None:
    sessions = Sessions(KeyRing({"jo": KEY}), FakeClock())
    mine, yours = sessions.read(sessions.open("jo")), sessions.read(sessions.open("jo"))
    assert mine is not None
    assert yours is not None

    token = sessions.csrf_token(mine)

    assert sessions.proves_csrf(mine, token)
    assert not sessions.proves_csrf(yours, token)
    assert not sessions.proves_csrf(mine, "")


async def test_a_sign_in_form_must_be_ours_and_not_too_old() -> None:
    clock = FakeClock()
    sessions = Sessions(KeyRing({"jo": KEY}), clock)
    ticket = sessions.form_ticket()

    assert sessions.proves_form(ticket, ticket)
    assert not sessions.proves_form(ticket, sessions.form_ticket())
    assert not sessions.proves_form("a~9999999999~c", "a~9999999999~c")
    assert not sessions.proves_form("", "")
    await clock.advance(3600)
    assert not sessions.proves_form(ticket, ticket)
