"""What a notifier asks beside sending (who has it, where a picture goes) reaches no address that nobody allowed."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from aiohttp import web

from alerting.errors import AlertingError, DeliveryRejected
from alerting.notifiers.egress import Egress
from alerting.notifiers.pagerduty_rest import PagerDutyRest
from alerting.notifiers.slack import SlackNotifier
from tests.contract.test_every_notifier_egress import HOSTS, LIMIT, SECRET, trap
from tests.fakes.clock import FakeClock
from tests.fakes.egress import LOOPBACK


async def reassign(url: str, egress: Egress) -> None:
    rest = PagerDutyRest(api_url=f"{url}/", token=SECRET, sender="a@b.test", clock=FakeClock(), egress=egress)
    try:
        await rest.reassign("tocsin-inc_1", "PADA", expected=True, timeout_seconds=LIMIT)
    finally:
        await rest.close()


async def show_picture(url: str, egress: Egress) -> None:
    slack = SlackNotifier(
        channel="C0123456789", token=SECRET, api_url=f"{url}/api/", clock=FakeClock(), egress=egress, charts=True
    )
    try:
        await slack.show_picture(b"png", reference="C0123456789:1.0", title="x", timeout_seconds=LIMIT)
    finally:
        await slack.close()


@pytest.mark.parametrize("ask", [reassign, show_picture])
async def test_no_spelling_of_a_host_reaches_this_machine(ask: Callable[[str, Egress], Awaitable[None]]) -> None:
    async with trap() as found:
        for host in HOSTS:
            with suppress(AlertingError, ValueError):
                await ask(f"http://{host}:{found.port}", Egress())

        assert found.visits == 0
        assert len(HOSTS) >= 50


@pytest.mark.parametrize(
    "place",
    [
        "http://127.0.0.1:{port}/x",
        "https://slack.com.evil.test:{port}/x",
        "file:///etc/passwd",
        "//[::1",
        "",
        "https://evil.test/.slack.com",
    ],
)
async def test_a_picture_goes_to_slack_alone_whatever_the_answer_names(place: str) -> None:
    async with trap() as found:

        async def answer(_: web.Request) -> web.Response:
            named = place.format(port=found.port)
            return web.json_response({"ok": True, "file_id": "F1", "upload_url": named})

        application = web.Application()
        application.router.add_post("/api/files.getUploadURLExternal", answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            async with asyncio.timeout(20):
                with pytest.raises(DeliveryRejected, match="not Slack's"):
                    await show_picture(f"http://127.0.0.1:{runner.addresses[0][1]}", LOOPBACK)
        finally:
            await runner.cleanup()

        assert found.visits == 0
