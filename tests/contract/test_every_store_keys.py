"""Issued keys on every store."""

import pytest

from alerting.access import Role
from alerting.api.issued_keys import IssuedKeys
from alerting.api.keys import KeyRing
from alerting.incidents.store import Store
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.integration


async def test_keys_are_known_to_every_process_with_their_trail(store: Store) -> None:
    clock = FakeClock()
    here, there = KeyRing({"jo": "a-key-of-some-length"}), KeyRing({"jo": "a-key-of-some-length"})
    keys, others = IssuedKeys(store, here, clock), IssuedKeys(store, there, clock)

    key, presented = await keys.issue("grafana", Role.VIEWER, by="jo")
    await others.refresh()
    known = there.holder_of(presented)
    await others.used("grafana")
    await keys.revoke(key.id, by="jo")
    await clock.advance(1)
    await others.refresh()

    assert known is not None
    assert (known.name, known.role) == ("grafana", Role.VIEWER)
    assert there.holder_of(presented) is None
    assert [line.act for line in await store.directive_lines(key.id)] == ["key.issued", "key.revoked"]
    (kept,) = await keys.all()
    assert (kept.last_used_at, kept.revoked_at is not None) == (FakeClock().now(), True)
    assert await store.directives_in_force(clock.now()) == ()
