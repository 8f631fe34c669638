"""Secrets from the configuration or from files of their own; errors name the place, never the secret."""

import stat
from pathlib import Path
from typing import Final

import structlog
from pydantic import SecretStr

from streams.errors import InvalidConfig

log = structlog.get_logger()

MAX_SECRET_BYTES: Final = 4096


def read_secret(value: SecretStr | None, file: Path | None, *, name: str, one_word: bool = True) -> str:
    """The secret itself, from the configuration or from its file, without the newline that editors leave at the end.

    Args:
        name: What the setting is called: `token`.
        one_word: Tokens and keys have neither spaces nor characters outside ASCII; what a person chose may.

    Raises:
        InvalidConfig: The file cannot be read or is too large, or the secret is empty or has characters that no such
            secret has.
    """
    where = name if file is None else f"{name}_file {file}"
    secret = value.get_secret_value() if value is not None else _content(file, where, "ascii" if one_word else "utf-8")
    if not secret:
        raise InvalidConfig((f"{where}: is empty",))
    if one_word and (not (secret.isascii() and secret.isprintable()) or " " in secret):
        raise InvalidConfig((f"{where}: has spaces, line breaks or characters outside ASCII; it must be one word",))
    if not secret.isprintable():
        raise InvalidConfig((f"{where}: has line breaks or other control characters; it must be one line",))
    return secret


def _content(file: Path | None, where: str, encoding: str) -> str:
    if file is None:
        return ""
    try:
        with file.open("rb") as opened:
            mode = stat.S_IMODE(file.stat().st_mode)
            content = opened.read(MAX_SECRET_BYTES + 1)
    except OSError as exc:
        raise InvalidConfig((f"{where}: cannot be read: {exc.strerror}",)) from exc
    if len(content) > MAX_SECRET_BYTES:
        raise InvalidConfig((f"{where}: is larger than {MAX_SECRET_BYTES} bytes; is it the right file?",))
    if mode & stat.S_IROTH:
        log.warning("secret.world_readable", file=str(file), mode=f"{mode:o}", advice="chmod 600")
    try:
        return content.decode(encoding).rstrip("\r\n")
    except UnicodeDecodeError:
        # Cut off (`from None`): the decoding error carries the whole content.
        raise InvalidConfig((f"{where}: is not {encoding.upper()} text",)) from None
