"""`tocsin doctor` on a house that is well, ill, or not there."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from alerting.api.health import Component, Condition
from alerting.cli.exits import Exit
from alerting.cli.main import app
from tests.fakes.api_house import KEY, api_house, served
from tests.fakes.clock import START
from tests.fakes.served import free_port
from tests.fakes.storyboard import storyboard

pytestmark = pytest.mark.usefixtures("logging_as_it_was")  # the command sets it up for its own process


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration whose Kafka is nobody's business here."""
    file = tmp_path / "tocsin.yaml"
    file.write_text(f"kafka: {{bootstrap_servers: memory}}\napi: {{port: {free_port()}}}\n", encoding="utf-8")
    return file


async def run(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["doctor", *words])


def by_part(result: Result) -> dict[str, dict[str, Any]]:
    return {finding["part"]: finding for finding in json.loads(result.stdout)}


async def test_nothing_is_bad_in_a_house_that_is_well(config: Path) -> None:
    async with api_house(store=storyboard(START)) as house, served(house.app) as address:
        result = await run("--config", str(config), "--url", address, "--key", KEY, "--json")

    found = by_part(result)
    assert result.exit_code == Exit.DONE
    assert (found["configuration"]["verdict"], found["database"]["verdict"]) == ("ok", "ok")
    assert found["outbox"]["verdict"] == "ok"
    assert found["feeds"]["verdict"] == "unknown"  # none was reported yet, which is not well


async def test_what_is_wrong_is_told_with_what_to_do_and_ends_with_1(config: Path) -> None:
    async def ill() -> Component:
        return Component(Condition.DEGRADED, "kafka down")

    async with (
        api_house(store=storyboard(START), probes={"intake": ill}) as house,
        served(house.app) as address,
    ):
        house.metrics.nobody_reached.inc()
        house.store.down = True
        result = await run("--config", str(config), "--url", address)

    assert result.exit_code == Exit.FAILED
    assert "bad      database" in result.stdout
    assert "warning  intake" in result.stdout
    assert "do: open the console; tell people by hand" in result.stdout


async def test_who_does_not_answer_is_bad_and_roles_elsewhere_are_unknown(config: Path) -> None:
    result = await run("--config", str(config), "--json")

    found = by_part(result)
    assert result.exit_code == Exit.FAILED
    assert found["alert"]["verdict"] == "bad"
    assert (found["score"]["verdict"], found["detect"]["verdict"]) == ("unknown", "unknown")


async def test_a_wrong_configuration_ends_the_examination(tmp_path: Path) -> None:
    file = tmp_path / "tocsin.yaml"
    file.write_text("kafka: {partitions: 0}\n", encoding="utf-8")

    result = await run("--config", str(file), "--json")

    assert result.exit_code == Exit.FAILED
    assert set(by_part(result)) == {"configuration"}


async def test_kafka_that_is_not_there_is_bad(tmp_path: Path) -> None:
    file = tmp_path / "tocsin.yaml"
    file.write_text(f"kafka: {{bootstrap_servers: '127.0.0.1:{free_port()}'}}\n", encoding="utf-8")

    result = await run("--config", str(file), "--json")

    assert by_part(result)["Kafka"]["verdict"] == "bad"
