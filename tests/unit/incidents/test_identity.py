from datetime import timedelta

from alerting.incidents.identity import delivery_id, incident_id
from tests.fakes.clock import START


def test_ids_sort_by_time() -> None:
    ids = [incident_id("refunds", str(step), START + timedelta(milliseconds=step)) for step in range(100)]

    assert ids == sorted(ids)
    assert {len(name) for name in ids} == {4 + 26}


def test_the_same_work_has_the_same_id_and_other_work_another() -> None:
    same = [delivery_id("inc_1", 2, "comms", "slack:0", START) for _ in range(2)]
    others = {delivery_id("inc_1", 2, "comms", "slack:1", START), delivery_id("inc_1", 3, "comms", "slack:0", START)}

    assert same[0] == same[1]
    assert same[0] not in others
