"""What can be set about signing in with OpenID Connect."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, HttpUrl, IPvAnyNetwork, SecretStr, model_validator

from alerting.access import Role
from streams.section import Section

_Scope = Annotated[str, Field(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]+$", max_length=100)]
_Value = Annotated[str, Field(min_length=1, max_length=200)]


class OidcRoleSettings(Section):
    """A role for whoever has this value among their claims.

    Attributes:
        value: A value of the claim `roles_claim`, a group as a rule.
        role: The highest that fits counts.
    """

    value: _Value
    role: Role


class OidcTeamSettings(Section):
    """A team for whoever has this value among their claims.

    Attributes:
        value: A value of the claim `teams_claim`, a group as a rule.
        team: From `teams`; null sees every brand.
    """

    value: _Value
    team: Annotated[str, Field(min_length=1, max_length=64)] | None


class OidcSettings(Section):
    """Signing in to the console at an identity provider: Authorization Code with PKCE. Needs `api.public_url`.

    Attributes:
        issuer: As the provider writes it itself; what it says about itself is read from there.
        client_id: Of Tocsin at the provider; its redirect address is `/login/oidc/callback` below `api.public_url`.
        client_secret: Without it Tocsin is a public client, and PKCE alone proves that it is the one.
        client_secret_file: A file that holds it.
        label: What the button says.
        scopes: Asked for beside `openid`.
        name_claim: Names people in timelines and in `teams`.
        roles_claim: Where groups stand; a name with dots leads into nested claims.
        roles: Who gets which role. Who gets none is not let in.
        teams_claim: Where the groups stand that `teams` names.
        teams: Who sees which brands, beside what `members` of teams say. Without any, nobody is limited by claims; with
            some, whoever fits none sees nothing.
        session_hours: After this long people sign in anew; groups are looked at then.
        skew_seconds: How far the provider's clock may be off.
        allow_networks: Networks that the provider may be in although they are not public.
    """

    issuer: HttpUrl
    client_id: Annotated[str, Field(min_length=1, max_length=300)]
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    label: Annotated[str, Field(min_length=1, max_length=60)] = "Sign in with your organisation"
    scopes: Annotated[tuple[_Scope, ...], Field(max_length=20)] = ("profile", "email")
    name_claim: Annotated[str, Field(min_length=1, max_length=100)] = "email"
    roles_claim: Annotated[str, Field(min_length=1, max_length=100)] = "groups"
    roles: Annotated[tuple[OidcRoleSettings, ...], Field(min_length=1, max_length=200)]
    teams_claim: Annotated[str, Field(min_length=1, max_length=100)] = "groups"
    teams: Annotated[tuple[OidcTeamSettings, ...], Field(max_length=1000)] = ()
    session_hours: Annotated[float, Field(ge=0.25, le=12)] = 12.0
    skew_seconds: Annotated[int, Field(ge=0, le=300)] = 60
    allow_networks: tuple[IPvAnyNetwork, ...] = ()

    @model_validator(mode="after")
    def _at_most_one_secret(self) -> "OidcSettings":
        if self.client_secret is not None and self.client_secret_file is not None:
            raise ValueError("takes one of client_secret and client_secret_file, not both")
        return self

    @property
    def issuer_text(self) -> str:
        """The issuer, letter by letter but for a slash at its end."""
        return str(self.issuer).rstrip("/")
