"""What can go wrong between a detection and a person, named by what the caller should do.

AlertingError
├── DeliveryRetryable     the same attempt may succeed later; honours `retry_after`
├── DeliveryInDoubt       it may have arrived: ask the provider, or rely on its dedup, before sending again
├── DeliveryRejected      trying again changes nothing: tell a human
├── UnknownIncident       there is no incident with that id
├── UnknownMention        the incident does not show this mention
├── UnknownDirective      there is no silence or notice with that id
├── SignInRefused         whoever signs in is not let in
├── ProviderUnavailable   the identity provider does not answer: try again, or use a key
├── ReloadRefused         nothing can be read anew here
├── RestartNeeded         a running process cannot change this: restart it, or take the change back
├── OutOfScope            it belongs to brands that the caller does not see
├── DirectiveRefused      it says something that is not allowed: say it otherwise
│   └── SilenceTooWide    it hides too much: narrow it, or confirm that it is meant
├── TransitionRefused     the incident's state does not allow this act
├── Stale                 somebody changed it meanwhile: read it again
├── PositionLost          another process took this Kafka partition: roll back and drop it
├── DatabaseRefused       a value will never be taken: trying again changes nothing; nothing was written
└── DatabaseUnavailable   wait and try again; nothing was written
"""


class AlertingError(Exception):
    """The root of everything `alerting` raises on purpose."""


class DeliveryRetryable(AlertingError):
    """The provider did not take it now; `retry_after` is the wait in seconds that it asked for, None if it did not."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class DeliveryInDoubt(AlertingError):
    """The request went out and no answer came back."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DeliveryRejected(AlertingError):
    """The provider refused for good: a wrong key, a channel that is gone, a message it will never take."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownIncident(AlertingError):
    """No incident has this id."""


class UnknownMention(AlertingError):
    """The incident does not show this mention."""


class UnknownDirective(AlertingError):
    """No silence or notice has this id."""


class ReloadRefused(AlertingError):
    """There is no configuration to read anew."""


class RestartNeeded(AlertingError):
    """Keys of the configuration changed that a running process cannot change."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(f"only a restart changes {', '.join(keys)}")
        self.keys = keys


class OutOfScope(AlertingError):
    """It touches brands that the caller does not see, or may for other reasons only be asked by who sees them all."""


class DirectiveRefused(AlertingError):
    """A silence or notice says something that is not allowed; the message says what is."""


class SilenceTooWide(DirectiveRefused):
    """A silence hides too much for a slip of the hand; the message says how much."""


class TransitionRefused(AlertingError):
    """The act does not fit the incident's state; the message says which would."""


class Stale(AlertingError):
    """What the caller based its change on is no longer current."""

    @classmethod
    def unless(cls, name: str, revision: int, expected: int | None) -> None:
        """Nothing where the revision is the expected one, or any will do.

        Raises:
            Stale: It is another.
        """
        if expected is not None and revision != expected:
            raise cls(f"{name} is at revision {revision}, not {expected}")


class PositionLost(AlertingError):
    """The stored Kafka position is not where this process left it."""


class DatabaseRefused(AlertingError):
    """The database takes a value in no case: a NUL byte, a number beyond its range."""


class DatabaseUnavailable(AlertingError):
    """The database did not answer."""


class SignInRefused(AlertingError):
    """Whoever signs in is not let in; says why, for them."""


class ProviderUnavailable(AlertingError):
    """The identity provider does not answer, or not as one would."""
