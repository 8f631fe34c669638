"""Incidents as the list of the API shows them, made once for each state that an incident is seen in."""

import json
from collections import OrderedDict
from hashlib import blake2b
from typing import Final

import msgspec

from alerting.api.responses import IncidentAnswer
from alerting.incidents.model import Incident
from alerting.incidents.store import Page

MOST_BYTES: Final = 16_777_216

_encode: Final = msgspec.json.Encoder().encode


class IncidentJson:
    """Remembers what incidents were written as; whatever changes in one, it is written anew.

    Whoever asks for the list asks again within seconds, and most of it is as it was. To look an incident up by all that
    it holds takes a tenth of what writing it takes, and cannot show what was changed or erased since.

    Args:
        most_bytes: Of what is remembered, > 0; what was asked for the longest ago is forgotten first.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._left = most_bytes
        self._known: OrderedDict[bytes, bytes] = OrderedDict()

    def page(self, page: Page) -> bytes:
        """The document of an `IncidentPage`."""
        cursor = json.dumps(page.next_cursor).encode()
        incidents = b",".join(map(self._one, page.incidents))
        return b'{"incidents":[%b],"next_cursor":%b}' % (incidents, cursor)

    def _one(self, incident: Incident) -> bytes:
        seen = blake2b(_encode(incident), digest_size=16).digest()
        known = self._known.get(seen)
        if known is None:
            known = IncidentAnswer.model_validate(incident).model_dump_json().encode()
            self._known[seen] = known
            self._left -= len(known)
            while self._left < 0:
                self._left += len(self._known.popitem(last=False)[1])
        else:
            self._known.move_to_end(seen)
        return known
