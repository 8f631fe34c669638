"""Keys that a running Tocsin issues and revokes; in the database, so that every process knows them within a second."""

import asyncio
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

import msgspec
import structlog

from alerting.access import Role
from alerting.api.keys import ISSUED_PREFIX, KeyRing, digest_of, id_of
from alerting.api.sessions import Sessions
from alerting.directives.api_key import ApiKey
from alerting.directives.directive import DirectiveEntry
from alerting.directives.entrance import ENTRANCE, Entrance
from alerting.errors import DatabaseUnavailable, DirectiveRefused, Stale, UnknownDirective
from alerting.incidents.store import Store
from alerting.incidents.work import person
from alerting.oidc.admission import Admission
from streams.clock import Clock

KNOWN_SECONDS: Final = 0.8
BELIEVED_SECONDS: Final = 60.0
USE_NOTED: Final = timedelta(minutes=5)
MOST: Final = 1000

log = structlog.get_logger(__name__)


class IssuedKeys:
    """Issues, lists and revokes keys, and keeps the ring current.

    A revoked key opens nothing after a second, in every process. While the database does not answer, what was known
    last is believed for a minute; then no issued key opens anything, and those of the configuration still do.

    Args:
        sessions: Told what was signed out of in other processes.
    """

    def __init__(self, store: Store, ring: KeyRing, clock: Clock, sessions: Sessions | None = None) -> None:
        self._store = store
        self._ring = ring
        self._sessions = sessions
        self._clock = clock
        self._reading = asyncio.Lock()
        self._read_at: float | None = None

    async def refresh(self) -> None:
        """See to it that the ring is at most a second old.

        Raises:
            DatabaseUnavailable: It is older than a minute, and the database does not answer.
        """
        if self._age() < KNOWN_SECONDS:
            return
        async with self._reading:
            if self._age() < KNOWN_SECONDS:
                return
            try:
                await self._read()
            except DatabaseUnavailable:
                if self._age() > BELIEVED_SECONDS:
                    self._ring.take(())
                    raise

    async def all(self) -> tuple[ApiKey, ...]:
        """The newest thousand, revoked ones too, newest first."""
        found = await self._store.directives("key", limit=MOST)
        return tuple(one for one in found if isinstance(one, ApiKey))

    async def issue(
        self, name: str, role: Role, *, by: str, expires_at: datetime | None = None, brands: Sequence[str] = ()
    ) -> tuple[ApiKey, str]:
        """A new key and what is kept of it. The key itself is told this once and never again.

        Raises:
            DirectiveRefused: The name is taken, or it would expire at once.
            DatabaseUnavailable: Nothing was issued.
        """
        now = self._clock.now()
        if expires_at is not None and expires_at <= now:
            raise DirectiveRefused("a key that has expired already is of no use; name a later time")
        await self._read()
        if self._ring.holder_named(name) is not None:
            raise DirectiveRefused(f"there is a key called {name!r} already; revoke it first, or take another name")
        presented = f"{ISSUED_PREFIX}{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
        key = ApiKey(
            id_of(presented), name, digest_of(presented), role.value, by, now, expires_at, brands=tuple(brands)
        )
        until = "" if expires_at is None else f" until {expires_at:%Y-%m-%d %H:%M} UTC"
        what = f" for {', '.join(brands)}" if brands else ""
        await self._keep(key, "key.issued", by, f"{name} ({role}){what}{until}", None)
        return key, presented

    async def revoke(self, key_id: str, *, by: str, expected_revision: int | None = None) -> ApiKey:
        """The key opens nothing any more; again changes nothing.

        Raises:
            UnknownDirective: There is none.
            Stale: Somebody else changed it just now, or it is not at `expected_revision`.
        """
        stored = await self._store.directive(key_id)
        if not isinstance(stored, ApiKey):
            raise UnknownDirective(f"there is no key {key_id!r}")
        Stale.unless(key_id, stored.revision, expected_revision)
        if stored.revoked_at is not None:
            return stored
        over = msgspec.structs.replace(stored, revoked_at=self._clock.now(), revision=stored.revision + 1)
        await self._keep(over, "key.revoked", by, f"{stored.name} ({stored.role})", stored.revision)
        return over

    def of(self, name: str) -> ApiKey | None:
        """The issued key of that name; None for a key of the configuration."""
        return self._ring.issued_to(name)

    async def used(self, name: str) -> None:
        """Note that the key was used, at most every five minutes; it is no matter if that fails."""
        key = self._ring.issued_to(name)
        now = self._clock.now()
        if key is None or (key.last_used_at is not None and now - key.last_used_at < USE_NOTED):
            return
        noted = msgspec.structs.replace(key, last_used_at=now, revision=key.revision + 1)
        try:
            async with self._store.begin() as unit:
                await unit.keep(noted, (), expected_revision=key.revision)
            await self._read()
        except (DatabaseUnavailable, Stale) as exc:
            log.debug("keys.use_not_noted", key=key.id, reason=str(exc))

    async def signed_in(self, name: str, address: str) -> None:
        """A session begins: noted in the audit trail for issued keys, beside the log; it is no matter if that fails."""
        key = self._ring.issued_to(name)
        if key is None:
            return
        now = self._clock.now()
        noted = msgspec.structs.replace(key, last_used_at=now, revision=key.revision + 1)
        entry = DirectiveEntry(key.id, now, "key.signed_in", person(name), f"{name} signed in from {address}")
        try:
            async with self._store.begin() as unit:
                await unit.keep(noted, (entry,), expected_revision=key.revision)
            await self._read()
        except (DatabaseUnavailable, Stale) as exc:
            log.warning("keys.sign_in_not_noted", key=key.id, reason=str(exc))

    async def admit(self, who: Admission, *, until: datetime, address: str) -> ApiKey:
        """Somebody signed in at the identity provider: what their sessions hang on, until then.

        One for each person: their role and brands are those of the latest sign-in, in all their browsers, and revoking
        it ends all their sessions in every process. Nobody ever has the key itself.

        Raises:
            DirectiveRefused: Their name is somebody else's here.
            DatabaseUnavailable: Nothing was written.
        """
        key_id = f"key_{blake2b(who.subject.encode(), digest_size=8).hexdigest()}"
        now = self._clock.now()
        await self._read()
        stored = await self._store.directive(key_id)
        known = stored if isinstance(stored, ApiKey) else None
        holder = self._ring.issued_to(who.name)
        if self._ring.holder_named(who.name) is not None and (holder is None or holder.id != key_id):
            raise DirectiveRefused(f"the name {who.name!r} belongs to a key")
        stands = known is not None and known.revoked_at is None and (known.expires_at or now) > now
        key = ApiKey(
            id=key_id,
            name=who.name,
            digest=known.digest if known is not None and stands else secrets.token_hex(32),
            role=who.role.value,
            created_by=who.name,
            created_at=known.created_at if known is not None else now,
            expires_at=until,
            last_used_at=now,
            revision=known.revision + 1 if known is not None else 1,
            brands=tuple(sorted(who.scope.brands)) if who.scope.brands is not None else (),
            sees_nothing=who.scope.brands == frozenset(),
            subject=who.subject,
        )
        text = f"{who.name} ({key.role}, {who.scope}) signed in at {who.subject.partition('|')[0]} from {address}"
        await self._keep(key, "key.signed_in", who.name, text, known.revision if known is not None else None)
        return key

    async def signed_out(self, name: str) -> None:
        """A session ends. Of somebody who signed in at the provider all of them end, in every process."""
        key = self._ring.issued_to(name)
        if key is None:
            return
        entry = DirectiveEntry(key.id, self._clock.now(), "key.signed_out", person(name), f"{name} signed out")
        over = msgspec.structs.replace(
            key, revoked_at=self._clock.now() if key.subject else None, revision=key.revision + 1
        )
        try:
            async with self._store.begin() as unit:
                await unit.keep(over, (entry,), expected_revision=key.revision)
            await self._read()
        except (DatabaseUnavailable, Stale) as exc:
            log.warning("keys.sign_out_not_noted", key=key.id, reason=str(exc))

    async def _keep(self, key: ApiKey, act: str, by: str, text: str, replaces: int | None) -> None:
        entry = DirectiveEntry(key.id, self._clock.now(), act, person(by), text)
        async with self._store.begin() as unit:
            await unit.keep(key, (entry,), expected_revision=replaces)
        log.info(act, key=key.id, name=key.name, role=key.role, by=by)
        await self._read()

    async def _read(self) -> None:
        self._ring.take(await self.all())
        entrance = await self._store.directive(ENTRANCE) if self._sessions else None
        if self._sessions and isinstance(entrance, Entrance):
            self._sessions.end(entrance.closed)
        self._read_at = self._clock.monotonic()

    def _age(self) -> float:
        return float("inf") if self._read_at is None else self._clock.monotonic() - self._read_at
