from pathlib import Path

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from alerting.notifier_settings import SlackSettings, WebhookSettings
from alerting.notifiers.egress import Egress
from alerting.notifiers.registry import build, build_all
from alerting.settings import ReceiverSettings
from streams.errors import InvalidConfig
from streams.secret import read_secret
from tests.fakes.clock import FakeClock


def _file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    file = folder / "token"
    file.write_bytes(content)
    file.chmod(mode)
    return file


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_a_secret_is_read_without_the_newline_at_its_end(tmp_path: Path, ending: bytes) -> None:
    with capture_logs() as logs:
        assert read_secret(None, _file(tmp_path, b"xoxb-1" + ending), name="token") == "xoxb-1"

    assert logs == []


def test_a_file_that_everybody_may_read_is_warned_about_by_name(tmp_path: Path) -> None:
    file = _file(tmp_path, b"xoxb-1", 0o644)

    with capture_logs() as logs:
        read_secret(None, file, name="token")

    (entry,) = logs
    assert entry["event"] == "secret.world_readable"
    assert entry["file"] == str(file)
    assert "xoxb-1" not in repr(logs)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"token_file .*gone: cannot be read: No such file"):
        read_secret(None, tmp_path / "gone", name="token")


def test_every_secret_that_cannot_be_read_is_named_at_once(tmp_path: Path) -> None:
    gone = [ReceiverSettings(name=name, notifiers=(_slack_with(tmp_path / name),)) for name in ("day", "night")]

    with pytest.raises(InvalidConfig) as refused:
        build_all(gone, clock=FakeClock(), egress=Egress())

    assert [problem.split(": token_file")[0] for problem in refused.value.problems] == [
        "receiver day: notifiers.0",
        "receiver night: notifiers.0",
    ]


def _slack_with(file: Path) -> SlackSettings:
    return SlackSettings(type="slack", channel="c", token_file=file)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"two words", "must be one word"),
        (b"a\nX-Header: 1", "must be one word"),
        (b"\xff\xfe", "is not ASCII"),
        (b"x" * 5000, "larger than 4096 bytes"),
    ],
)
def test_what_cannot_be_a_secret_is_refused_without_being_shown(tmp_path: Path, content: bytes, problem: str) -> None:
    with pytest.raises(InvalidConfig, match=problem) as caught:
        read_secret(None, _file(tmp_path, content), name="token")

    assert "X-Header" not in str(caught.value)


def test_a_secret_in_the_configuration_is_held_to_the_same() -> None:
    with pytest.raises(InvalidConfig, match="token: has spaces"):
        read_secret(SecretStr("a b"), None, name="token")


async def test_a_notifier_is_built_with_the_secret_of_its_file(tmp_path: Path) -> None:
    settings = SlackSettings(type="slack", channel="comms-now", token_file=_file(tmp_path, b"xoxb-1\n"))

    notifier = build(settings, clock=FakeClock(), egress=Egress())

    assert notifier.destination == "#comms-now"
    assert "xoxb-1" not in repr(notifier)
    await notifier.close()


def test_a_signing_secret_that_is_no_base64_names_its_file(tmp_path: Path) -> None:
    file = _file(tmp_path, b"whsec_???")
    settings = WebhookSettings.model_validate({"type": "webhook", "url": "https://acme.test/x", "secret_file": file})

    with pytest.raises(InvalidConfig, match=rf"secret_file {file}: what follows whsec_ must be base64"):
        build(settings, clock=FakeClock(), egress=Egress())
