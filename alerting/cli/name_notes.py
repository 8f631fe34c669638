"""What `tocsin check` finds named that no topic has: a slip of a letter hides a brand or belongs to nothing."""

from collections.abc import Iterator

from alerting.incidents.wording import plain
from alerting.settings import Settings


def notes_on_names(settings: Settings) -> Iterator[str]:
    """Brands and topics that the file names and no topic of it has; notes, since the API may declare them later."""
    if not settings.topics:
        return
    brands = {topic.brand for topic in settings.topics}
    for place, named in (
        *((f"teams[{team.name}].brands", team.brands) for team in settings.teams),
        *((f"api.keys[{key.name}].brands", key.brands) for key in settings.api.keys),
    ):
        for brand in sorted(set(named) - brands):
            yield f"{place} names the brand {plain(brand)!r}, which no topic of the file has: they see nothing of it"
    topics = {topic.id for topic in settings.topic_values()}
    for place, named in (
        *((f"peers[{plain(group.name)}].topics", group.topics) for group in settings.peers),
        *((f"contacts.reasons[{n}].topics", group.topics) for n, group in enumerate(settings.contacts.reasons)),
    ):
        for topic in sorted(set(named) - topics):
            yield f"{place} names the topic {topic!r}, which the file does not have"
