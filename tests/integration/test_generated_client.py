"""A client that is generated from the API's description, by somebody else's generator, works."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from streams.clock import SystemClock
from tests.fakes.api_house import KEY, served
from tests.fakes.stored import entry, incident
from tests.fakes.whole_api import sqlite_in, whole_api

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not os.environ.get("TOCSIN_SOAK"), reason="takes half a minute; TOCSIN_SOAK=1 runs it"),
]

# It wants other versions of what we use ourselves, so it lives in an environment of its own, fetched for this test.
UV = (sys.executable, "-m", "uv")
GENERATOR = (*UV, "tool", "run", "openapi-python-client@0.29.1")
PYTHON = (*UV, "run", "--no-project", "--with", "httpx==0.28.1", "--with", "attrs==26.1.0", "python")
OPEN = incident(1, topic="refunds")
USE = """
import json, sys
from tocsin_client import AuthenticatedClient
from tocsin_client.api.incidents import acknowledge_incident, list_incidents, show_incident
from tocsin_client.api.topics import list_topics

client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2], raise_on_unexpected_status=True)
page = list_incidents.sync(client=client)
acknowledged = acknowledge_incident.sync(page.incidents[0].id, client=client, body=None)
shown = show_incident.sync(page.incidents[0].id, client=client)
refused = show_incident.sync("inc_unknown", client=client)
topics = list_topics.sync(client=client)
print(json.dumps([len(page.incidents), acknowledged.state, shown.state, refused.status, topics.topics[0].id]))
"""


async def ran(*command: str, folder: Path) -> str:
    """What it printed; it has to succeed."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(120):
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def test_a_generated_client_lists_reads_and_acknowledges(tmp_path: Path) -> None:
    async with whole_api(sqlite_in(tmp_path), SystemClock()) as house:
        async with house.store.begin() as unit:
            await unit.save(OPEN, [entry(OPEN)], expected_revision=None)
        described = tmp_path / "openapi.json"
        described.write_text(json.dumps(house.app.openapi()))
        options = ("--meta", "none", "--output-path", "tocsin_client", "--overwrite")
        told = await ran(*GENERATOR, "generate", "--path", str(described), *options, folder=tmp_path)
        async with served(house.app) as address:
            said = await ran(*PYTHON, "-c", USE, address, KEY, folder=tmp_path)

    # What is no JSON it leaves out, and says so.
    assert {line.split(" within ")[0] for line in told.splitlines() if line.startswith("WARNING parsing")} <= {
        "WARNING parsing GET /api/v1/incidents/{incident_id}/chart.svg",
        "WARNING parsing POST /api/v1/mentions",
        "WARNING parsing POST /api/v1/contacts",
    }
    assert json.loads(said.splitlines()[-1]) == [1, "acknowledged", "acknowledged", 404, "refunds"]
