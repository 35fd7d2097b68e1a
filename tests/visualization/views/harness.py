"""Serves a page with every view and real payloads: `python -m tests.visualization.views.harness --shots FOLDER`.

Views get a model like anywidget's; scripts come from `visualization/assets` as in the application, or joined to one
module as in notebooks (`?joined=1`). Pictures are taken at three widths in both themes.
"""

from __future__ import annotations

import argparse
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright

import abm
from visualization.bundle import ASSETS, css_text, module_text
from visualization.payload import encode, encode_fan
from visualization.specs import CHARTS, describe
from visualization.tables import ternary_table, tornado_table, verdict_table
from visualization.timeline import timeline_rows

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WIDTHS = (390, 1280, 1920)
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8"}


def answers(pair, run=3):
    """What the page asks for, by path: payloads, tables, the page itself."""
    data = {
        "verdict": verdict_table(pair),
        "tornado": tornado_table(pair, 2028, "lead"),
        "ternary": ternary_table(pair, 2028),
        "rows": timeline_rows("history"),
        "specs": {name: describe(name) for name in CHARTS},
    }
    return {
        "/": (HERE / "page.html").read_bytes(),
        "/pair.bin": encode(pair, run),
        "/fan.bin": encode_fan(pair),
        "/data.json": json.dumps(data).encode(),
    }


@contextmanager
def served(known):
    """The address of the page while it is served."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.partition("?")[0]
            content, suffix = known.get(path), Path(path).suffix or ".html"
            if path.startswith("/joined/"):
                content = module_text(Path(path).stem).encode()
            elif path.startswith("/assets/"):
                content = css_text().encode() if suffix == ".css" else (ASSETS / Path(path).name).read_bytes()
            self.send_response(200 if content is not None else 404)
            self.send_header("content-type", TYPES.get(suffix, "application/octet-stream"))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def browser():
    """Debian's Chromium."""
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


def opened(chromium, address, width=1280, query="", height=900):
    """A page with its views drawn, and a list of what went wrong on it so far."""
    page, wrong = chromium.new_page(viewport={"width": width, "height": height}), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.goto(f"{address}?{query}")
    page.wait_for_function("window.ready === true")
    page.wait_for_timeout(400)
    return page, wrong


def shoot(folder):
    """Pictures of every view at three widths in both themes."""
    folder.mkdir(parents=True, exist_ok=True)
    pair = abm.compare("history", runs=200, seed=1, leverage=(2026, 2028, 2030, 2032))
    with served(answers(pair)) as address, browser() as chromium:
        for width in WIDTHS:
            for theme in ("light", "dark"):
                page, wrong = opened(chromium, address, width, f"theme={theme}")
                page.screenshot(path=folder / f"views_{width}_{theme}.png", full_page=True)
                print(f"{width} {theme}: {wrong or 'nothing went wrong'}")
                page.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shots", type=Path, required=True)
    shoot(parser.parse_args().shots)
