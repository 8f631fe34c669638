"""How we prove to Kafka who we are, and how Kafka proves it to us."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, model_validator

from streams.section import Section


class SecurityProtocol(StrEnum):
    """What a listener of Kafka speaks, in Kafka's own words; SSL is TLS.

    Source:
        https://kafka.apache.org/documentation/#listener_configuration
    """

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"

    @property
    def encrypted(self) -> bool:
        """Whether the connection is TLS."""
        return self in {SecurityProtocol.SSL, SecurityProtocol.SASL_SSL}

    @property
    def authenticated(self) -> bool:
        """Whether we log in with a name and a password."""
        return self in {SecurityProtocol.SASL_PLAINTEXT, SecurityProtocol.SASL_SSL}


class SaslMechanism(StrEnum):
    """How a password is proven; with SCRAM it never travels.

    Source:
        https://kafka.apache.org/documentation/#security_sasl_mechanism
    """

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


class KafkaSecurity(Section):
    """Encryption and identity of every connection to Kafka.

    Attributes:
        protocol: What the listener speaks, as Kafka calls it. `SSL` is TLS; its certificate and host name are always
            checked.
        ca_file: PEM file of the authorities that may have signed Kafka's certificate; without it those of the system.
        client_certificate_file: PEM file with our own certificate and what it hangs on, where Kafka asks for one.
        client_key_file: PEM file of its key; without it the key stands in the certificate's file.
        client_key_password_file: A file that holds the password of that key.
        mechanism: How the password is proven. `PLAIN` sends it, `SCRAM-SHA-256` and `SCRAM-SHA-512` do not.
        username: Who we are to Kafka.
        password: The password.
        password_file: A file that holds it.
    """

    protocol: SecurityProtocol = SecurityProtocol.PLAINTEXT
    ca_file: Path | None = None
    client_certificate_file: Path | None = None
    client_key_file: Path | None = None
    client_key_password_file: Path | None = None
    mechanism: SaslMechanism | None = None
    username: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    password: SecretStr | None = None
    password_file: Path | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> "KafkaSecurity":
        problems = [*self._tls_problems(), *self._sasl_problems()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _tls_problems(self) -> Iterator[str]:
        names = ("ca_file", "client_certificate_file", "client_key_file", "client_key_password_file")
        given = [name for name in names if getattr(self, name) is not None]
        if given and not self.protocol.encrypted:
            yield f"{', '.join(given)} only work with protocol SSL or SASL_SSL, not {self.protocol}"
        if self.client_certificate_file is None:
            for name in set(given) & {"client_key_file", "client_key_password_file"}:
                yield f"{name} needs client_certificate_file"

    def _sasl_problems(self) -> Iterator[str]:
        names = ("mechanism", "username", "password", "password_file")
        given = [name for name in names if getattr(self, name) is not None]
        if not self.protocol.authenticated:
            if given:
                yield f"{', '.join(given)} only work with protocol SASL_SSL or SASL_PLAINTEXT, not {self.protocol}"
            return
        missing = [name for name in ("mechanism", "username") if name not in given]
        if missing:
            yield f"protocol {self.protocol} needs {' and '.join(missing)}"
        if (self.password is None) == (self.password_file is None):
            yield f"protocol {self.protocol} needs exactly one of password and password_file"
