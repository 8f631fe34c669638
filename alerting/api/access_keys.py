"""Keys over HTTP: issued, listed, revoked; for admins."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from alerting.access import Role
from alerting.api.etags import IfMatch, etag, revision_of
from alerting.api.gate import caller_of
from alerting.api.issued_keys import IssuedKeys
from alerting.api.problems import REFUSALS
from alerting.api.utc_time import UtcTime
from alerting.directives.api_key import ApiKey
from alerting.route_settings import Name
from alerting.team_settings import Brand


class KeyBody(BaseModel):
    """The key that is wanted; it sees the brands that are named, or everything where none is."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Name, Field(examples=["grafana"])]
    role: Role = Role.VIEWER
    expires_at: AwareDatetime | None = None
    brands: Annotated[tuple[Brand, ...], Field(max_length=200)] = ()


class KeyAnswer(BaseModel):
    """What may be known of a key. Null is never."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    role: Role
    brands: tuple[str, ...]
    created_by: str
    created_at: UtcTime
    expires_at: UtcTime | None
    last_used_at: UtcTime | None
    revoked_at: UtcTime | None
    revision: int


class IssuedAnswer(KeyAnswer):
    """A new key. `key` is told here and never again."""

    key: str


class KeyList(BaseModel):
    """Issued keys, newest first; those of the configuration are not among them."""

    keys: tuple[KeyAnswer, ...]


def access_keys_router(issued: IssuedKeys) -> APIRouter:
    """`/api/v1/keys`."""
    router = APIRouter(prefix="/api/v1/keys", tags=["keys"], responses=REFUSALS)

    def answered(key: ApiKey, response: Response) -> KeyAnswer:
        response.headers["ETag"] = etag(key.revision)
        return KeyAnswer.model_validate(key)

    @router.get("")
    async def list_keys() -> KeyList:
        """Every key that was issued, revoked and expired ones too; the newest thousand."""
        return KeyList(keys=tuple(KeyAnswer.model_validate(key) for key in await issued.all()))

    @router.post("", status_code=201)
    async def issue_key(body: KeyBody, request: Request, response: Response) -> IssuedAnswer:
        """Issue a key. Nobody can read it later: what is kept is its digest. 409 where the name is taken."""
        key, presented = await issued.issue(
            body.name, body.role, by=caller_of(request).name, expires_at=body.expires_at, brands=body.brands
        )
        return IssuedAnswer(**answered(key, response).model_dump(), key=presented)

    @router.delete("/{key_id}")
    async def revoke_key(key_id: str, request: Request, response: Response, if_match: IfMatch = None) -> KeyAnswer:
        """Revoke a key: within a second it opens nothing, nor do sessions that began with it. Again is 200 again.

        Its ETag is its revision, which grows when the key is used, every five minutes at most.
        """
        by, expected = caller_of(request).name, revision_of(if_match)
        return answered(await issued.revoke(key_id, by=by, expected_revision=expected), response)

    return router
