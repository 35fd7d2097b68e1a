"""The server: ports, headers, settings, start and stop; the command that starts it."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest
from asgi import get
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from abm.scenario import ScenarioError
from visualization import commands, server
from visualization.commands import app_command, first_query
from visualization.server import FORCED, HEADERS, SETTINGS, Place, SafeHeaders, configure, free_place
from visualization.session import Session, decode

ROOT = Path(__file__).parents[2]
STARTED = 900.0
"""Seconds that a start may take; most of it is the compiler where the model was not compiled before."""


@pytest.fixture
def taken():
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        yield one.getsockname()[1]


def test_a_taken_port_gives_way_to_the_next_free_one(taken):
    found = free_place(Place(port=taken))
    assert found.port > taken
    assert found.address == f"http://127.0.0.1:{found.port}/"


def test_no_free_port_is_an_error_with_the_cure(taken, monkeypatch):
    monkeypatch.setattr(server, "PORTS_TRIED", 1)
    with pytest.raises(OSError, match=f"ports {taken} to {taken} of 127.0.0.1 are taken; choose another --port"):
        free_place(Place(port=taken))


def test_a_host_of_another_machine_is_an_error_with_the_cure():
    with pytest.raises(OSError, match="no address of this machine"):
        free_place(Place("192.0.2.1"))
    with pytest.raises(OSError, match="cannot be used"):
        free_place(Place("no such host"))


def test_all_addresses_are_shown_as_one_that_can_be_typed():
    assert Place("0.0.0.0", 80).address == "http://127.0.0.1:80/"


def test_every_answer_has_safe_headers():
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("x"))], middleware=[Middleware(SafeHeaders)])
    for path in ("/", "/nothing"):
        assert {name: get(app, path).headers[name] for name in HEADERS} == HEADERS


def test_headers_of_an_answer_itself_are_kept():
    own = {"x-frame-options": "DENY"}
    app = Starlette(
        routes=[Route("/", lambda _: PlainTextResponse("x", headers=own))], middleware=[Middleware(SafeHeaders)]
    )
    assert [value for name, value in get(app, "/").raw_headers if name == "x-frame-options"] == ["DENY"]


def test_no_host_but_this_one_is_allowed_by_the_policy():
    assert "http" not in HEADERS["content-security-policy"]
    assert "*" not in HEADERS["content-security-policy"]


def test_a_deployment_may_set_what_is_not_forced(monkeypatch):
    for name in SETTINGS:
        monkeypatch.setenv(name, "mine")
    configure()
    assert {name for name in SETTINGS if os.environ[name] != "mine"} == set(FORCED)


def test_the_command_passes_on_what_it_was_told(monkeypatch):
    seen = []
    monkeypatch.setattr(commands, "serve", lambda *given, **named: seen.append((given, named)) or 0)
    args = argparse.Namespace(host="127.0.0.1", port=9000, scenario="tight", no_browser=True)
    assert app_command(args) == 0
    assert seen == [((Place("127.0.0.1", 9000), "v=1&scenario=tight"), {"browser": False})]


def test_a_scenario_file_is_opened_by_a_link(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('mode = "script"\n[parameters]\nenforcement = 0.9\n')
    assert decode(first_query(str(path)))[0] == Session(toml=path.read_text())
    path.write_text("mode = 1")
    with pytest.raises(ScenarioError, match=r"mine\.toml: .*mode"):
        first_query(str(path))
    with pytest.raises(ScenarioError, match="nearest valid name: 'tight'"):
        first_query("tigth")


@pytest.mark.slow
def test_the_server_starts_says_where_and_stops_on_ctrl_c(taken, tmp_path):
    program = f"from visualization.server import *; raise SystemExit(serve(Place(port={taken}), browser=False))"
    log = tmp_path / "log"
    with log.open("w") as out:
        running = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=out, stderr=out)
        try:
            address = _announced(log, running)
            assert f"curbs: port {taken} is taken, using {taken + 1}" in log.read_text()
            with urllib.request.urlopen(address, timeout=20) as answer:
                page = answer.read().decode()
                assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]
                assert answer.headers["server"] is None
            assert "//cdn." not in page.replace("https://cdn.jsdelivr.net/npm", "//cdn.") or "/_solara/cdn" in page
            began = time.monotonic()
            running.send_signal(signal.SIGINT)
            assert running.wait(timeout=20) == 0
            assert time.monotonic() - began < 10.0
            assert "curbs: stopped" in log.read_text()
            assert "Traceback" not in log.read_text()
        finally:
            running.kill()


def _announced(log: Path, running: subprocess.Popen) -> str:
    end = time.monotonic() + STARTED
    while time.monotonic() < end:
        text = log.read_text()
        if "The laboratory is at" in text:
            return text.partition("The laboratory is at ")[2].split()[0]
        assert running.poll() is None, text
        time.sleep(0.1)
    raise AssertionError(f"not started within {STARTED:.0f} s: {log.read_text()}")
