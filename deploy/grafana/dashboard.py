"""What a dashboard is made of, and how Grafana wants it told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

WIDTH: Final = 24
HEIGHT: Final = 7
SOURCE: Final = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True)
class Curve:
    """One query and what its lines are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """One panel.

    Attributes:
        says: What a reader learns, and what to do when it looks wrong.
        kind: Grafana's panel type.
        unit: Grafana's unit.
        alarm: From here on it is red; None has no such place.
        columns: Width, of 24.
    """

    title: str
    says: str
    curves: tuple[Curve, ...]
    unit: str = "short"
    kind: str = "timeseries"
    alarm: float | None = None
    columns: int = 12


@dataclass(frozen=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: tuple[Panel, ...]


def dashboard(uid: str, title: str, rows: Sequence[Row], *, by_topic: bool) -> dict[str, Any]:
    """One dashboard as Grafana imports it."""
    variables: list[dict[str, Any]] = [
        {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus", "hide": 0}
    ]
    if by_topic:
        query = "label_values(tocsin_topic_pages_per_week, topic)"
        variables.append(
            {
                "name": "topic",
                "label": "Topic",
                "type": "query",
                "datasource": SOURCE,
                "query": {"query": query, "refId": "topics"},
                "definition": query,
                "refresh": 2,
                "multi": True,
                "includeAll": True,
                "allValue": ".*",
                "current": {"text": ["All"], "value": ["$__all"]},
                "sort": 1,
            }
        )
    return {
        "uid": uid,
        "title": title,
        "tags": ["tocsin"],
        "timezone": "browser",
        "schemaVersion": 39,
        "version": 1,
        "refresh": "15s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": variables},
        "annotations": {"list": []},
        "panels": placed(rows),
    }


def placed(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Every panel with its place, row under row, from left to right."""
    found: list[dict[str, Any]] = []
    y = 0
    for row in rows:
        found.append(
            {
                "id": len(found) + 1,
                "type": "row",
                "title": row.title,
                "collapsed": False,
                "panels": [],
                "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1},
            }
        )
        x, y = 0, y + 1
        for panel in row.panels:
            if x + panel.columns > WIDTH:
                x, y = 0, y + HEIGHT
            place = {"x": x, "y": y, "w": panel.columns, "h": HEIGHT}
            found.append({"id": len(found) + 1, "gridPos": place, **drawn(panel)})
            x += panel.columns
        y += HEIGHT
    return found


def drawn(panel: Panel) -> dict[str, Any]:
    """What is shown, without its place."""
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.alarm is not None:
        steps.append({"color": "red", "value": panel.alarm})
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.says,
        "datasource": SOURCE,
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}},
            "overrides": [],
        },
        "options": {},
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": SOURCE,
                "expr": curve.expr,
                "legendFormat": curve.legend or "__auto",
                "instant": panel.kind != "timeseries",
                "range": panel.kind == "timeseries",
            }
            for index, curve in enumerate(panel.curves)
        ],
    }
