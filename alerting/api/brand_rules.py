"""What routes have to do with brands. One that does not stand here is closed to whoever sees some brands alone."""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final


class BrandRule(StrEnum):
    """What a route has to do with brands.

    Attributes:
        OWN_BRANDS: Shows and changes what belongs to the caller's brands, and knows nothing of the others.
        NO_BRAND: The same for everybody: nothing in it belongs to a brand.
        EVERY_BRAND: For those alone who see every brand.
    """

    OWN_BRANDS = "own_brands"
    NO_BRAND = "no_brand"
    EVERY_BRAND = "every_brand"


_OF_AN_INCIDENT: Final = (
    *("acknowledge", "resolve", "assign", "comment", "snooze", "pass", "hand-over", "statement", "merge", "split"),
    *("detections", "chart.svg", "links", "links/{link}", "labels", "review", "review.md"),
)
_OF_AN_INCIDENT_PAGE: Final = (
    *("work", "acknowledge", "resolve", "assign", "comment", "snooze", "pass", "state", "share", "unshare"),
    *("merge", "split", "false-alarm", "label", "review"),
)

RULES: Final[Mapping[str, BrandRule]] = {
    path: rule
    for rule, paths in {
        BrandRule.NO_BRAND: (
            *("/-/healthy", "/-/ready", "/metrics", "/login", "/logout", "/openapi.json"),
            *(
                "/inbound/slack",
                "/inbound/pagerduty",
                "/inbound/ntfy",
                "/inbound/cases",
            ),  # whoever presses is looked at there
            *("/login/oidc", "/login/oidc/callback", "/login/oidc/out"),
            "/s/{token}",  # the link itself is what may be shown
            *("/api/v1/on-call", "/on-call"),
            *("/api/v2/receivers",),
        ),
        BrandRule.EVERY_BRAND: (
            "/api/v1/erasures",  # a person may be among the mentions of any brand
            *("/api/v1/dead-letters", "/api/v1/dead-letters/{partition}/{offset}/send"),  # before they are matched
            *("/feeds/dead-letters", "/feeds/dead-letters/{partition}/{offset}"),
            *("/api/v1/keys", "/api/v1/keys/{key_id}", "/-/reload"),
            "/api/v1/mentions",  # belongs to no brand before it is matched, and may belong to any then
            *("/api/v1/drills", "/api/v1/drills/{drill_id}"),  # a receiver is everybody's
            *("/api/v1/on-call/covers", "/api/v1/on-call/covers/{cover_id}"),  # and so is a schedule
            *("/on-call/covers", "/on-call/covers/{cover_id}/end"),
            "/api/v1/topics/preview",  # looks at mentions of every brand
            "/api/v2/status",  # the whole tree of routes
            *("/inbox", "/fragments/inbox"),  # what every receiver of the demo got
        ),
        BrandRule.OWN_BRANDS: (
            *(
                "/",
                "/fragments/now",
                "/fragments/incidents/{incident_id}",
                "/topics",
                "/topics/{topic}",
                "/incidents/{incident_id}",
            ),
            *(f"/incidents/{{incident_id}}/{act}" for act in _OF_AN_INCIDENT_PAGE),
            *("/topics/{topic}/missed", "/topics/{topic}/feedback/{feedback}/withdraw"),
            *("/silences", "/silences/{kind}/{name}/{act}", "/declare", "/declare/{topic}"),
            *("/api/v1/incidents", "/api/v1/incidents/{incident_id}"),
            *(f"/api/v1/incidents/{{incident_id}}/{act}" for act in _OF_AN_INCIDENT),
            *(
                "/api/v1/detections/{detection_id}",
                "/api/v1/events",
                "/api/v1/watch",
                "/api/v1/metrics",
                "/api/v1/labels",
            ),
            *("/api/v1/feeds", "/feeds"),  # platforms are everybody's, the incidents about them are not
            *("/api/v1/topics", "/api/v1/topics/{topic}", "/api/v1/topics/{topic}/windows"),
            *("/api/v1/topics/{topic}/feedback", "/api/v1/topics/{topic}/feedback/{feedback}"),
            *("/api/v1/silences", "/api/v1/silences/preview", "/api/v1/silences/{silence_id}"),
            *("/api/v1/notices", "/api/v1/notices/{notice_id}", "/api/v1/notices/{notice_id}/drafts"),
            *("/api/v1/drafts", "/api/v1/drafts/{draft_id}/approve", "/api/v1/drafts/{draft_id}/discard"),
            *("/api/v1/post-holds", "/api/v1/post-holds/check", "/api/v1/post-holds/{hold_id}"),
            *(f"/api/v1/post-holds/{{hold_id}}/{act}" for act in ("confirm", "refuse", "release")),
            *("/reports/weekly", "/api/v1/reports/weekly", "/api/v1/reports/weekly.md"),
            *("/api/v1/cases", "/api/v1/cases/{system}/{case}/status"),
            *("/api/v2/silences", "/api/v2/silence/{silence_id}", "/api/v2/alerts", "/api/v2/alerts/groups"),
        ),
    }.items()
    for path in paths
}


_PATTERNS: Final = tuple(
    (re.compile("[^/]+".join(re.escape(part) for part in re.split(r"\{\w+\}", path))), rule)
    for path, rule in RULES.items()
    if "{" in path
)


@lru_cache(maxsize=4096)
def rule_for(path: str) -> BrandRule:
    """What the route of this path has to do with brands.

    >>> rule_for("/api/v1/incidents/inc_1/assign").value, rule_for("/never/heard/of").value
    ('own_brands', 'every_brand')
    """
    if path in RULES:
        return RULES[path]
    if path.startswith("/static/"):
        return BrandRule.NO_BRAND
    return next((rule for pattern, rule in _PATTERNS if pattern.fullmatch(path)), BrandRule.EVERY_BRAND)
