"""Write the dashboards beside this file: `python -m deploy.grafana.generate`. A test compares."""

import json
import sys
from pathlib import Path
from typing import Final

from deploy.grafana.boards import OPERATIONS, WORLD
from deploy.grafana.dashboard import dashboard

FOLDER: Final = Path(__file__).resolve().parent


def files() -> dict[str, str]:
    """The text of every dashboard, by file name."""
    made = {
        "operations.json": dashboard("tocsin-operations", "Tocsin: operations", OPERATIONS, by_topic=False),
        "world.json": dashboard("tocsin-world", "Tocsin: topics and incidents", WORLD, by_topic=True),
    }
    return {name: json.dumps(value, indent=2) + "\n" for name, value in made.items()}


if __name__ == "__main__":
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{FOLDER / name}\n")
