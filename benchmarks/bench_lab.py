"""Measure the browser laboratory against its budget, in a real Chromium: `python benchmarks/bench_lab.py`.

Prints a table of budget and measurement, with N. Compiled kernels are supposed; nothing else should run meanwhile.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--enable-precise-memory-info",
)  # fmt: skip
MOVES = 40
"""Moves of a slider that are timed."""
VISITORS = 10
CYCLES = 10
FRESH = ".lab-sentence[aria-busy=false]"

WATCH = """() => {
  window.__frames = []; window.__long = 0;
  const add = (list) => { for (const one of list.getEntries()) window.__long += one.duration; };
  new PerformanceObserver(add).observe({ entryTypes: ["longtask"] });
  const step = (now) => { window.__frames.push(now); requestAnimationFrame(step); };
  requestAnimationFrame(step);
}"""

MOVE = """([value, quiet]) => new Promise((done) => {
  const slider = document.querySelector("#a-price_sensitivity");
  const charts = [...document.querySelectorAll("#series .lab-card")];
  const began = performance.now();
  let last = began;
  const seen = new MutationObserver(() => { last = performance.now(); });
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  for (const one of charts) seen.observe(one, all);
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  const first = () => {
    if (last === began && performance.now() - began < 5000) return setTimeout(first, 5);
    const settled = () => {
      if (performance.now() - last < quiet) return setTimeout(settled, 5);
      seen.disconnect();
      done(last - began);
    };
    settled();
  };
  first();
})"""


@dataclass
class Table:
    """Rows of what was measured."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, what: str, budget: str, found: str) -> None:
        """One row, printed at once."""
        self.rows.append((what, budget, found))
        print(f"| {what} | {budget} | {found} |", flush=True)


@contextmanager
def server(port: int) -> Iterator[tuple[str, float, int]]:
    """The laboratory on a port: address, seconds until it was ready, process id."""
    program = f"from visualization.server import *; serve(Place(port={port}), browser=False)"
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as log:
        began = time.monotonic()
        running = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=log, stderr=log)
        try:
            while "The laboratory is at" not in Path(log.name).read_text():
                if running.poll() is not None:
                    raise SystemExit(Path(log.name).read_text())
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port}/", time.monotonic() - began, running.pid
        finally:
            running.terminate()
            running.wait(timeout=20)


def memory(pid: int) -> float:
    """Resident memory of a process, MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def median(values: list[float]) -> float:
    """Middle value."""
    return statistics.median(values)


def p95(values: list[float]) -> float:
    """95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


@dataclass
class Traffic:
    """Bytes of a page: HTTP as sent over the wire, and the websocket."""

    http: float = 0.0
    socket: float = 0.0

    def watch(self, page: Page) -> None:
        """Count from now on."""
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda one: self._add_http(one["encodedDataLength"]))
        page.on("websocket", lambda socket: socket.on("framereceived", self._add_frame))

    def _add_http(self, size: float) -> None:
        self.http += size

    def _add_frame(self, data: Any) -> None:
        self.socket += len(data)


def opened(browser: Browser, address: str, prepare: Callable[[Page], None] | None = None) -> Page:
    """A usable page of a new visitor."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    if prepare is not None:
        prepare(page)
    page.goto(address)
    page.locator(FRESH).wait_for(timeout=60_000)
    return page


def cold_load(browser: Browser, address: str, table: Table) -> None:
    """First paint, usable, bytes."""
    paints, usable, https, sockets = [], [], [], []
    for _ in range(5):
        traffic = Traffic()
        began = time.monotonic()
        page = opened(browser, address, traffic.watch)
        usable.append(time.monotonic() - began)
        paints.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"))
        page.wait_for_timeout(2_500)
        https.append(traffic.http / 1e6)
        sockets.append(traffic.socket / 1e3)
        page.context.close()
    table.add("first paint, cold browser", "≤ 1.5 s", f"{median(paints):.2f} s (N = 5)")
    table.add("verdict shown, cold browser", "≤ 2.5 s", f"{median(usable):.2f} s (N = 5)")
    table.add("HTTP of a first visit", "≤ 1.8 MB", f"{median(https):.2f} MB")
    table.add("websocket of a first visit, both ensembles", "≤ 350 kB", f"{median(sockets):.0f} kB")


def sliders(browser: Browser, address: str, table: Table) -> None:
    """A slider to the last chart, and to the verdict."""
    page = opened(browser, address)
    page.get_by_role("button", name="Show the assumptions").click()
    page.locator("#a-price_sensitivity").wait_for(state="attached")
    page.wait_for_timeout(3_000)
    found, verdicts = [], []
    for place in range(MOVES):
        began = time.monotonic()
        found.append(page.evaluate(MOVE, [1.6 + 0.02 * place, 60]))
        page.locator(FRESH).wait_for()
        verdicts.append(time.monotonic() - began)
        page.wait_for_timeout(1_800)
    table.add("slider to last chart (pair), median and 95 %", "≤ 150, 300 ms",
              f"{median(found):.0f}, {p95(found):.0f} ms (N = {MOVES})")  # fmt: skip
    table.add("slider to 200-pair verdict, median", "≤ 0.5 s", f"{median(verdicts):.2f} s (N = {MOVES})")
    page.context.close()


def playback(browser: Browser, address: str, table: Table) -> None:
    """Frames and websocket bytes while the clock runs at four times."""
    traffic = Traffic()
    page = opened(browser, address, traffic.watch)
    page.wait_for_timeout(4_000)
    page.evaluate(WATCH)
    page.locator("#network").get_by_label("Speed").select_option(label="4×")
    page.locator("#network input[type=range]").first.focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(500)
    before = traffic.socket
    page.evaluate("window.__frames = []; window.__long = 0")
    page.keyboard.press("Space")
    page.wait_for_timeout(3_000)
    frames, long = page.evaluate("[window.__frames, window.__long]")
    gaps = [after - one for one, after in pairwise(frames)]
    sent = traffic.socket - before
    table.add(
        "frames a second while playing at 4×",
        "≥ 30",
        f"{1000.0 / statistics.mean(gaps):.0f} (longest gap {max(gaps):.0f} ms)",
    )
    table.add("tasks over 50 ms in 3 s of playing", "none", f"{long:.0f} ms")
    table.add("websocket while playing", "0 B", f"{sent:.0f} B")
    page.context.close()


def many(browser: Browser, address: str, pid: int, table: Table) -> None:
    """Ten visitors, one of whom computes; memory of a session and after many visits."""
    before = memory(pid)
    pages = [opened(browser, f"{address}?v=1&world={place}") for place in range(VISITORS)]
    pages[0].wait_for_timeout(3_000)
    table.add(f"memory of a session ({VISITORS} open)", "≤ 3 MB", f"{(memory(pid) - before) / VISITORS:.1f} MB")
    mover, worker = pages[0], pages[1]
    mover.get_by_role("button", name="Show the assumptions").click()
    mover.locator("#a-price_sensitivity").wait_for(state="attached")
    worker.get_by_role("button", name="5,000 pairs").click()
    worker.wait_for_timeout(500)
    found = [mover.evaluate(MOVE, [3.0 + 0.05 * place, 60]) for place in range(10)]
    table.add(f"slider with {VISITORS} visitors, one of them computing", "≤ 250 ms", f"{median(found):.0f} ms (N = 10)")
    began = time.monotonic()
    worker.get_by_role("button", name="Cancel").click()
    worker.locator("#verdict progress").wait_for(state="hidden")
    table.add("cancel to idle page", "≤ 1 s", f"{time.monotonic() - began:.2f} s")
    for page in pages:
        page.context.close()
    levels = []
    for _ in range(CYCLES):
        opened(browser, address).context.close()
        time.sleep(1.0)
        levels.append(memory(pid))
    table.add(f"memory over {CYCLES} visits, fifth and last", "plateau", f"{levels[4]:.0f}, {levels[-1]:.0f} MB")


def main() -> None:
    """Run all measurements."""
    table = Table()
    with server(8790) as (address, ready, pid), sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        table.add("load of the machine over the last minute", "0", f"{os.getloadavg()[0]:.1f}")
        table.add("start to ready, kernels compiled", "≤ 3 s", f"{ready:.1f} s")
        cold_load(browser, address, table)
        sliders(browser, address, table)
        playback(browser, address, table)
        many(browser, address, pid, table)
        browser.close()
    print(json.dumps(table.rows, ensure_ascii=False))


if __name__ == "__main__":
    main()
