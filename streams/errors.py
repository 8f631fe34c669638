"""What can go wrong between a mention and a detection, named by what the caller should do.

StreamsError
├── InvalidMention      put the record on the dead-letter topic and go on
├── InvalidQuery        tell the author of the topic, with the column
├── UnknownTopic        there is nothing to change
├── UnknownLetter       there is no dead letter of that name
├── TopicChanged        read it again: somebody changed it meanwhile
├── TopicRefused        tell whoever declares the topic; it does not fit the others, or is not theirs
├── InvalidConfig       refuse to start; carries every problem at once
├── InvalidInput        correct the file that was given; carries every problem at once
├── BrokerUnavailable   wait and try again; nothing was written
│   └── AccessRefused   correct credentials or certificates; at the start refuse to start
├── RecordTooLarge      split or drop the record; trying again cannot help
├── Fenced              a newer owner has the partition: drop it, write nothing more
├── TopicsMismatch      Kafka topics are missing or shaped wrongly: refuse to start
├── TooManyDeadLetters  stop the worker and tell a human
└── StateCorrupted      rebuild the state from its source, or stop; never guess
"""


class StreamsError(Exception):
    """The root of everything `streams` raises on purpose."""


class InvalidMention(StreamsError):
    """The record cannot become a mention; it belongs on the dead-letter topic."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InvalidQuery(StreamsError):
    """The topic's query does not parse; `column` is where, counted from 1."""

    def __init__(self, message: str, *, column: int) -> None:
        super().__init__(f"{message} (column {column})")
        self.column = column


class UnknownTopic(StreamsError):
    """Nobody declared the topic."""


class UnknownLetter(StreamsError):
    """There is no dead letter of that name, or none any more."""


class TopicChanged(StreamsError):
    """The topic is at another revision than the change is based on."""


class TopicRefused(StreamsError):
    """The topic does not fit the other ones or the limits, or is declared by somebody else."""


class InvalidConfig(StreamsError):
    """The configuration is refused; `problems` has one finished sentence per problem."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class InvalidInput(StreamsError):
    """A file of recorded counts is refused; `problems` has one finished sentence per problem."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class BrokerUnavailable(StreamsError):
    """The broker did not answer; the caller waits and tries again, nothing is lost."""


class AccessRefused(BrokerUnavailable):
    """The broker answers but does not let us in, or we do not trust it; the message says which setting to look at."""


class RecordTooLarge(StreamsError):
    """The broker refuses a record for its size; nothing of the call counts, and trying again cannot help."""


class Fenced(StreamsError):
    """Somebody newer owns the partition; what was not committed will be done again by them."""


class TopicsMismatch(StreamsError):
    """The Kafka topics are not as the configuration needs them; `problems` says how."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class TooManyDeadLetters(StreamsError):
    """More than the allowed share of recent mentions could not be read."""


class StateCorrupted(StreamsError):
    """Stored state cannot be read or does not fit; rebuild it or stop."""


def first_error(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that ended a group of tasks: the others came from stopping."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
