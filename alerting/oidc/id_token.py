"""An ID token is what it says it is, or it is refused. Pure.

Source: https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from alerting.errors import SignInRefused

# Signatures that take a private key; with a shared secret, whoever may verify could forge.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LONGEST: Final = 32_768

Claims = Mapping[str, Any]


def verified(
    token: str, keys: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now: datetime, skew_seconds: int
) -> Claims:
    """What the token says, where a key of the provider signed it, for us, for this sign-in, and it is not over.

    Args:
        keys: The provider's key set, as it publishes it.

    Raises:
        SignInRefused: Anything about it is not so; says what.
    """
    if len(token) > LONGEST:
        raise SignInRefused("the ID token is too long")
    try:
        decoded = jwt.decode(token, KeySet.import_key_set(_published(keys)), algorithms=list(ALGORITHMS))
        claims = decoded.claims
        rules = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=skew_seconds,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        rules.validate(claims)
    # The library is strict, and what it is given is hostile: whatever it stumbles over is no token.
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as exc:
        raise SignInRefused(f"the ID token is not valid ({type(exc).__name__})") from exc
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise SignInRefused("the ID token belongs to another sign-in")
    audience = claims["aud"]
    party = claims.get("azp")
    if (isinstance(audience, list) and len(audience) > 1 and party is None) or party not in {None, client_id}:
        raise SignInRefused("the ID token was made for somebody else")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
        raise SignInRefused("the ID token names nobody")
    return claims


def _published(keys: Mapping[str, Any]) -> Any:
    """The keys that verify signatures; others, and shared secrets, are passed over."""
    found = [
        key
        for key in keys.get("keys", ())
        if isinstance(key, dict) and key.get("kty") in {"RSA", "EC", "OKP"} and key.get("use", "sig") == "sig"
    ]
    if not found:
        raise ValueError("no key")
    return {"keys": found}
