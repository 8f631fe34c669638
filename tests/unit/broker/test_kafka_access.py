"""What clients of Kafka are told about certificates and passwords."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from streams.broker.kafka_access import access, access_again
from streams.errors import AccessRefused, InvalidConfig
from streams.kafka_security import KafkaSecurity
from streams.settings import KafkaSettings
from tests.kafka.certificates import Authority

SECRET = "correct horse; stäple"


def arguments(**security: Any) -> dict[str, Any]:
    return access(KafkaSettings(security=KafkaSecurity.model_validate(security)))


def refusal(**security: Any) -> str:
    with pytest.raises(InvalidConfig) as refused:
        arguments(**security)
    return "\n".join(refused.value.problems)


@pytest.fixture
def client(authority: Authority) -> tuple[Path, Path]:
    return authority.issue("client")


def test_an_open_kafka_needs_only_its_address() -> None:
    assert arguments() == {"bootstrap_servers": "localhost:9092", "security_protocol": "PLAINTEXT"}


def test_certificate_and_host_name_are_always_checked(authority: Authority) -> None:
    for security in ({}, {"ca_file": authority.certificate}):
        context = arguments(protocol="SSL", **security)["ssl_context"]

        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_an_authority_that_is_named_is_the_only_one(authority: Authority) -> None:
    (found,) = arguments(protocol="SSL", ca_file=authority.certificate)["ssl_context"].get_ca_certs()

    assert found["subject"] == ((("commonName", "unit tests"),),)


def test_a_password_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    file.chmod(0o600)

    told = arguments(protocol="SASL_PLAINTEXT", mechanism="SCRAM-SHA-256", username="tocsin", password_file=file)

    assert told["sasl_plain_password"] == SECRET
    assert (told["sasl_mechanism"], told["sasl_plain_username"]) == ("SCRAM-SHA-256", "tocsin")


def test_a_key_is_opened_with_its_password(authority: Authority, client: tuple[Path, Path], tmp_path: Path) -> None:
    certificate, key = client
    password = tmp_path / "key_password"
    password.write_text("open sesame", encoding="utf-8")
    locked = authority.locked(key, "open sesame")

    told = arguments(
        protocol="SSL", client_certificate_file=certificate, client_key_file=locked, client_key_password_file=password
    )

    assert isinstance(told["ssl_context"], ssl.SSLContext)


def test_a_locked_key_without_its_password_is_refused_and_asks_nobody(
    authority: Authority, client: tuple[Path, Path]
) -> None:
    certificate, key = client
    told = refusal(
        protocol="SSL", client_certificate_file=certificate, client_key_file=authority.locked(key, "open sesame")
    )

    assert "has an encrypted key that the password of client_key_password_file does not open" in told


def test_every_file_that_is_not_right_is_named_at_once(client: tuple[Path, Path], tmp_path: Path) -> None:
    junk = tmp_path / "junk.pem"
    junk.write_text("no certificate", encoding="utf-8")

    told = refusal(
        protocol="SASL_SSL",
        ca_file=junk,
        client_certificate_file=client[0],
        client_key_file=tmp_path / "gone.pem",
        mechanism="PLAIN",
        username="tocsin",
        password_file=tmp_path / "nowhere",
    )

    assert f"kafka.security.ca_file {junk}: holds no certificate in PEM form" in told
    assert f"kafka.security.client_key_file {tmp_path / 'gone.pem'}: cannot be read: No such file" in told
    assert f"kafka.security.password_file {tmp_path / 'nowhere'}: cannot be read: No such file" in told


@pytest.mark.parametrize(
    ("other", "expected"),
    [("kafka", "does not belong to the key"), ("junk", "holds no certificate and key in PEM form")],
)
def test_a_certificate_without_its_key_is_refused(
    authority: Authority, client: tuple[Path, Path], tmp_path: Path, other: str, expected: str
) -> None:
    keys = {"kafka": authority.issue("kafka")[1], "junk": tmp_path / "junk"}
    keys["junk"].write_text("no key", encoding="utf-8")

    told = refusal(protocol="SSL", client_certificate_file=client[0], client_key_file=keys[other])

    assert f"client_certificate_file {client[0]}: {expected}" in told


def test_a_file_that_is_gone_while_we_run_is_worth_another_try(tmp_path: Path) -> None:
    settings = KafkaSettings(security=KafkaSecurity.model_validate({"protocol": "SSL", "ca_file": tmp_path / "gone"}))

    with pytest.raises(AccessRefused, match="gone: cannot be read"):
        access_again(settings)
