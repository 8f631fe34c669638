"""The jars of the Apache Kafka that tests and benchmarks run, fetched once with Maven."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

POM: Final = Path(__file__).with_name("pom.xml")
_FETCH_SECONDS: Final = 90.0  # below the time limit of a single test, whose set-up this may be


class ApacheKafkaMissing(Exception):
    """There is no Apache Kafka on this machine; the message says what is missing."""


def kafka_jars(*, seconds: float = _FETCH_SECONDS) -> Path:
    """The folder with the jars of the version that pom.xml names, fetched once with Maven.

    Raises:
        ApacheKafkaMissing: Java >= 17 or Maven is missing, or Maven did not fetch them within `seconds`.
    """
    _need_java()
    folder = _cache() / f"kafka-{_version()}"
    if folder.is_dir():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise ApacheKafkaMissing("Maven (mvn) is not installed")
    _cache().mkdir(parents=True, exist_ok=True)
    fetched = Path(tempfile.mkdtemp(prefix="kafka-", dir=_cache()))
    try:
        done = subprocess.run(
            [
                maven,
                "--batch-mode",
                "--quiet",
                "--file",
                str(POM),
                "dependency:copy-dependencies",
                "-DincludeScope=runtime",
                f"-DoutputDirectory={fetched}",
            ],
            capture_output=True,
            check=False,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            reason = (done.stdout + done.stderr).decode(errors="replace").strip().splitlines()
            raise ApacheKafkaMissing(f"Maven could not fetch it: {reason[0] if reason else done.returncode}")
        fetched.chmod(0o755)
        try:
            fetched.rename(folder)
        except OSError:
            if not folder.is_dir():  # otherwise another run was faster
                raise
    except subprocess.TimeoutExpired:
        raise ApacheKafkaMissing(f"Maven did not fetch it within {seconds:g} seconds") from None
    finally:
        shutil.rmtree(fetched, ignore_errors=True)
    return folder


def _cache() -> Path:
    return Path(os.environ.get("TOCSIN_CACHE") or Path.home() / ".cache" / "tocsin")


def _version() -> str:
    found = re.search(r"<kafka.version>(.+?)</kafka.version>", POM.read_text())
    if found is None:
        raise ApacheKafkaMissing(f"{POM} names no version")
    return found.group(1)


def _need_java() -> None:
    java = shutil.which("java")
    if java is None:
        raise ApacheKafkaMissing("Java is not installed")
    told = subprocess.run([java, "-version"], capture_output=True, check=False, timeout=30).stderr.decode()
    found = re.search(r'version "(\d+)', told)
    if found is None or int(found.group(1)) < 17:
        raise ApacheKafkaMissing(f"Java 17 or newer is needed; this is {told.splitlines()[:1]}")


if __name__ == "__main__":
    print(kafka_jars(seconds=900))
