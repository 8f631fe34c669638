"""What is logged and how: one event name, values as fields, on standard error."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import structlog

# Control characters move cursors and forge lines; bidirectional marks make text read as what it is not.
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def set_up_logging(*, level: str = "INFO", json: bool | None = None, stream: TextIO | None = None) -> None:
    """Send the log of this process to `stream`; to be called once, by the command line.

    Args:
        level: The least level that is shown; of libraries never less than WARNING.
        json: One object per line; None means wherever the stream is no terminal.
        stream: Standard error where None.
    """
    out = stream or sys.stderr
    as_json = not out.isatty() if json is None else json
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        harmless,
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=out.isatty())
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))
    # While Kafka is away these say so on every attempt; our own log says it once for every change.
    for chatty in ("aiokafka.client", "aiokafka.conn"):
        logging.getLogger(chatty).setLevel(logging.NOTSET if level.upper() == "DEBUG" else logging.CRITICAL)


def harmless(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    r"""Show what would steer a terminal instead of obeying it; tracebacks keep their lines.

    >>> harmless(None, "info", {"event": "mention.refused", "reason": "\x1b[2Jgone"})["reason"]
    '\\x1b[2Jgone'
    """
    for key, value in event.items():
        if isinstance(value, str) and _UNSAFE.search(value):
            lines = value.split("\n") if key == "exception" else [value]
            event[key] = "\n".join(_UNSAFE.sub(_escape, line) for line in lines)
    return event


def _escape(found: re.Match[str]) -> str:
    return ascii(found.group())[1:-1]
