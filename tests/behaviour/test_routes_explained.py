"""`tocsin routes` and `tocsin check`: who hears of what, and why."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerting.cli.main import app

CONFIGURATION = """
people: [{name: Maya}, {name: Lead, receivers: [lead]}]
receivers:
  - {name: comms, notifiers: [{type: log}]}
  - {name: payments, notifiers: [{type: log}]}
  - {name: maya, people: [Maya], notifiers: [{type: log}]}
  - {name: lead, notifiers: [{type: log}], quiet_hours: {begin: "00:00", end: "23:59", wakes_for: []}}
schedules:
  - {name: payments, rotation: {people: [Maya], begins_on: 2020-01-06}}
policies:
  - name: payments
    steps: [{targets: [{schedule: payments}], wait_minutes: 5}, {targets: [{person: Lead}]}]
owners: [{name: Payments, policy: payments}]
topics:
  - {id: refunds, name: Refunds, brand: Arvella, owner: Payments, query: refund*}
  - {id: app, name: App, query: app}
route:
  receiver: comms
  routes:
    - {matchers: [owner=Payments], receiver: payments, tiers: {sev4: digest}, continue: true}
    - {matchers: ["severity=~SEV[1-4]"]}
    - {matchers: [topic=app], receiver: lead}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "tocsin.yaml"
    written.write_text(CONFIGURATION, encoding="utf-8")
    return written


def said(*words: str) -> str:
    told = CliRunner().invoke(app, [*words])
    assert told.exit_code == 0, told.output
    return told.output


def test_a_test_names_the_routes_the_receivers_the_policy_and_who_is_on_call(file: Path) -> None:
    lines = said("routes", "test", "-c", str(file), "--topic", "refunds", "--severity", "SEV2").splitlines()

    assert lines == [
        "topic=refunds, brand=Arvella, owner=Payments, severity=SEV2, direction=crisis",
        'route (everything) > route.routes[0] (owner="Payments"): payments, page',
        'route (everything) > route.routes[1] (severity=~"SEV[1-4]"): comms, page',
        "policy payments:",
        "  after 0 min: schedule payments (Maya)",
        "  after 5 min: Lead",
        "On call for Payments: Maya",
    ]


def test_what_is_only_told_in_a_digest_calls_nobody(file: Path) -> None:
    output = said("routes", "test", "-c", str(file), "--owner", "Payments", "--severity", "SEV4")

    assert ": payments, digest" in output
    assert "nobody owns it" not in output


def test_the_tree_is_shown_with_what_is_inherited_and_what_is_dead(file: Path) -> None:
    output = said("routes", "show", "-c", str(file))

    assert 'routes[0] (owner="Payments") -> payments, SEV4 digest, and goes on' in output
    assert "DEAD: route.routes[1] takes everything that it would match" in output
    assert "after 5 min: Lead" in output


GROUPED = """
receivers: [{name: comms, notifiers: [{type: log}]}, {name: care, notifiers: [{type: log}]}]
topics:
  - {id: refunds, name: Refunds, brand: Arvella, owner: Payments, query: refund*}
  - {id: tv, name: TV, brand: Arvella, owner: Payments, query: tv}
route:
  receiver: comms
  routes:
    - {matchers: [topic=app], group_interval_seconds: 60}
    - {matchers: [topic=web], receiver: care, group_by: [brand], tiers: {sev2: digest, sev3: digest, sev4: watch}}
    - {matchers: [topic=tv], group_by: ["..."]}
    - {group_by: [owner, brand], group_wait_seconds: 30, group_interval_seconds: 60}
"""


def test_groups_are_shown_and_explained_and_what_groups_nothing_is_found(tmp_path: Path) -> None:
    file = tmp_path / "tocsin.yaml"
    file.write_text(GROUPED, encoding="utf-8")

    tree = said("routes", "show", "-c", str(file))
    mild = said("routes", "test", "-c", str(file), "--topic", "refunds", "--severity", "SEV3")
    worst = said("routes", "test", "-c", str(file), "--topic", "refunds", "--severity", "SEV1")
    alone = said("routes", "test", "-c", str(file), "--topic", "tv", "--severity", "SEV3")
    found = said("check", str(file), "--no-fetch")

    assert "routes[3] (everything) -> comms, waits 30 s, grouped by owner, brand, every 60 s" in tree
    assert "page, in the group of owner=Payments, brand=Arvella: the first after 30 s, later ones every 60 s" in mild
    assert "page, by itself: a SEV1 waits for no group" in worst
    assert "group" not in alone
    assert "route.routes[0] sets group_interval_seconds, and nothing is grouped there" in found
    assert "route.routes[1] groups nothing: of SEV2 to SEV4 its receiver hears only in digests, or not at all" in found
    assert "route.routes[2]" not in found
    assert "route.routes[3]" not in found


@pytest.mark.parametrize(
    ("group_by", "because"),
    [
        ("[colour]", "group_by"),
        ("[owner, owner]", "group_by names a label twice"),
        ('["...", owner]', "group_by: `...` stands alone"),
    ],
)
def test_labels_that_cannot_group_are_refused_with_their_place(tmp_path: Path, group_by: str, because: str) -> None:
    file = tmp_path / "tocsin.yaml"
    file.write_text(GROUPED.replace("[owner, brand]", group_by), encoding="utf-8")

    told = CliRunner().invoke(app, ["check", str(file), "--no-fetch"])

    assert told.exit_code == 3
    assert because in told.output


def test_the_check_names_dead_routes_and_topics_without_an_owner(file: Path) -> None:
    output = said("check", str(file), "--no-fetch")

    assert "note: route.routes[2] is dead: route.routes[1] takes everything that it would match" in output
    assert "note: nobody owns app: comms is told so whenever one of them opens" in output


def test_the_check_names_routes_that_ask_for_what_no_topic_has(file: Path) -> None:
    misspelled = CONFIGURATION.replace(
        "    - {matchers: [topic=app]", "    - {matchers: [owner=Paymnets]}\n" * 6 + "    - {matchers: [topic=app]"
    )
    file.write_text(misspelled.replace('    - {matchers: ["severity=~SEV[1-4]"]}\n', ""), encoding="utf-8")

    notes = [line for line in said("check", str(file), "--no-fetch").splitlines() if "no topic of the file" in line]

    assert notes == [
        *(f'note: route.routes[{n}] asks for owner="Paymnets", which no topic of the file has' for n in range(1, 6)),
        "note: 1 more matchers of routes ask for what no topic of the file has",
    ]


def test_the_check_knows_peer_groups_as_topics_and_names_peers_that_are_none(file: Path) -> None:
    group = "peers:\n  - {name: Shops, topics: [app, rival], owner: comms}\n"
    file.write_text(CONFIGURATION.replace("topic=app", "topic=peers.shops") + group, encoding="utf-8")

    output = said("check", str(file), "--no-fetch")

    assert "note: peers 'Shops' names rival, which no topic of the file is" in output
    assert 'topic="peers.shops"' not in output
