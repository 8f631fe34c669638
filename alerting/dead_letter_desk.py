"""Dead letters, for whoever runs Tocsin: looked at, corrected, sent once more, all of it on record."""

from typing import Final

from alerting.directives.directive import DirectiveEntry
from alerting.directives.letter_sent import LetterSent
from alerting.errors import DirectiveRefused
from alerting.incidents.store import Store
from alerting.incidents.work import person
from streams.clock import Clock
from streams.dead_letter_box import DeadLetter, DeadLetterBox
from streams.errors import InvalidMention

MOST_LISTED: Final = 200


class DeadLetterDesk:
    """A letter that is sent again stays where it is until Kafka's retention ends; its mention counts once."""

    def __init__(self, box: DeadLetterBox, store: Store, clock: Clock) -> None:
        self._box = box
        self._store = store
        self._clock = clock

    async def newest(self, limit: int = MOST_LISTED) -> tuple[DeadLetter, ...]:
        """At most so many, the newest first.

        Raises:
            BrokerUnavailable: Kafka does not answer.
        """
        return await self._box.newest(limit)

    async def letter(self, partition: int, offset: int) -> DeadLetter:
        """One of them.

        Raises:
            UnknownLetter: There is none.
            BrokerUnavailable: Kafka does not answer.
        """
        return await self._box.letter(partition, offset)

    async def send_again(self, partition: int, offset: int, *, by: str, text: str | None = None) -> str:
        """Send it once more, as it came or as corrected; answers the key of its mention.

        Raises:
            UnknownLetter: There is none.
            DirectiveRefused: It is still no mention, and says why; or it was cut for its size and not corrected.
            BrokerUnavailable: It may have been sent; doing it again does no harm.
            DatabaseUnavailable: It may have been sent, and is not recorded.
        """
        letter = await self._box.letter(partition, offset)
        corrected = text is not None and text != letter.text
        if not corrected and not letter.is_whole:
            raise DirectiveRefused("the letter was cut for its size; send it from where it came, in parts")
        try:
            key = await self._box.send_again(letter.text if text is None else text)
        except InvalidMention as exc:
            raise DirectiveRefused(f"it is still no mention: {exc.reason}") from exc
        now = self._clock.now()
        name = f"letter/{partition}/{offset}@{now:%Y%m%dT%H%M%S.%f}"
        how = "corrected and sent" if corrected else "sent"
        entry = DirectiveEntry(
            name, now, "letter.sent", person(by), f"{person(by)} {how} dead letter {partition}/{offset} once more"
        )
        async with self._store.begin() as unit:
            sent = LetterSent(name, person(by), now, now, corrected)
            await unit.keep(sent, [entry], expected_revision=None)
        return key
