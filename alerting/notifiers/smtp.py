"""One attempt to hand a message to a mail server, and what became of it."""

import asyncio
import re
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal

from alerting.errors import DeliveryInDoubt, DeliveryRejected, DeliveryRetryable
from alerting.notifiers.egress import AddressRefused, Egress
from alerting.notifiers.guarded import GuardedResolver
from alerting.notifiers.hops import passed

if TYPE_CHECKING:
    from aiosmtplib import SMTP

MAX_WAIT_SECONDS: Final = 3600.0
_GOODBYE_SECONDS: Final = 1.0
_ENHANCED: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_AGAIN_IN: Final = re.compile(r"(?:again|retry)\D{1,20}(\d{1,5})\s{0,2}s", re.IGNORECASE)

Security = Literal["starttls", "implicit", "none"]


class MailServer:
    """A mail server that takes our messages (submission). Repeats nothing that the server says: it may echo secrets.

    Args:
        security: `starttls` demands that the connection becomes encrypted before anything else is said.
        password: A secret; None where the server wants no login.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        security: Security,
        username: str | None,
        password: str | None,
        egress: Egress,
    ) -> None:
        self._host = host
        self._port = port
        self._security: Security = security
        self._username = username
        self._password = password
        self._egress = egress

    def __repr__(self) -> str:
        return f"MailServer({self._host!r})"

    async def take(self, sender: str, recipients: Sequence[str], content: bytes, *, timeout_seconds: float) -> None:
        """Hand it over, within `timeout_seconds`.

        Raises:
            DeliveryRetryable: The server did not take it now; nothing was handed over.
            DeliveryInDoubt: It was handed over, and no answer came.
            DeliveryRejected: The server will never take it, or its address is refused.
        """
        # Here, because a mail client is needed only where mail is sent.
        from aiosmtplib import SMTPException, SMTPResponseException  # noqa: PLC0415

        handing_over = False
        try:
            async with asyncio.timeout(timeout_seconds):
                client = await self._connected(timeout_seconds)
                passed("connected and logged in")
                try:
                    await client.mail(sender)
                    for recipient in recipients:
                        await client.rcpt(recipient)
                    handing_over = True
                    await client.data(content)
                    passed("taken")
                except BaseException:
                    _hang_up(client)
                    raise
            await _say_goodbye(client)
        except TimeoutError:
            raise self._broken(f"did not answer within {timeout_seconds:g} s", handing_over=handing_over) from None
        except AddressRefused as refused:
            raise DeliveryRejected(f"cannot connect to the mail server: {refused}") from None
        except SMTPResponseException as answer:
            raise _answered(answer.code, answer.message) from None
        except (SMTPException, OSError, ValueError) as exc:
            raise self._broken(f"broke off ({type(exc).__name__})", handing_over=handing_over) from None

    @staticmethod
    def _broken(how: str, *, handing_over: bool) -> DeliveryInDoubt | DeliveryRetryable:
        if handing_over:
            return DeliveryInDoubt(f"the mail server took the message and {how}")
        return DeliveryRetryable(f"cannot connect to the mail server, which {how}")

    async def _connected(self, timeout_seconds: float) -> "SMTP":
        from aiosmtplib import SMTP  # noqa: PLC0415  # see above

        client = SMTP(
            hostname=self._host,  # what its certificate has to be for
            sock=await self._socket(),
            use_tls=self._security == "implicit",
            start_tls=self._security == "starttls",
            local_hostname="tocsin.invalid",
            timeout=timeout_seconds,
        )
        try:
            await client.connect()
            if self._username is not None and self._password is not None:
                await client.login(self._username, self._password)
        except BaseException:
            _hang_up(client)
            raise
        return client

    async def _socket(self) -> socket.socket:
        """A connection to an address that was checked; names are looked up once."""
        resolver = GuardedResolver(self._egress)
        try:
            places = await resolver.resolve(self._host, self._port, socket.AF_UNSPEC)
            passed("looked up")
        finally:
            await resolver.close()
        failure: OSError = OSError("no address")
        for place in places:
            self._egress.check(place["host"])
            family = socket.AF_INET6 if ":" in place["host"] else socket.AF_INET
            opened = socket.socket(family, socket.SOCK_STREAM)
            opened.setblocking(False)  # noqa: FBT003  # the socket module has it so
            try:
                await asyncio.get_running_loop().sock_connect(opened, (place["host"], self._port))
            except OSError as exc:
                opened.close()
                failure = exc
            except BaseException:
                opened.close()
                raise
            else:
                return opened
        raise failure


async def _say_goodbye(client: "SMTP") -> None:
    """As RFC 5321 (4.1.1.10) asks; the mail is with the server by now, whatever becomes of this."""
    from aiosmtplib import SMTPException  # noqa: PLC0415  # see above

    try:
        with suppress(TimeoutError, SMTPException, OSError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await client.execute_command(b"QUIT")
    finally:
        _hang_up(client)


def _hang_up(client: "SMTP") -> None:
    """At once: nothing that stands in a buffer may arrive once we have told that it did not."""
    transport = client.transport
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


def _answered(code: int, text: str) -> DeliveryRetryable | DeliveryRejected:
    """What a refusal means: 4xx pass, 5xx stay."""
    enhanced = _ENHANCED.search(text)
    told = f"the mail server answered {code}{f' {enhanced[0]}' if enhanced else ''}"
    if not 400 <= code < 500:
        return DeliveryRejected(told)
    asked = _AGAIN_IN.search(text)
    return DeliveryRetryable(told, min(float(asked[1]), MAX_WAIT_SECONDS) if asked else None)
