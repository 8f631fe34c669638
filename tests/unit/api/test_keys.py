from pathlib import Path

import pytest

from alerting.access import Holder
from alerting.api.keys import KeyRing
from alerting.settings import ApiKeySettings
from streams.errors import InvalidConfig


def refuse_to_announce(key: str) -> None:
    raise AssertionError(f"no key should be made, got {key!r}")


def test_knows_whose_key_it_is() -> None:
    ring = KeyRing({"jo": "a-key-of-some-length", "sam": "another-key-of-length"})

    assert ring.holder_of("another-key-of-length") == Holder("sam")
    assert ring.holder_of("another-key-of-lengt") is None
    assert ring.holder_of("") is None


def test_never_is_empty() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        KeyRing({})


def test_without_a_configured_key_one_is_made_and_told_once() -> None:
    told: list[str] = []

    ring = KeyRing.from_settings((), announce=told.append)

    (key,) = told
    assert len(key) >= 32
    assert ring.holder_of(key) == Holder("console")


def test_with_a_configured_key_none_is_made() -> None:
    settings = (ApiKeySettings.model_validate({"name": "jo", "key": "a-key-of-some-length"}),)

    ring = KeyRing.from_settings(settings, announce=refuse_to_announce)

    assert ring.holder_of("a-key-of-some-length") == Holder("jo")


def test_a_key_can_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("a-key-from-a-file-42\n")

    ring = KeyRing.from_settings((ApiKeySettings(name="jo", key_file=file),), announce=refuse_to_announce)

    assert ring.holder_of("a-key-from-a-file-42") == Holder("jo")


def test_names_every_problem_with_the_keys_at_once(tmp_path: Path) -> None:
    short = tmp_path / "short"
    short.write_text("short")
    settings = (
        ApiKeySettings(name="gone", key_file=tmp_path / "gone"),
        ApiKeySettings(name="short", key_file=short),
        ApiKeySettings.model_validate({"name": "jo", "key": "a-key-of-some-length"}),
        ApiKeySettings.model_validate({"name": "jo", "key": "a-key-of-other-length"}),
    )

    with pytest.raises(InvalidConfig) as refused:
        KeyRing.from_settings(settings, announce=refuse_to_announce)

    assert len(refused.value.problems) == 3
    assert "'gone' cannot be read" in refused.value.problems[0]
    assert "'short' has 5 characters; at least 16" in refused.value.problems[1]
    assert "'jo' stands twice" in refused.value.problems[2]


def test_shows_no_key() -> None:
    ring = KeyRing({"jo": "a-key-of-some-length"})

    assert repr(ring) == "KeyRing(jo)"
    assert "a-key-of-some-length" not in str(vars(ring))
