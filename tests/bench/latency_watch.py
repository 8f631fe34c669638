"""When the vendors had the first page of each incident."""

from datetime import datetime

from tests.fakes.vendors import Vendors


class ReceiptWatch:
    """When each incident was first heard of at each vendor; they remember only their latest calls."""

    def __init__(self, vendors: Vendors) -> None:
        self._vendors = vendors
        self.received: dict[str, dict[str, float]] = {}

    def look(self) -> None:
        """Note what is new."""
        for call in self._vendors.slack.calls:
            if call.method == "chat.postMessage" and "thread_ts" not in call.arguments:
                self._note(str(call.arguments["metadata"]["event_payload"]["incident"]), "slack", call.at)
        for accepted in self._vendors.pager.events:
            if accepted.event["event_action"] == "trigger":
                self._note(str(accepted.event["dedup_key"]).removeprefix("tocsin-"), "pagerduty", accepted.at)

    def _note(self, incident: str, vendor: str, at: datetime) -> None:
        self.received.setdefault(incident, {}).setdefault(vendor, at.timestamp())
