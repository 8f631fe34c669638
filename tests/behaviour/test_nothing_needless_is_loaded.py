"""What an installation does not use takes none of its memory, and what it uses is there before it is ready."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from alerting.incidents.sql.store import open_store
from alerting.settings import DatabaseSettings
from tests.fakes.clock import FakeClock

_NEEDLESS: Final = ("alembic", "cryptography", "icalendar", "joserfc", "slack_sdk", "sqlalchemy.orm")
_SHOWN: Final = f"print(*(name for name in {_NEEDLESS} if name in sys.modules))"

_OPENING: Final = """
import asyncio
from alerting.incidents.sql.store import open_store
from alerting.settings import DatabaseSettings
from streams.clock import SystemClock

async def work():
    store = await open_store(DatabaseSettings(url="sqlite:///" + sys.argv[1]), SystemClock())
    await store.close()

asyncio.run(work())
"""

_BUILDING: Final = """
from alerting.inbound_settings import PersonSettings
from alerting.notifier_settings import SlackSettings
from alerting.notifiers.egress import Egress
from alerting.notifiers.registry import build
from alerting.oncall.sources import source_of
from alerting.oncall_settings import ScheduleSettings
from streams.clock import SystemClock

clock = SystemClock()
build(SlackSettings(type="slack", channel="C1", token="xoxb-1"), clock=clock, egress=Egress())
source_of(ScheduleSettings(name="care", calendar={"file": "care.ics"}), (), clock=clock, egress=Egress())
"""


def said(program: str, *arguments: str) -> list[str]:
    """What of that the program loaded."""
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split()


async def test_a_plain_installation_on_a_database_that_is_there_loads_nothing_that_it_does_not_use(
    tmp_path: Path,
) -> None:
    database = tmp_path / "tocsin.db"
    await (await open_store(DatabaseSettings(url=f"sqlite:///{database}"), FakeClock())).close()

    loaded = said(f"import sys, alerting.app, alerting.alert_parts\n{_OPENING}\n{_SHOWN}", str(database))

    assert loaded == []


def test_what_the_configuration_names_is_loaded_before_anything_is_asked_of_it() -> None:
    assert said(f"import sys\n{_BUILDING}\n{_SHOWN}") == ["icalendar", "slack_sdk"]
