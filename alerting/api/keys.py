"""Who may come in."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from alerting.settings import ApiKeySettings
from streams.errors import InvalidConfig

SHORTEST: Final = 16
GENERATED_NAME: Final = "console"


class KeyRing:
    """The keys of the API, by name. Never empty, and never shown: comparing is all it does with them.

    Args:
        keys: The key of each name.

    Raises:
        ValueError: There is no key; an API without keys would be open to everybody.
    """

    def __init__(self, keys: Mapping[str, str]) -> None:
        if not keys:
            raise ValueError("a key ring needs at least one key")
        self._salt = secrets.token_bytes(32)
        self._hashes = {name: self._hash(key) for name, key in keys.items()}
        self._secrets = {
            name: hmac.digest(key.encode(), b"tocsin console session", hashlib.sha256) for name, key in keys.items()
        }

    @classmethod
    def from_settings(cls, settings: Sequence[ApiKeySettings], *, announce: Callable[[str], None]) -> "KeyRing":
        """The configured keys; without any, one is made and told to `announce`, once.

        Raises:
            InvalidConfig: A key file cannot be read, a key is too short, or two keys share a name.
        """
        if not settings:
            key = secrets.token_urlsafe(24)
            announce(key)
            return cls({GENERATED_NAME: key})
        keys: dict[str, str] = {}
        problems: list[str] = []
        for item in settings:
            try:
                key = item.key.get_secret_value() if item.key else _read(item)
            except (OSError, UnicodeDecodeError) as exc:
                problems.append(f"api.keys: the key file of {item.name!r} cannot be read: {exc}")
                continue
            if len(key) < SHORTEST:
                problems.append(f"api.keys: the key of {item.name!r} has {len(key)} characters; at least {SHORTEST}")
            if item.name in keys:
                problems.append(f"api.keys: {item.name!r} stands twice; names must differ")
            keys[item.name] = key
        if problems:
            raise InvalidConfig(tuple(problems))
        return cls(keys)

    def name_of(self, presented: str) -> str | None:
        """Whose key this is; None for nobody's. Takes the same time however much of it is right."""
        candidate = self._hash(presented)
        found = None
        for name, known in self._hashes.items():
            if hmac.compare_digest(candidate, known):
                found = name
        return found

    def session_secret(self, name: str) -> bytes | None:
        """What signs the sessions of this key; it changes with the key. None for an unknown name."""
        return self._secrets.get(name)

    def form_secret(self) -> bytes:
        """What signs forms of people who are not in yet."""
        return hmac.digest(b"tocsin login form", b"".join(sorted(self._secrets.values())), hashlib.sha256)

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(sorted(self._hashes))})"

    def _hash(self, key: str) -> bytes:
        return hmac.digest(self._salt, key.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _read(item: ApiKeySettings) -> str:
    if item.key_file is None:  # settings allow exactly one of key and key_file
        raise OSError("no file is named")
    return item.key_file.read_text(encoding="utf-8").strip()
