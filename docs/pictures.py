"""Take the pictures of the README from a running demo: python docs/pictures.py [seconds into the crisis]."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

from playwright.async_api import async_playwright

from streams.clock import SystemClock

FOLDER = Path(__file__).resolve().parent / "pictures"
CHROMIUM = "/usr/bin/chromium"
TOCSIN = Path(sys.executable).with_name("tocsin")


async def main(wait_seconds: float) -> None:
    """Run the demo, wait for its page and `wait_seconds` longer, take the pictures, stop the demo."""
    demo = await asyncio.create_subprocess_exec(TOCSIN, "demo", "--port", "0", stdout=subprocess.PIPE, limit=1_000_000)
    address = key = ""
    try:
        async with asyncio.timeout(180):
            while demo.stdout is not None and (line := (await demo.stdout.readline()).decode()):
                if found := re.search(r"Console\s+(\S+)/\s+key: (\S+)", line):
                    address, key = found.groups()
                if "slack" in line and "posted" in line:
                    break
        await SystemClock().sleep(wait_seconds)
        await take(address, key)
    finally:
        demo.terminate()
        await demo.wait()


async def take(address: str, key: str) -> None:
    """Sign in and take the pictures."""
    FOLDER.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1180, "height": 640})
        await page.goto(f"{address}/login")
        await page.fill("input[name=key]", key)
        await page.press("input[name=key]", "Enter")
        await page.locator("article").first.wait_for()
        await page.screenshot(path=FOLDER / "console-now.png", full_page=True)
        await page.locator("a[href^='/incidents/']").first.click()
        await page.locator("#drivers").wait_for()
        await page.screenshot(path=FOLDER / "console-incident.png", full_page=True)
        await page.set_viewport_size({"width": 1000, "height": 640})
        await page.goto(f"{address}/inbox")
        await page.locator("article").first.screenshot(path=FOLDER / "slack-page.png")
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 100.0))
