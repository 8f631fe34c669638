"""Every connection is an open file: as many are used as the machine allows."""

import sys

import structlog

log = structlog.get_logger(__name__)


def raise_file_limit() -> None:
    """Raise this process's soft limit of open files to the hard one, where there are such limits."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  # Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError) as exc:  # macOS says "unlimited" and refuses it
        log.debug("api.file_limit_kept", soft=soft, hard=hard, reason=str(exc))
