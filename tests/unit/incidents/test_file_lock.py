import asyncio
import sys
from pathlib import Path

from alerting.incidents.sql.file_lock import FileLock, Hold

HOLD_UNTIL_KILLED = """
import sys, threading
from pathlib import Path
from alerting.incidents.sql.file_lock import FileLock
lock = FileLock(Path(sys.argv[1]))
print(lock.acquire().value, flush=True)
threading.Event().wait()
"""


def test_one_holds_it_until_it_lets_go(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")

    assert first.acquire() is Hold.OURS
    assert first.acquire() is Hold.OURS
    assert second.acquire() is Hold.ANOTHERS
    first.release()
    first.release()
    assert second.acquire() is Hold.OURS
    second.release()


async def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLD_UNTIL_KILLED, str(path)), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    told = (await process.stdout.readline()).decode().strip()
    lock = FileLock(path)
    while_it_lived = lock.acquire()
    process.kill()
    await process.wait()

    assert (told, while_it_lived, lock.acquire()) == ("ours", Hold.ANOTHERS, Hold.OURS)
    lock.release()
