"""Pictures in Slack: asked for a place, sent there, and put into the thread of a message."""

from typing import Final
from urllib.parse import urlsplit

import msgspec

from alerting.errors import DeliveryRejected
from alerting.notifiers.http import MAX_ANSWER_BYTES, Body, Outbound

_SLACKS: Final = (".slack.com", ".slack-gov.com", ".slack-edge.com")
_NAME: Final = "chart.png"


class _Answer(msgspec.Struct):
    ok: bool = False
    error: str = ""
    upload_url: str = ""
    file_id: str = ""


class _Headers(dict[str, str]):
    """Headers that stay out of tracebacks which show local variables: one of them is a key."""

    def __repr__(self) -> str:
        return "<headers>"


class SlackFiles:
    """Slack's external upload flow, with a bot token that may write files (`files:write`).

    Source:
        https://docs.slack.dev/messaging/working-with-files

    Args:
        api_url: Where Slack is; ends with a slash. Pictures go to Slack's own hosts, or to this very one.
    """

    def __init__(self, outbound: Outbound, *, api_url: str, token: str) -> None:
        self._outbound = outbound
        self._api_url = api_url
        parts = urlsplit(api_url)
        self._origin = (parts.scheme, parts.netloc)
        self._headers = _Headers({"Authorization": f"Bearer {token}"})

    def __repr__(self) -> str:
        return "SlackFiles()"

    async def show(self, png: bytes, *, channel: str, thread: str, title: str, timeout_seconds: float) -> None:
        """Add the picture to the thread.

        Raises:
            DeliveryRetryable, DeliveryInDoubt, DeliveryRejected: See `Outbound.attempt`.
        """
        async with self._outbound.attempt(timeout_seconds):
            place = await self._call("files.getUploadURLExternal", {"filename": _NAME, "length": str(len(png))})
            if not self._is_slacks(place.upload_url):
                raise DeliveryRejected("Slack names a place for the picture that is not Slack's")
            async with self._outbound.session.post(
                place.upload_url, data=Body(png), headers={"Content-Type": "image/png"}, allow_redirects=False
            ) as sent:
                if sent.status != 200:
                    raise DeliveryRejected(f"Slack answered {sent.status} to the picture")
            files = msgspec.json.encode([{"id": place.file_id, "title": title}]).decode()
            where = {"files": files, "channel_id": channel, "thread_ts": thread}
            await self._call("files.completeUploadExternal", where)

    async def _call(self, method: str, fields: dict[str, str]) -> _Answer:
        async with self._outbound.session.post(
            f"{self._api_url}{method}", data=fields, headers=self._headers, allow_redirects=False
        ) as response:
            body = await response.content.read(MAX_ANSWER_BYTES)
        try:
            answer = msgspec.json.decode(body, type=_Answer)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise DeliveryRejected(f"Slack answered {response.status}, which is not Slack's") from None
        if not answer.ok:
            error = answer.error[:60] if answer.error.isidentifier() else f"status {response.status}"
            raise DeliveryRejected(f"Slack refused the picture: {error}")
        return answer

    def _is_slacks(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            return False
        return (parts.scheme, parts.netloc) == self._origin or (parts.scheme == "https" and host.endswith(_SLACKS))
