"""Mail is handed over encrypted, to the server that was meant, or not at all."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from alerting.errors import DeliveryRetryable
from alerting.fakes.mail import FakeMail
from alerting.notifiers.email import EmailNotifier
from alerting.notifiers.smtp import MailServer, Security
from tests.fakes.clock import FakeClock
from tests.fakes.egress import LOOPBACK
from tests.fakes.messages import message
from tests.kafka.certificates import Authority

pytestmark = pytest.mark.integration

PASSWORD = "password-of-the-test"


@asynccontextmanager
async def mail_server(folder: Path, security: Security, *, host_names: str = "IP:127.0.0.1") -> AsyncIterator[FakeMail]:
    """With a certificate for these names, signed by the authority whose certificate lies in `folder`."""
    certificate, key = Authority(folder, "test authority").issue("mail", host_names=host_names)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    async with FakeMail(
        FakeClock(), username="tocsin", password=PASSWORD, tls=tls, implicit=security == "implicit"
    ) as server:
        yield server


def notifier(port: int, security: Security) -> EmailNotifier:
    server = MailServer(
        host="127.0.0.1", port=port, security=security, username="tocsin", password=PASSWORD, egress=LOOPBACK
    )
    return EmailNotifier(server, sender="tocsin@acme.test", recipients=["comms@acme.test"])


def trust(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an operator trusts an authority of their own."""
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))


@pytest.mark.parametrize("security", ["starttls", "implicit"])
async def test_a_page_arrives_over_a_connection_to_the_server_that_was_meant(
    security: Security, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(tmp_path, monkeypatch)
    async with mail_server(tmp_path, security) as server:
        await notifier(server.port, security).send(message(), reference=None, timeout_seconds=10)

        assert len(server.mails) == 1


@pytest.mark.parametrize("security", ["starttls", "implicit"])
async def test_a_server_whose_certificate_nobody_vouches_for_gets_neither_password_nor_page(
    security: Security, tmp_path: Path
) -> None:
    async with mail_server(tmp_path, security) as server:
        with pytest.raises(DeliveryRetryable):
            await notifier(server.port, security).send(message(), reference=None, timeout_seconds=10)

        assert server.mails == ()


@pytest.mark.parametrize("security", ["starttls", "implicit"])
async def test_a_server_with_the_certificate_of_another_one_gets_nothing(
    security: Security, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(tmp_path, monkeypatch)
    async with mail_server(tmp_path, security, host_names="DNS:mail.elsewhere.test") as server:
        with pytest.raises(DeliveryRetryable):
            await notifier(server.port, security).send(message(), reference=None, timeout_seconds=10)

        assert server.mails == ()


async def test_a_server_that_offers_no_encryption_gets_nothing_where_it_is_demanded() -> None:
    async with FakeMail(FakeClock(), username="tocsin", password=PASSWORD) as server:
        with pytest.raises(DeliveryRetryable):
            await notifier(server.port, "starttls").send(message(), reference=None, timeout_seconds=10)

        assert server.mails == ()
