"""Slack's external upload flow: a place is asked for, the bytes are sent there, and the file is put into a thread."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

UPLOAD_PATH: Final = "/upload/{file}"
ASK: Final = "files.getUploadURLExternal"
COMPLETE: Final = "files.completeUploadExternal"


class SlackFilesApi:
    """Keeps what was uploaded.

    Attributes:
        uploaded: The bytes by file id.
        shared: Channel, thread and title of every file that was put into a conversation, oldest first.
    """

    def __init__(self) -> None:
        self.uploaded: dict[str, bytes] = {}
        self.shared: list[tuple[str, str, str]] = []
        self._asked: dict[str, int] = {}

    async def take(self, request: web.Request) -> web.Response:
        """The bytes."""
        name = request.match_info["file"]
        body = await request.read()
        if self._asked.get(name) != len(body):
            return web.Response(status=400, text="not as long as announced")
        self.uploaded[name] = body
        return web.Response(text="OK")

    def called(
        self, method: str, arguments: Mapping[str, Any], url: str, stands: Callable[[str, str], bool]
    ) -> web.Response:
        """One of the two calls around it."""
        if method == ASK:
            if not arguments.get("filename") or not str(arguments.get("length", "")).isdigit():
                return _refuse("invalid_arguments")
            name = f"F{len(self._asked):06d}"
            self._asked[name] = int(arguments["length"])
            return web.json_response({"ok": True, "file_id": name, "upload_url": f"{url}/upload/{name}"})
        [file] = json.loads(arguments["files"])
        channel, thread = str(arguments.get("channel_id")), str(arguments.get("thread_ts"))
        if file["id"] not in self.uploaded:
            return _refuse("file_not_found")
        if not stands(channel, thread):
            return _refuse("thread_not_found")
        self.shared.append((channel, thread, file["title"]))
        return web.json_response({"ok": True, "files": [{"id": file["id"]}]})


def _refuse(error: str) -> web.Response:
    return web.json_response({"ok": False, "error": error})
