"""Where Kafka is and how we get in, as every client of aiokafka wants to be told."""

import ssl
from pathlib import Path
from typing import Any

from streams.errors import AccessRefused, InvalidConfig
from streams.kafka_security import KafkaSecurity
from streams.secret import read_secret
from streams.settings import KafkaSettings

_SECTION = "kafka.security"


def access(settings: KafkaSettings) -> dict[str, Any]:
    """The arguments that say where Kafka is, with which encryption, and who we are.

    Files are read anew by every call, so a renewed certificate or password is taken up by the next connection.

    Raises:
        InvalidConfig: A file cannot be read or does not hold what it should; names every one, never its content.
    """
    security = settings.security
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "security_protocol": security.protocol.value,
    }
    problems: list[str] = []
    if security.protocol.encrypted:
        try:
            arguments["ssl_context"] = _tls(security)
        except InvalidConfig as exc:
            problems.extend(exc.problems)
    if security.mechanism is not None:
        try:
            password = read_secret(
                security.password, security.password_file, name=f"{_SECTION}.password", one_word=False
            )
        except InvalidConfig as exc:
            problems.extend(exc.problems)
        else:
            arguments |= {
                "sasl_mechanism": security.mechanism.value,
                "sasl_plain_username": security.username,
                "sasl_plain_password": password,
            }
    if problems:
        raise InvalidConfig(tuple(problems))
    return arguments


def access_again(settings: KafkaSettings) -> dict[str, Any]:
    """Like `access`, for what is opened while we run: a file that is just being replaced is worth another try.

    Raises:
        AccessRefused: Where `access` raises InvalidConfig.
    """
    try:
        return access(settings)
    except InvalidConfig as exc:
        raise AccessRefused(str(exc)) from exc


def _tls(security: KafkaSecurity) -> ssl.SSLContext:
    """A context that checks certificate and host name, with a certificate of our own if we have one."""
    problems: list[str] = []
    context = ssl.create_default_context() if security.ca_file is None else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if security.ca_file is not None:
        try:
            context.load_verify_locations(cafile=security.ca_file)
        except OSError as exc:  # SSLError is one
            problems.append(_problem("ca_file", security.ca_file, exc, "holds no certificate in PEM form"))
    if security.client_certificate_file is not None:
        try:
            _load_certificate(context, security, security.client_certificate_file)
        except InvalidConfig as exc:
            problems.extend(exc.problems)
    if problems:
        raise InvalidConfig(tuple(problems))
    return context


def _load_certificate(context: ssl.SSLContext, security: KafkaSecurity, certificate: Path) -> None:
    password = ""
    if security.client_key_password_file is not None:
        name = f"{_SECTION}.client_key_password"
        password = read_secret(None, security.client_key_password_file, name=name, one_word=False)
    key = security.client_key_file
    for name, file in (("client_certificate_file", certificate), ("client_key_file", key)):
        if file is None:
            continue
        try:
            file.open("rb").close()
        except OSError as exc:
            raise InvalidConfig((_problem(name, file, exc, ""),)) from exc
    asked = False

    def opened() -> str:  # without it OpenSSL would ask on the terminal
        nonlocal asked
        asked = True
        return password

    try:
        context.load_cert_chain(certificate, key, password=opened)
    except ssl.SSLError as exc:
        if exc.reason == "KEY_VALUES_MISMATCH":
            wrong = "does not belong to the key"
        elif asked:
            wrong = "has an encrypted key that the password of client_key_password_file does not open"
        else:
            wrong = "holds no certificate and key in PEM form"
        raise InvalidConfig((_problem("client_certificate_file", certificate, exc, wrong),)) from None


def _problem(name: str, file: Path, error: OSError, wrong: str) -> str:
    told = wrong if isinstance(error, ssl.SSLError) else f"cannot be read: {error.strerror}"
    return f"{_SECTION}.{name} {file}: {told}"
