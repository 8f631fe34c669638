"""Rules and dashboards ask for what Tocsin tells, and fit on the screen."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from alerting.metrics import AlertingMetrics
from alerting.world_metrics import WorldMetrics
from deploy.grafana import generate
from streams.metrics import StreamMetrics

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
NAME = re.compile(r"\btocsin[_:][a-z0-9_:]+")
RULES: list[dict[str, Any]] = [
    rule
    for file in ("recording.rules.yml", "alerts.rules.yml")
    for group in yaml.safe_load((DEPLOY / "prometheus" / file).read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
DASHBOARDS = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in (DEPLOY / "grafana").glob("*.json")}

every_dashboard = pytest.mark.parametrize("name", sorted(DASHBOARDS))


def told() -> set[str]:
    """Every name that Prometheus can ask for."""
    registry = CollectorRegistry()
    for declare in (StreamMetrics, AlertingMetrics, WorldMetrics):
        declare(registry)
    suffixes = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
    return {family.name + suffix for family in registry.collect() for suffix in suffixes[family.type]} | RECORDED


def expressions(dashboard: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]


def test_every_rule_asks_for_what_is_told() -> None:
    asked = {name for rule in RULES for name in NAME.findall(rule["expr"])}

    assert len(asked) > 15
    assert asked - told() == set()


def test_every_alert_says_what_to_do_and_how_urgent_it_is() -> None:
    alerts = [rule for rule in RULES if "alert" in rule]

    assert {rule["labels"]["severity"] for rule in alerts} == {"page", "ticket"}
    assert all(set(rule["annotations"]) == {"summary", "what"} for rule in alerts)


def test_every_alert_has_a_test() -> None:
    tests = yaml.safe_load((DEPLOY / "prometheus/alerts.test.yml").read_text(encoding="utf-8"))["tests"]
    fired = {case["alertname"] for test in tests for case in test["alert_rule_test"] if case["exp_alerts"]}

    assert fired == {rule["alert"] for rule in RULES if "alert" in rule}


def test_dashboards_are_what_the_code_writes() -> None:
    written = {name: json.loads(text) for name, text in generate.files().items()}

    assert written == DASHBOARDS


@every_dashboard
def test_every_panel_asks_for_what_is_told(name: str) -> None:
    asked = {found for expr in expressions(DASHBOARDS[name]) for found in NAME.findall(expr)}

    assert asked
    assert asked - told() == set()


@every_dashboard
def test_panels_have_ids_of_their_own_and_do_not_overlap(name: str) -> None:
    panels = DASHBOARDS[name]["panels"]
    places = [panel["gridPos"] for panel in panels]

    overlapping = [
        (a, b)
        for a, b in combinations(places, 2)
        if a["x"] < b["x"] + b["w"]
        and b["x"] < a["x"] + a["w"]
        and a["y"] < b["y"] + b["h"]
        and b["y"] < a["y"] + a["h"]
    ]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(place["x"] + place["w"] <= 24 for place in places)
    assert overlapping == []


@every_dashboard
def test_every_variable_that_is_used_is_declared(name: str) -> None:
    text = json.dumps(DASHBOARDS[name]["panels"])
    declared = {variable["name"] for variable in DASHBOARDS[name]["templating"]["list"]}

    assert set(re.findall(r"\$\{?([a-z]+)", text)) <= declared


def test_whatever_is_counted_is_seen_somewhere() -> None:
    shown = {
        found for dashboard in DASHBOARDS.values() for expr in expressions(dashboard) for found in NAME.findall(expr)
    }
    shown |= {found for rule in RULES for found in NAME.findall(rule["expr"])}
    vital = {
        "tocsin_stream_ready", "tocsin_lag_records", "tocsin_watermark_delay_seconds", "tocsin_intake_state",
        "tocsin_outbox_age_seconds", "tocsin_nobody_reached_total", "tocsin_incidents_open", "tocsin_topic_polarity",
    }  # fmt: skip

    assert vital <= shown
