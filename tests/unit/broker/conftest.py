"""An authority that signs certificates."""

import os
from pathlib import Path

import pytest

from tests.kafka.certificates import Authority, OpensslMissing
from tests.kafka.selection import required


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One for the whole session."""
    folder: Path = tmp_path_factory.mktemp("authority")
    try:
        return Authority(folder, "unit tests")
    except OpensslMissing as exc:
        if required(os.environ, "KAFKA"):
            pytest.fail(f"TOCSIN_REQUIRE_KAFKA is set, but: {exc}", pytrace=False)
        pytest.skip(str(exc))
