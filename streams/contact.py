"""A contact: somebody called, chatted with or wrote to the contact centre."""

from typing import Annotated, Final, Literal

import msgspec

from streams.mention import Identifier, Timestamp

Label = Annotated[str, msgspec.Meta(max_length=100)]
Channel = Literal["phone", "chat", "email", "message", "branch", "other"]

MOST_AT_ONCE: Final = 100_000


class Contact(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Contacts of one reason, as many as `count`, or one of them; no personal data is needed, and none is kept.

    Required are `opened_at` and `reason`. Keys that are not named here are passed over.

    Attributes:
        opened_at: When it began, with a time zone; of a count, the minute that it is of.
        reason: Why they called, as the contact centre codes it.
        count: How many, 1 to 100,000.
        id: The writer's own. The same id again replaces what it said before; without one each record counts.
        product: What it is about.
        area: Region, as mentions name it.
        case: The ticket or call in the contact centre's own system.
        thread: What this person said in public: the mention's key `platform:id`, or its thread.
    """

    opened_at: Timestamp
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    channel: Channel = "phone"
    count: Annotated[int, msgspec.Meta(ge=1, le=MOST_AT_ONCE)] = 1
    id: Identifier | None = None
    brand: Label | None = None
    product: Label | None = None
    area: Label | None = None
    case: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    thread: Annotated[str, msgspec.Meta(max_length=512)] | None = None
