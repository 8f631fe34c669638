"""Certificate authorities and what they signed, for tests: made by the openssl command, good for two days."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

HOST_NAMES: Final = "DNS:localhost,IP:127.0.0.1"
_DAYS: Final = "2"


class OpensslMissing(Exception):
    """The openssl command is not installed."""


class Authority:
    """One authority, its files in a folder of its own.

    Args:
        folder: Where everything is written; made if it is not there.
        name: The authority's name, in its certificate.

    Raises:
        OpensslMissing: There is no openssl command.
    """

    def __init__(self, folder: Path, name: str) -> None:
        if shutil.which("openssl") is None:
            raise OpensslMissing("openssl is not installed")
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = folder / "authority.key"
        self.certificate = folder / "authority.pem"
        _openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", _DAYS),
            *("-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE"),
            *("-keyout", str(self._key), "-out", str(self.certificate)),
        )

    def issue(self, name: str, *, host_names: str = HOST_NAMES) -> tuple[Path, Path]:
        """A certificate and its unencrypted key, signed by this authority; `host_names` as openssl writes them."""
        key, request, certificate = (self._folder / f"{name}.{suffix}" for suffix in ("key", "csr", "pem"))
        extension = self._folder / f"{name}.ext"
        extension.write_text(f"subjectAltName={host_names}\n", encoding="ascii")
        _openssl(
            *("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"),
            *("-subj", f"/CN={name}", "-keyout", str(key), "-out", str(request)),
        )
        _openssl(
            *("x509", "-req", "-in", str(request), "-days", _DAYS, "-CA", str(self.certificate)),
            *("-CAkey", str(self._key), "-CAcreateserial", "-extfile", str(extension), "-out", str(certificate)),
        )
        return certificate, key

    def locked(self, key: Path, password: str) -> Path:
        """The same key, encrypted with `password`."""
        locked = key.with_suffix(".locked.key")
        _openssl("pkcs8", "-topk8", "-in", str(key), "-passout", f"pass:{password}", "-out", str(locked))
        return locked


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], capture_output=True, check=True, timeout=30)
