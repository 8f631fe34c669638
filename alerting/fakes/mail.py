"""A mail server on loopback: takes mail as a submission server does, and keeps threads as a mailbox shows them."""

import asyncio
import base64
import email
import email.policy
from collections import deque
from contextlib import suppress
from email.message import EmailMessage
from ssl import SSLContext
from types import TracebackType
from typing import Any, Final, Self

from alerting.fakes.inbox import Inbox, InboxEntry, InboxReply
from alerting.fakes.script import Act, Script, Trouble
from streams.clock import Clock

CALL: Final = "mail"
_MAX_REMEMBERED: Final = 1000
_LONGEST_MAIL: Final = 1_000_000


class FakeMail:
    """SMTP on a free port of 127.0.0.1 while the block is open; what has a Message-ID that is there already is dropped.

    Args:
        username: Who may log in; there is no sending without.
        tls: With it nobody may log in before the connection is encrypted.
        implicit: It is so from the beginning, and not only after STARTTLS.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        username: str,
        password: str,
        inbox: Inbox | None = None,
        tls: SSLContext | None = None,
        implicit: bool = False,
    ) -> None:
        self.script = Script()
        self.inbox = inbox if inbox is not None else Inbox()
        self.port = 0
        self._clock = clock
        self._tls = tls
        self._implicit = implicit
        self._login = base64.b64encode(f"\0{username}\0{password}".encode()).decode()
        self._mails: deque[EmailMessage] = deque(maxlen=_MAX_REMEMBERED)
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[Any]] = set()

    @property
    def mails(self) -> tuple[EmailMessage, ...]:
        """The latest mails, repetitions left out, oldest first."""
        return tuple(self._mails)

    async def __aenter__(self) -> Self:
        tls = self._tls if self._implicit else None
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_LONGEST_MAIL, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for talk in self._talks:
            talk.cancel()
        if self._talks:
            await asyncio.wait(self._talks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (talk := asyncio.current_task()) is not None:
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)
        with suppress(OSError, asyncio.IncompleteReadError):
            try:
                await self._talk(reader, writer)
                writer.close()
                await writer.wait_closed()  # an encrypted connection is closed once both sides have said so
            finally:
                writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())

        say("220 mail.fake ESMTP")
        known, encrypted = False, self._implicit or self._tls is None
        while line := (await reader.readline()).decode("ascii", "replace").strip():
            verb = line.partition(" ")[0].upper()
            if verb == "EHLO":
                say(f"250-mail.fake\r\n250-8BITMIME\r\n250 {'AUTH PLAIN' if encrypted else 'STARTTLS'}")
            elif verb == "STARTTLS" and self._tls is not None and not encrypted:
                say("220 2.0.0 go ahead")
                await _encrypt(writer, self._tls)
                encrypted = True
            elif verb == "AUTH":
                known = encrypted and line == f"AUTH PLAIN {self._login}"
                say("235 2.7.0 welcome" if known else "535 5.7.8 who are you?")
            elif verb in {"MAIL", "RCPT"}:
                say("250 2.1.0 fine" if known else "530 5.7.0 log in first")
            elif verb == "DATA":
                say("354 go on")
                content = await reader.readuntil(b"\r\n.\r\n")
                if not await self._take(content[:-5].replace(b"\r\n..", b"\r\n."), writer):
                    return
            elif verb == "QUIT":
                say("221 2.0.0 bye")
                return
            else:
                say("250 2.0.0 fine")

    async def _take(self, content: bytes, writer: asyncio.StreamWriter) -> bool:
        """Whether the conversation goes on."""
        act = self.script.take(CALL)
        if act is not None and act.trouble is Trouble.ANSWER:
            writer.write(f"{_refusal(act)}\r\n".encode())
            return True
        if act is None or act.accepted:
            self._keep(content)
        if act is not None and act.trouble is Trouble.DROP:
            writer.transport.abort()
            return False
        if act is not None:
            await self._clock.sleep(act.seconds)
        writer.write(b"250 2.0.0 taken\r\n")
        return True

    def _keep(self, content: bytes) -> None:
        mail = email.message_from_bytes(content, policy=email.policy.default)
        if any(known["Message-ID"] == mail["Message-ID"] for known in self._mails):
            return
        self._mails.append(mail)
        now = self._clock.now()
        root = str(mail["References"] or mail["Message-ID"])
        text = str(mail.get_content())
        known = self.inbox.get(f"mail:{root}")
        self.inbox.put(
            InboxEntry(
                id=f"mail:{root}",
                vendor="email",
                to=str(mail["To"]),
                state="answered" if known else "arrived",
                at=known.at if known else now,
                updated_at=now,
                title=known.title if known else str(mail["Subject"]),
                lines=known.lines if known else tuple(text.splitlines()),
                replies=(*known.replies, InboxReply(now, text)) if known else (),
            )
        )


async def _encrypt(writer: asyncio.StreamWriter, tls: SSLContext) -> None:
    """Raises ConnectionError where the client broke off in the handshake."""
    plain = writer.transport
    await writer.start_tls(tls)
    if writer.transport is None:
        writer._transport = plain  # noqa: SLF001  # the writer is unusable without, even for `del`
        raise ConnectionResetError("the client does not trust us")


def _refusal(act: Act) -> str:
    """A trouble of the script, as a mail server says it."""
    if act.status == 429:
        return f"451 4.7.1 slow down, try again in {act.retry_after} seconds"
    return f"451 4.3.0 {act.error}" if act.status >= 500 else f"554 5.7.1 {act.error}"
