"""What the demo is configured with."""

from pathlib import Path

from alerting.cli.demo_parts import LEAD, LEAD_AFTER_MINUTES, PHONES, demo_settings
from alerting.duty import Duty
from alerting.fakes.ntfy import FakeNtfy
from alerting.fakes.pagerduty import FakePagerDuty
from alerting.fakes.slack import FakeSlack
from alerting.incidents.escalation import Target, TargetKind
from streams.settings import KafkaSettings
from streams.simulate.refund_outage import refund_outage
from tests.fakes.clock import START, FakeClock


async def test_whoever_owns_a_topic_of_the_demo_has_somebody_on_call_and_a_lead_behind_them(tmp_path: Path) -> None:
    clock, scenario, key = FakeClock(), refund_outage(crisis_after_seconds=1), "d" * 32
    async with (
        FakeSlack(clock, token="xoxb-demo") as slack,
        FakePagerDuty(clock, routing_key=key) as pager,
        FakeNtfy(clock, token="tk_demo", phones=PHONES) as phones,
    ):
        settings = demo_settings(
            scenario, KafkaSettings(), folder=tmp_path, key="k" * 20, port=0, slack=slack, slack_token="xoxb-demo",
            pager=pager, routing_key=key, phones=phones, phones_token="tk_demo", public_url=None,
        )  # fmt: skip
    duty = Duty.from_settings(settings)

    for topic in scenario.topics:
        chain = duty.calls.chain_for((), topic.owner)
        assert chain is not None
        first, second = chain.steps
        assert duty.calls.reach(first.targets[0], START).receivers == ("phone-of-maya",)
        assert first.wait_seconds == LEAD_AFTER_MINUTES * 60
        assert second.targets == (Target(TargetKind.PERSON, LEAD),)
        assert duty.standby.line(topic.owner, START).startswith(f"On call for {topic.owner}: Maya until")
