"""Apache Kafka with listeners that want TLS, a certificate or a password."""

import socket
from pathlib import Path
from typing import Final

from streams.kafka_security import KafkaSecurity, SaslMechanism, SecurityProtocol
from streams.settings import KafkaSettings
from tests.kafka.apache import HOST, ApacheKafka
from tests.kafka.certificates import Authority
from tests.kafka.selection import quick_settings

USER: Final = "tocsin"
PASSWORD: Final = "correct horse; staple"  # a passphrase, as people choose them
_SCRAM: Final = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
_PLAIN: Final = f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'


class SecuredKafka(ApacheKafka):
    """A node that beside its open listener has one for each protocol that is not open.

    `SASL_SSL` takes PLAIN and both kinds of SCRAM, `SASL_PLAINTEXT` SCRAM-SHA-512 only, `SSL` wants a certificate of
    `authority`. Its own certificate, of the same authority, is for localhost and 127.0.0.1.

    Raises:
        OpensslMissing: There is no openssl command.
    """

    def __init__(self) -> None:
        super().__init__()
        self.authority = Authority(self.folder / "certificates", "Tocsin tests")
        certificate, key = self.authority.issue("kafka")
        self._keystore = self.folder / "certificates" / "kafka.keystore.pem"
        self._keystore.write_bytes(key.read_bytes() + certificate.read_bytes())
        self._secured_ports = dict(
            zip(
                (SecurityProtocol.SSL, SecurityProtocol.SASL_PLAINTEXT, SecurityProtocol.SASL_SSL),
                _free_ports(3),
                strict=True,
            )
        )

    def address(self, protocol: SecurityProtocol) -> str:
        """Where this protocol is spoken, host:port."""
        if protocol is SecurityProtocol.PLAINTEXT:
            return self.bootstrap_servers
        return f"{HOST}:{self._secured_ports[protocol]}"

    def settings(self, security: KafkaSecurity) -> KafkaSettings:
        """Settings that reach the listener of this protocol."""
        return quick_settings(self.address(security.protocol)).model_copy(update={"security": security})

    def logged_in(
        self, mechanism: SaslMechanism, password_file: Path, protocol: SecurityProtocol = SecurityProtocol.SASL_SSL
    ) -> KafkaSecurity:
        """What is right for a user with this password."""
        ca_file = self.authority.certificate if protocol.encrypted else None
        return KafkaSecurity(
            protocol=protocol, ca_file=ca_file, mechanism=mechanism, username=USER, password_file=password_file
        )

    def _properties(self) -> str:
        listeners = {protocol: f"{protocol}://{self.address(protocol)}" for protocol in self._secured_ports}
        also = {
            "listeners": listeners.values(),
            "advertised.listeners": listeners.values(),
            "listener.security.protocol.map": [f"{protocol}:{protocol}" for protocol in listeners],
        }
        lines = []
        for line in super()._properties().splitlines():
            key, _, value = line.partition("=")
            lines.append(f"{key}={','.join([value, *also.pop(key, ())])}")
        assert not also
        tls = {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self._keystore,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.authority.certificate,
            "listener.name.ssl.ssl.client.auth": "required",
            "listener.name.sasl_ssl.sasl.enabled.mechanisms": ",".join(SaslMechanism),
            "listener.name.sasl_ssl.plain.sasl.jaas.config": _PLAIN,
            "listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config": _SCRAM,
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": _SCRAM,
            "listener.name.sasl_plaintext.sasl.enabled.mechanisms": SaslMechanism.SCRAM_SHA_512,
            "listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config": _SCRAM,
        }
        return "\n".join([*lines, *(f"{key}={value}" for key, value in tls.items()), ""])

    def _java(self, classpath: str, *arguments: str) -> None:
        if "format" in arguments:
            for mechanism in (SaslMechanism.SCRAM_SHA_256, SaslMechanism.SCRAM_SHA_512):
                arguments += ("--add-scram", f'{mechanism}=[name="{USER}",password="{PASSWORD}"]')
        super()._java(classpath, *arguments)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
