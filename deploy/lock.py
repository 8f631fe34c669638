"""Lock the dependencies: every version with its hashes, markers kept, no index named. Run by `make lock`."""

import subprocess
import sys
from pathlib import Path

LOCKS = {
    "runtime": ["--group", "build"],
    "demo": ["--extra", "demo", "--group", "build"],
    "dev": ["--extra", "demo", "--group", "dev"],
}


def main() -> int:
    """Write `locks/*.txt` from pyproject.toml."""
    root = Path(__file__).resolve().parent.parent
    for name, chosen in LOCKS.items():
        command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", *chosen]
        command += ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
        command += ["--no-header", "--upgrade", "--quiet", "--output-file", f"locks/{name}.txt"]
        subprocess.run(command, cwd=root, check=True)  # noqa: S603
        print(f"locks/{name}.txt")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
