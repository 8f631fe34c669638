"""What somebody who signed in may do and see, by their claims. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from alerting.access import Role
from alerting.brand_scope import BrandScope
from alerting.errors import SignInRefused
from alerting.incidents.wording import plain
from alerting.oidc_settings import OidcSettings
from alerting.teams import Teams

LONGEST_NAME: Final = 100

# No team has this name: who fits none of those that are named sees what it has, which is nothing.
_NO_TEAM: Final = ""


@dataclass(frozen=True, slots=True)
class Admission:
    """Who came, and what for.

    Attributes:
        subject: Tells this person from all others of every provider.
    """

    subject: str
    name: str
    role: Role
    scope: BrandScope


def admitted(claims: Mapping[str, Any], settings: OidcSettings, teams: Teams) -> Admission:
    """Whoever has these claims.

    Raises:
        SignInRefused: They have no name, an address that nobody verified, or no role.
    """
    name = plain(str(_at(claims, settings.name_claim) or ""), LONGEST_NAME)
    if not name:
        raise SignInRefused(f"the provider does not tell your name (claim {settings.name_claim})")
    if settings.name_claim == "email" and claims.get("email_verified") is False:
        raise SignInRefused("the provider has not verified your e-mail address")
    groups = _values(_at(claims, settings.roles_claim))
    roles = [each.role for each in settings.roles if each.value in groups]
    if not roles:
        raise SignInRefused("none of your groups has a role here; ask whoever runs Tocsin")
    highest = max(roles, key=tuple(Role).index)
    subject = f"{settings.issuer_text}|{claims['sub']}"
    return Admission(subject, name, highest, _scope(name, _values(_at(claims, settings.teams_claim)), settings, teams))


def _scope(name: str, groups: frozenset[str], settings: OidcSettings, teams: Teams) -> BrandScope:
    found = [each.team for each in settings.teams if each.value in groups]
    if not settings.teams or None in found:
        return teams.scope_of(name) if not found else BrandScope()
    return teams.scope_of(name, teams=[team for team in found if team is not None] or [_NO_TEAM])


def _at(claims: Mapping[str, Any], name: str) -> Any:
    """The claim of that name, or at the end of that path."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _values(claim: Any) -> frozenset[str]:
    if isinstance(claim, str):
        return frozenset({claim})
    return frozenset(value for value in claim if isinstance(value, str)) if isinstance(claim, list) else frozenset()
