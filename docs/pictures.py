"""Take the pictures of the documentation from a running demo.

python docs/pictures.py [--after SECONDS] [--look FOLDER]: with --look every page in every size goes there besides, for
whoever changed how the console looks.
"""

import argparse
import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal, NamedTuple

from playwright.async_api import Browser, Page, async_playwright

from streams.clock import SystemClock

FOLDER: Final = Path(__file__).resolve().parent / "pictures"
CHROMIUM: Final = "/usr/bin/chromium"
TOCSIN: Final = Path(sys.executable).with_name("tocsin")
INCIDENT: Final = "the newest incident"

Scheme = Literal["light", "dark"]


class Picture(NamedTuple):
    """One picture of the documentation.

    Attributes:
        path: Of the page, or `INCIDENT`.
        part: A selector of what of the page is shown; the whole page without one, the first screen where `screen`.
    """

    name: str
    path: str
    width: int = 1180
    height: int = 640
    scheme: Scheme = "light"
    part: str = ""
    screen: bool = False


PICTURES: Final = (
    Picture("console-now", "/"),
    Picture("console-now-phone", "/", 390, 844, "dark", screen=True),
    Picture("console-incident", INCIDENT),
    Picture("console-topics", "/topics"),
    Picture("console-feeds", "/feeds"),
    Picture("console-on-call", "/on-call"),
    Picture("slack-page", "/inbox", 1000, part="article"),
)
SIZES: Final[tuple[tuple[str, int, int, Scheme], ...]] = (
    ("phone-night", 360, 780, "dark"),
    ("phone-day", 390, 844, "light"),
    ("desk-day", 1280, 800, "light"),
    ("desk-night", 1280, 800, "dark"),
    ("wall", 3840, 2160, "dark"),
)
PAGES: Final = {
    "now": "/",
    "incident": INCIDENT,
    "work": f"{INCIDENT}/work",
    "review": f"{INCIDENT}/review",
    "topics": "/topics",
    "topic": "/topics/refunds",
    "declare": "/declare",
    "on-call": "/on-call",
    "feeds": "/feeds",
    "dead-letters": "/feeds/dead-letters",
    "silences": "/silences",
    "weekly": "/reports/weekly",
    "inbox": "/inbox",
}


async def main(after_seconds: float, look: Path | None) -> None:
    """Run the demo, wait for its page and `after_seconds` longer, take the pictures, stop the demo."""
    demo = await asyncio.create_subprocess_exec(TOCSIN, "demo", "--port", "0", stdout=subprocess.PIPE, limit=1_000_000)
    address = key = ""
    try:
        async with asyncio.timeout(180):
            while demo.stdout is not None and (line := (await demo.stdout.readline()).decode()):
                if found := re.search(r"Console\s+(\S+)/\s+key: (\S+)", line):
                    address, key = found.groups()
                if "slack" in line and "posted" in line:
                    break
        await SystemClock().sleep(after_seconds)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            await take(browser, address, key)
            if look is not None:
                await take_all(browser, address, key, look)
            await browser.close()
    finally:
        demo.terminate()
        await demo.wait()


@asynccontextmanager
async def signed_in(
    browser: Browser, address: str, key: str, width: int, height: int, scheme: Scheme
) -> AsyncIterator[tuple[Page, str]]:
    """A page of this size, and the path of the newest incident."""
    context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = await context.new_page()
    await page.goto(f"{address}/login")
    await page.fill("input[name=key]", key)
    await page.press("input[name=key]", "Enter")
    await page.locator("article").first.wait_for()
    path = await page.locator("a[href^='/incidents/']").first.get_attribute("href")
    yield page, (path or "/").partition("#")[0]
    await context.close()


async def take(browser: Browser, address: str, key: str) -> None:
    """The pictures of the documentation."""
    for picture in PICTURES:
        size = (picture.width, picture.height, picture.scheme)
        async with signed_in(browser, address, key, *size) as (page, incident):
            await page.goto(address + picture.path.replace(INCIDENT, incident))
            target = FOLDER / f"{picture.name}.png"
            if picture.part:
                await page.locator(picture.part).first.screenshot(path=target)
            else:
                await page.screenshot(path=target, full_page=not picture.screen)


async def take_all(browser: Browser, address: str, key: str, folder: Path) -> None:
    """Every page in every size."""
    for size, width, height, scheme in SIZES:
        async with signed_in(browser, address, key, width, height, scheme) as (page, incident):
            for name, path in PAGES.items():
                await page.goto(address + path.replace(INCIDENT, incident))
                await page.screenshot(path=folder / f"{name}.{size}.png", full_page=size != "wall")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--after", type=float, default=100.0, metavar="SECONDS")
    arguments.add_argument("--look", type=Path, metavar="FOLDER")
    chosen = arguments.parse_args()
    asyncio.run(main(chosen.after, chosen.look))
