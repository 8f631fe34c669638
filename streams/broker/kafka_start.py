"""The start of a client, and why it was not let in: the client itself only says that it could not connect."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    AuthenticationMethodNotSupported,
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from streams.broker.kafka_access import access
from streams.broker.kafka_calls import answering, milliseconds, within
from streams.errors import AccessRefused, BrokerUnavailable, InvalidConfig
from streams.kafka_security import KafkaSecurity, SecurityProtocol
from streams.settings import KafkaSettings

log = structlog.get_logger()

_ASK_SECONDS: Final = 5.0
_CLOSE_SECONDS: Final = 1.0
_SASL_ERRORS: Final = (AuthenticationFailedError, AuthenticationMethodNotSupported, SaslAuthenticationFailed)
# What TLS peers say about our certificate, as OpenSSL calls it.
# Source: https://www.rfc-editor.org/rfc/rfc8446#section-6.2
_OUR_CERTIFICATE: Final = (
    "CERTIFICATE_REQUIRED",
    "BAD_CERTIFICATE",
    "CERTIFICATE_UNKNOWN",
    "CERTIFICATE_EXPIRED",
    "CERTIFICATE_REVOKED",
    "UNSUPPORTED_CERTIFICATE",
    "UNKNOWN_CA",
)


async def start_client(settings: KafkaSettings, act: str, start: Callable[[], Awaitable[object]]) -> None:
    """Start a client; `act` completes "Kafka did not ...".

    Raises:
        AccessRefused: Kafka answers, but it does not let us in or we do not trust it.
        BrokerUnavailable: It does not answer, or with something else.
    """
    try:
        async with answering(settings, act):
            try:
                await start()
            except (ValueError, KeyError) as exc:  # a login that goes otherwise than SCRAM says
                raise KafkaConnectionError(str(exc)) from exc
    except BrokerUnavailable as exc:
        if not isinstance(exc.__cause__, KafkaConnectionError | TimeoutError):
            raise
        reason, refused = await _reason(settings)
        if reason is None:
            raise
        told = f"Kafka at {settings.bootstrap_servers}"
        if refused:
            raise AccessRefused(f"{told} does not let us in: {reason}") from exc
        raise BrokerUnavailable(f"{told} did not {act}: {reason}") from exc


async def _reason(settings: KafkaSettings) -> tuple[str | None, bool]:
    """What stands in the way and whether it is a refusal; no reason where somebody lets us in or nobody answers."""
    try:
        arguments = access(settings)
    except InvalidConfig as exc:
        return str(exc), True
    reason: str | None = None
    hosts = collect_hosts(arguments.pop("bootstrap_servers"))
    for host, port, _ in hosts:
        try:
            async with asyncio.timeout(_ASK_SECONDS / len(hosts)):
                await _ask(host, port, arguments)
        except (OSError, KafkaError, ValueError, KeyError) as exc:
            told = why(exc, settings.security)
            if told is not None:
                return told, True
            reason = reason or _hint(exc, settings.security)
        else:
            return None, False
    return reason, False


async def _ask(host: str, port: int, arguments: dict[str, Any]) -> None:
    connection: Any = await create_conn(host, port, request_timeout_ms=milliseconds(_ASK_SECONDS), **arguments)
    try:
        await connection.send(MetadataRequest([]))
    finally:
        await within(_CLOSE_SECONDS, connection.close())


def why(error: BaseException, security: KafkaSecurity) -> str | None:
    """The refusal that this error is, in words of the configuration; None where it is none."""
    told = _tls_words(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message.rstrip('.')}); see kafka.security.ca_file"
    found = next((name for name in _OUR_CERTIFICATE if name in told), None)
    if found is not None and security.client_certificate_file is None:
        return "it wants a certificate of ours; see kafka.security.client_certificate_file"
    if found is not None:
        words = found.lower().replace("_", " ")
        return f"it refuses our certificate ({words}); see kafka.security.client_certificate_file"
    if isinstance(error, UnsupportedSaslMechanismError | IllegalSaslStateError):
        return f"it does not take the mechanism {security.mechanism}; see kafka.security.mechanism"
    if isinstance(error, _SASL_ERRORS):
        return (
            f"it does not accept user {security.username!r} with this password over {security.mechanism}; "
            "see kafka.security.username and password_file"
        )
    if isinstance(error, ValueError) and security.mechanism is not None:
        return f"it could not prove that it knows the password of {security.username!r}; is it the right Kafka?"
    return None


def _hint(error: BaseException, security: KafkaSecurity) -> str | None:
    """What went wrong as far as one can tell; a connection that ends at once may also mean that Kafka is stopping."""
    if not isinstance(error, KafkaConnectionError | ConnectionResetError | ssl.SSLError):
        return str(error) or None
    speaks = "TLS" if security.protocol.encrypted else "no TLS"
    login = "log in" if security.protocol.authenticated else "do not log in"
    others = ", ".join(protocol for protocol in SecurityProtocol if protocol is not security.protocol)
    return (
        f"the connection ended at once; we speak {speaks} and {login} (kafka.security.protocol {security.protocol}), "
        f"this listener may want {others}"
    )


def _tls_words(error: BaseException) -> str:
    """Everything that OpenSSL said on the way to this error."""
    words: list[str] = []
    here: BaseException | None = error
    while here is not None:
        if isinstance(here, ssl.SSLError):
            words.append(f"{here.reason or ''} {here}")
        here = here.__cause__ or here.__context__
    return " ".join(words).upper()
