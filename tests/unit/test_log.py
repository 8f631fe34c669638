import io
import json
import logging

import pytest
import structlog

from streams.log import set_up_logging

pytestmark = pytest.mark.usefixtures("logging_as_it_was")


def test_writes_one_object_per_line_where_nobody_looks() -> None:
    out = io.StringIO()
    set_up_logging(stream=out)

    structlog.get_logger().info("incident.opened", topic="refunds")

    line = json.loads(out.getvalue())
    assert (line["event"], line["topic"], line["level"]) == ("incident.opened", "refunds", "info")


def test_libraries_are_heard_from_warnings_on_in_the_same_form() -> None:
    out = io.StringIO()
    set_up_logging(stream=out)

    logging.getLogger("aiokafka").info("chatter")
    logging.getLogger("aiokafka").warning("heartbeat failed")

    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == ["heartbeat failed"]


def test_shows_nothing_below_its_level() -> None:
    out = io.StringIO()
    set_up_logging(level="warning", stream=out)

    structlog.get_logger().info("incident.opened")

    assert out.getvalue() == ""


@pytest.mark.parametrize("text", ["\x1b[2J", "a\r\nforged line", "\u202egnp.exe", "\x9b31m", "a\u2028b"])
@pytest.mark.parametrize("as_json", [True, False])
def test_text_of_strangers_cannot_steer_a_terminal_or_forge_a_line(text: str, as_json: bool) -> None:  # noqa: FBT001
    out = io.StringIO()
    set_up_logging(json=as_json, stream=out)

    structlog.get_logger().warning("mention.refused", reason=text)

    written = out.getvalue().removesuffix("\n")
    assert len(written.splitlines()) == 1
    assert not any(char in written for char in text if not char.isprintable())


def test_a_traceback_keeps_its_lines() -> None:
    out = io.StringIO()
    set_up_logging(json=False, stream=out)

    try:
        int("bad \x1b[2J")
    except ValueError:
        structlog.get_logger().exception("worker.failed")

    assert "Traceback (most recent call last):\n" in out.getvalue()
    assert "\x1b" not in out.getvalue()
