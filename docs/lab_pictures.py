"""Write the pictures of the laboratory: `python docs/lab_pictures.py`; needs Chromium and compiled kernels."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
PORT = 8791
PICTURES = (
    ("laboratory.png", "", 1280, 1500, "light"),
    ("laboratory-dark.png", "?v=1&scenario=tight&horizon=2030", 1280, 1500, "dark"),
    ("laboratory-phone.png", "", 390, 1200, "light"),
)
"""File, query, width, height, theme."""


def picture(browser: Browser, name: str, query: str, size: tuple[int, int], theme: str) -> None:
    """One picture of the page once leverage is measured."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{PORT}/{query}")
    page.locator("#verdict", has_text="leverage (a change").wait_for(timeout=60_000)
    page.locator("#verdict progress").wait_for(state="hidden", timeout=60_000)
    page.wait_for_timeout(1_000)
    page.screenshot(path=HERE / name)
    context.close()
    print(f"docs/{name}")


def main() -> None:
    """Start a server, take all pictures, stop it."""
    program = f"from visualization.server import *; serve(Place(port={PORT}), browser=False)"
    running = subprocess.Popen([sys.executable, "-c", program], cwd=HERE.parent, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        while "The laboratory is at" not in running.stdout.readline():
            time.sleep(0.1)
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for name, query, width, height, theme in PICTURES:
                picture(browser, name, query, (width, height), theme)
            browser.close()
    finally:
        running.terminate()
        running.wait(timeout=20)


if __name__ == "__main__":
    main()
