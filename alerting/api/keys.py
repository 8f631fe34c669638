"""Who may come in."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from alerting.access import Holder, Role
from alerting.brand_scope import BrandScope
from alerting.directives.api_key import ApiKey
from alerting.settings import ApiKeySettings
from alerting.teams import Teams
from streams.errors import InvalidConfig

SHORTEST: Final = 16
GENERATED_NAME: Final = "console"
ISSUED_PREFIX: Final = "toc_"


class KeyRing:
    """The keys of the API, by name: those of the configuration, and those issued since. Keys are never shown.

    Attributes:
        is_generated: Its only key was made, since none is configured.

    Args:
        keys: The key of each name of the configuration; never empty.
        holders: What each of them is good for; who does not stand here is an admin.
        teams: What limits holders of issued keys besides.

    Raises:
        ValueError: There is no key; an API without keys would be open to everybody.
    """

    def __init__(
        self, keys: Mapping[str, str], holders: Mapping[str, Holder] | None = None, teams: Teams | None = None
    ) -> None:
        if not keys:
            raise ValueError("a key ring needs at least one key")
        self._salt = secrets.token_bytes(32)
        self._hashes = {name: self._hash(key) for name, key in keys.items()}
        self._configured = {name: (holders or {}).get(name, Holder(name)) for name in keys}
        self._secrets = {name: _session_secret(key.encode()) for name, key in keys.items()}
        self._issued: dict[str, ApiKey] = {}
        self._teams = teams or Teams()
        self.is_generated = False

    @classmethod
    def from_settings(
        cls, settings: Sequence[ApiKeySettings], *, announce: Callable[[str], None], teams: Teams | None = None
    ) -> "KeyRing":
        """The configured keys; without any, one is made and told to `announce`, once.

        Raises:
            InvalidConfig: A key file cannot be read, a key is too short, or two keys share a name.
        """
        if not settings:
            key = secrets.token_urlsafe(24)
            announce(key)
            ring = cls({GENERATED_NAME: key}, None, teams)
            ring.is_generated = True
            return ring
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
        among = teams or Teams()
        holders = {
            item.name: Holder(item.name, item.role, item.expires_at, among.scope_of(item.name, item.brands))
            for item in settings
        }
        return cls(keys, holders, among)

    def take(self, issued: Iterable[ApiKey]) -> None:
        """These and no others were issued; a name of the configuration stays the configuration's."""
        self._issued = {key.id: key for key in issued if key.revoked_at is None and key.name not in self._configured}

    def adopt(self, other: "KeyRing") -> None:
        """Have the other one's keys and teams. Issued keys stay, and so do sessions of keys that are the same."""
        self._salt, self._hashes, self._secrets = other._salt, other._hashes, other._secrets  # noqa: SLF001  # of us
        self._configured, self._teams, self.is_generated = other._configured, other._teams, other.is_generated  # noqa: SLF001
        self.take(tuple(self._issued.values()))

    def holder_of(self, presented: str) -> Holder | None:
        """Who holds this key, whether or not it has expired; None for nobody. The time tells nothing of the key."""
        if presented.startswith(ISSUED_PREFIX):
            key = self._issued.get(id_of(presented))
            given = digest_of(presented)
            return self._holder(key) if key is not None and hmac.compare_digest(key.digest, given) else None
        candidate = self._hash(presented)
        found = None
        for name, known in self._hashes.items():
            if hmac.compare_digest(candidate, known):
                found = self._configured[name]
        return found

    def issued_to(self, name: str) -> ApiKey | None:
        """The issued key of that name; None where there is none."""
        return next((key for key in self._issued.values() if key.name == name), None)

    def holder_named(self, name: str) -> Holder | None:
        """Who has this name; None for nobody."""
        if name in self._configured:
            return self._configured[name]
        key = self.issued_to(name)
        return None if key is None else self._holder(key)

    def session_secret(self, name: str) -> bytes | None:
        """What signs the sessions of this key; it changes with the key. None for an unknown name."""
        if name in self._secrets:
            return self._secrets[name]
        key = self.issued_to(name)
        return None if key is None else _session_secret(bytes.fromhex(key.digest))

    def form_secret(self) -> bytes:
        """What signs forms of people who are not in yet."""
        return hmac.digest(b"tocsin login form", b"".join(sorted(self._secrets.values())), hashlib.sha256)

    def _holder(self, key: ApiKey) -> Holder:
        if key.subject:  # what their teams are was decided when they signed in
            scope = BrandScope(frozenset(key.brands) if key.brands or key.sees_nothing else None)
        else:
            scope = self._teams.scope_of(key.name, key.brands)
        return Holder(key.name, Role(key.role), key.expires_at, scope)

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(sorted(self._hashes))})"

    def _hash(self, key: str) -> bytes:
        return hmac.digest(self._salt, key.encode("utf-8", "surrogatepass"), hashlib.sha256)


def id_of(presented: str) -> str:
    """The id of the issued key that this may be; only its first characters, which may be shown.

    >>> id_of("toc_a1b2c3d4_rest")
    'key_a1b2c3d4'
    """
    return f"key_{presented.removeprefix(ISSUED_PREFIX).partition('_')[0]}"


def digest_of(presented: str) -> str:
    """What is kept of an issued key."""
    return hashlib.sha256(presented.encode("utf-8", "surrogatepass")).hexdigest()


def _session_secret(key: bytes) -> bytes:
    return hmac.digest(key, b"tocsin console session", hashlib.sha256)


def _read(item: ApiKeySettings) -> str:
    if item.key_file is None:  # settings allow exactly one of key and key_file
        raise OSError("no file is named")
    return item.key_file.read_text(encoding="utf-8").strip()
