"""Which role a request needs."""

import re
from typing import Final

from alerting.access import Role, role_now
from alerting.api.brand_rules import BrandRule, rule_for
from alerting.brand_scope import scope_now

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# What anybody with a key may do although it changes something: sign out, and ask before doing.
_HARMLESS: Final = frozenset({"/login", "/logout", "/api/v1/silences/preview"})
# What changes Tocsin itself rather than an incident, and what tells who may come in.
# What somebody who was paged says of the page.
_FEEDBACK: Final = re.compile(r"/api/v1/topics/[^/]+/feedback(/[^/]+)?$")
_ADMINS: Final = ("/api/v1/topics", "/declare", "/-/reload")
_ADMINS_ALONE: Final = ("/api/v1/keys", "/api/v1/erasures", "/api/v1/dead-letters", "/feeds/dead-letters")


def needed(method: str, path: str) -> Role:
    """The least role for a request.

    >>> needed("GET", "/api/v1/incidents"), needed("POST", "/api/v1/incidents/x/ack")
    (<Role.VIEWER: 'viewer'>, <Role.RESPONDER: 'responder'>)
    >>> needed("POST", "/api/v1/topics/x/feedback")
    <Role.RESPONDER: 'responder'>
    >>> needed("PUT", "/api/v1/topics/x"), needed("GET", "/api/v1/keys")
    (<Role.ADMIN: 'admin'>, <Role.ADMIN: 'admin'>)
    """
    if _is_below(path, _ADMINS_ALONE):
        return Role.ADMIN
    if method in SAFE_METHODS or path in _HARMLESS:
        return Role.VIEWER
    return Role.ADMIN if _is_below(path, _ADMINS) and not _FEEDBACK.match(path) else Role.RESPONDER


def may_now(path: str, method: str = "POST") -> bool:
    """Whether this task's role and brands let it through the gate with such a request: what a page offers to do."""
    closed = scope_now().is_limited and rule_for(path) is BrandRule.EVERY_BRAND
    return role_now().includes(needed(method, path)) and not closed


def _is_below(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(root + "/") for root in roots)
