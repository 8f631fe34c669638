"""Taking an author out of what incidents keep. Pure."""

from collections.abc import Collection, Mapping

import msgspec

from alerting.directives.mood_label import MoodLabel
from alerting.incidents import own_part
from alerting.incidents.model import Incident
from streams.erasure import without_authors


def without_author(incident: Incident, author: int) -> Incident:
    """The incident without the mentions, names and addresses of one author; counts and everything that people did stay.

    Args:
        author: A 64-bit hash, as evidence carries it.
    """
    evidence = incident.evidence
    theirs = {sample.key for sample in (*evidence.samples, *evidence.verbatims) if sample.author_number == author}
    return msgspec.structs.replace(
        incident,
        own_part=None if incident.own_part is None else own_part.without_authors(incident.own_part, {author}),
        evidence=msgspec.structs.replace(without_authors(evidence, {author}), asked=_but(evidence.asked, theirs)),
        parts=tuple(
            msgspec.structs.replace(
                part,
                mentions=tuple(key for key in part.mentions if key not in theirs),
                asked=_but(part.asked, theirs),
                complaints={key: one for key, one in part.complaints.items() if one.author_number != author},
            )
            for part in incident.parts
        ),
    )


def _but(asked: Mapping[str, float], keys: Collection[str]) -> dict[str, float]:
    return {key: weight for key, weight in asked.items() if key not in keys}


def wordless(label: MoodLabel) -> MoodLabel:
    """The label without what was said and where: what is left says how often people read otherwise."""
    gone = f"{label.mention.partition(':')[0]}:erased"
    return msgspec.structs.replace(label, mention=gone, text="", author_number=None, revision=label.revision + 1)
