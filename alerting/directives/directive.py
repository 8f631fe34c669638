"""Everything that people told Tocsin to hold to, and the trail of it."""

from datetime import datetime

import msgspec

from alerting.directives.api_key import ApiKey
from alerting.directives.judgement import Judgement
from alerting.directives.notice import Notice
from alerting.directives.silence import Silence

Directive = Silence | Notice | ApiKey | Judgement


class DirectiveEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was done with a directive; stands in the audit trail.

    Attributes:
        act: `silence.created`, `notice.ended`, ...
        actor: Who did it: a person, or `tocsin`.
        position: Its place in the audit trail, set by the store.
    """

    directive: str
    at: datetime
    act: str
    actor: str
    text: str
    position: int = 0


def kind_of(directive: Directive) -> str:
    """`silence`, `notice`, ...: the word under which the store keeps it."""
    return str(directive.__struct_config__.tag)
