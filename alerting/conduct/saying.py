"""An answer as evidence. Pure."""

from alerting.incidents.own_part import Said
from streams.public_reply import PublicReply


def said(reply: PublicReply) -> Said:
    """What an incident keeps of it."""
    return Said(
        mention=reply.mention,
        to=reply.answers[0] if reply.answers else reply.to or "",
        at=reply.at,
        text=reply.text,
        author=reply.author,
        author_number=reply.author_number,
        polarity=reply.polarity,
        url=reply.url,
    )


def when(reply: PublicReply) -> tuple[object, ...]:
    """In order of time, always the same."""
    return reply.at, reply.mention
