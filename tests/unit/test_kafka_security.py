"""Encryption and identity towards Kafka, as they stand in the file."""

from pathlib import Path

import pytest

from alerting.settings_file import load_settings
from streams.errors import InvalidConfig
from streams.kafka_security import KafkaSecurity, SaslMechanism, SecurityProtocol

SECRET = "correct horse; staple"


def problems_of(security: str, folder: Path) -> str:
    path = folder / "tocsin.yaml"
    path.write_text(f"kafka:\n  security: {{{security}}}\n", encoding="utf-8")
    with pytest.raises(InvalidConfig) as refused:
        load_settings(path, {})
    return "\n".join(refused.value.problems)


def test_kafka_is_open_unless_the_file_says_otherwise() -> None:
    security = load_settings(None, {}).kafka.security

    assert security.protocol is SecurityProtocol.PLAINTEXT
    assert security == KafkaSecurity()


def test_a_login_over_tls_is_five_lines(tmp_path: Path) -> None:
    path = tmp_path / "tocsin.yaml"
    path.write_text(
        "kafka:\n"
        "  security:\n"
        "    protocol: SASL_SSL\n"
        "    ca_file: /etc/kafka/ca.pem\n"
        "    mechanism: SCRAM-SHA-512\n"
        "    username: tocsin\n"
        "    password_file: /run/secrets/kafka_password\n",
        encoding="utf-8",
    )

    security = load_settings(path, {}).kafka.security

    assert security.protocol is SecurityProtocol.SASL_SSL
    assert security.mechanism is SaslMechanism.SCRAM_SHA_512
    assert security.password_file == Path("/run/secrets/kafka_password")


def test_the_environment_names_a_user_for_each_role() -> None:
    settings = load_settings(
        None,
        {
            "TOCSIN__KAFKA__SECURITY__PROTOCOL": "SASL_SSL",
            "TOCSIN__KAFKA__SECURITY__MECHANISM": "PLAIN",
            "TOCSIN__KAFKA__SECURITY__USERNAME": "tocsin-score",
            "TOCSIN__KAFKA__SECURITY__PASSWORD": SECRET,
        },
    )

    assert settings.kafka.security.username == "tocsin-score"
    assert SECRET not in repr(settings)
    assert SECRET not in settings.model_dump_json()


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        ("protocol: TLS", "kafka.security.protocol: 'TLS' is not allowed"),
        ("protocol: TLS", "PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"),
        ("protocol: SASL_SSL", "protocol SASL_SSL needs mechanism and username"),
        ("protocol: SASL_SSL", "needs exactly one of password and password_file"),
        (
            "protocol: SASL_SSL, mechanism: PLAIN, username: u, password: p, password_file: f",
            "needs exactly one of password and password_file",
        ),
        ("protocol: SASL_SSL, mechanism: GSSAPI", "mechanism: 'GSSAPI' is not allowed"),
        ("ca_file: ca.pem, username: u", "ca_file only work with protocol SSL or SASL_SSL, not PLAINTEXT"),
        ("ca_file: ca.pem, username: u", "username only work with protocol SASL_SSL or SASL_PLAINTEXT"),
        ("protocol: SSL, client_key_file: k.pem", "client_key_file needs client_certificate_file"),
        ("protocol: SSL, client_key_password_file: k", "client_key_password_file needs client_certificate_file"),
        ("protocol: SSL, cafile: ca.pem", "did you mean ca_file?"),
        (
            'protocol: SASL_SSL, mechanism: PLAIN, username: u, password: "two\\nlines"',
            "kafka.security.password: has line breaks",
        ),
        ('protocol: SASL_SSL, mechanism: PLAIN, username: u, password: ""', "kafka.security.password: is empty"),
    ],
)
def test_every_mistake_is_named(security: str, expected: str, tmp_path: Path) -> None:
    assert expected in problems_of(security, tmp_path)


def test_a_password_stands_in_no_message(tmp_path: Path) -> None:
    told = problems_of(f'protocol: SASL_SSL, mechanism: PLAIN, username: u, password: ["{SECRET}"]', tmp_path)

    assert "kafka.security.password" in told
    assert SECRET not in told
