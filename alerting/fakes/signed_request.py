"""A request that a vendor would send to us."""

import msgspec


class SignedRequest(msgspec.Struct, frozen=True):
    """What a vendor POSTs to our address."""

    headers: dict[str, str]
    body: bytes
