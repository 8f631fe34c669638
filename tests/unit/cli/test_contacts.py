import gzip
import json
from pathlib import Path

import pytest

from alerting.cli.contacts import _contacts
from alerting.cli.incident_why import facts_of_others

CONTACT = {"opened_at": "2026-01-05T12:00:00Z", "reason": "refund missing"}


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["contacts.jsonl", "contacts.ndjson", "contacts.jsonl.gz"])
def test_reads_one_contact_a_line_and_leaves_what_is_none_to_the_api(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, f"{json.dumps(CONTACT)}\n\nrubbish\n")

    assert list(_contacts(path)) == [CONTACT, "rubbish\n"]


@pytest.mark.parametrize("name", ["contacts.csv", "contacts.csv.gz"])
def test_reads_rows_with_the_fields_as_columns_and_leaves_out_what_is_empty(tmp_path: Path, name: str) -> None:
    rows = "opened_at,reason,count,brand\n2026-01-05T12:00:00Z,refund missing,12,\n2026-01-05T12:00:00Z,other,x,Acme\n"

    found = list(_contacts(written(tmp_path, name, rows)))

    assert found == [CONTACT | {"count": 12}, CONTACT | {"reason": "other", "count": "x", "brand": "Acme"}]


def test_an_incident_shows_who_leads_who_is_silent_and_where_that_comes_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    span = {"low": 700.0, "middle": 1200.0, "high": 2100.0}
    reason = {"reason": "refund missing", "contacts": 90, "expected": 20.0, "because": "refund", "rising": True}
    heard = {
        "standing": "same_issue",
        "reasons": [reason | {"lag": {"low": 9.0, "middle": 12.0, "high": 15.0}}],
        "speakers": 80,
        "called": 70,
        "silent": span,
        "basis": "calls",
        "source": "our survey",
        "next_hour": span,
        "days": 14,
    }

    facts_of_others({"contacts": heard})

    shown = capsys.readouterr().out
    for told in ("same issue", "12 (9 to 15) min behind", "1,200 (700 to 2,100)", "14 days of calls", "our survey"):
        assert told in shown
