"""One server and one Chromium for all tests; every page is watched for errors and for requests to other hosts."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from page_states import ready

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
STARTED = 900.0
"""Seconds that the server may take to be ready; most of it is the compiler where the model was not compiled before."""
USABLE = 90_000.0
"""Milliseconds that anything on the page may take; the budgets are measured in benchmarks/bench_lab.py."""
ON_PURPOSE = "failed on purpose"
SHELL = "Failed to evaluate Vue script and find module.exports"
"""A warning of Solara's own router widget."""


class Lab:
    """The running laboratory."""

    def __init__(self, address: str, log: Path, process: subprocess.Popen):
        self.address, self.log, self.process = address, log, process

    def work(self) -> dict:
        """Ensembles submitted so far and those that are running."""
        with urllib.request.urlopen(f"{self.address}test/work", timeout=10) as answer:
            return json.load(answer)

    def busy(self) -> None:
        """Wait until something is computed."""
        began = time.monotonic()
        while not self.work()["running"]:
            assert time.monotonic() - began < 20.0, "no work began"
            time.sleep(0.01)

    def idle(self, within: float = 60.0) -> float:
        """Wait until nothing is computed; seconds it took."""
        began = time.monotonic()
        while self.work()["running"]:
            assert time.monotonic() - began < within, "work goes on"
            time.sleep(0.05)
        return time.monotonic() - began


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("lab") / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "lab_server.py"), str(port)], cwd=ROOT, stdout=out, stderr=out
        )
    try:
        end = time.monotonic() + STARTED
        while "The laboratory is at" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, f"not ready within {STARTED:.0f} s: {log.read_text()}"
            time.sleep(0.1)
        yield Lab(f"http://127.0.0.1:{port}/", log, process)
    finally:
        process.terminate()
        process.wait(timeout=20)
    text = log.read_text()
    assert text.count("Traceback") <= text.count(f"RuntimeError: {ON_PURPOSE}"), text


@pytest.fixture(scope="module")  # its event loop must not outlive the tests of a browser
def chromium():
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI"):
            pytest.fail(f"no Chromium at {CHROMIUM}; install it, tests in a browser are part of CI")
        pytest.skip(f"no Chromium at {CHROMIUM}")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """A browser context of its own whose pages are watched."""

    def __init__(self, chromium, lab: Lab, **options):
        self.lab = lab
        self.context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.context.set_default_timeout(USABLE)
        self.faults: list[str] = []

    def open(self, path: str = ""):
        """A page that is usable: the verdict of its ensemble is there."""
        page = self.blank()
        page.goto(self.lab.address + path)
        return page

    def blank(self):
        page = self.context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)
        return page

    def _console(self, message) -> None:
        if message.type in ("error", "warning") and SHELL not in message.text:
            self.faults.append(f"console {message.type}: {message.text}")

    def _request(self, request) -> None:
        if not re.match(r"(ws|http)://127\.0\.0\.1:|data:|blob:|about:", request.url):
            self.faults.append(f"request to another host: {request.url}")

    def _response(self, response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status}: {response.url}")

    def close(self) -> None:
        self.context.close()


@pytest.fixture
def visitor(chromium, lab):
    """Opens pages, and at the end nothing may have gone wrong on them."""
    made: list[Visitor] = []

    def new(**options) -> Visitor:
        made.append(Visitor(chromium, lab, **options))
        return made[-1]

    yield new
    for one in made:
        one.close()
    assert [fault for one in made for fault in one.faults] == []


@pytest.fixture
def page(visitor):
    """The first page, usable."""
    found = visitor().open()
    ready(found)
    return found
