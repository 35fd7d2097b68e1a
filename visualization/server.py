"""Serves the laboratory: Solara in production mode behind safe headers, with downloads, and no host but its own.

Nothing is fetched from elsewhere: `solara-assets` brings the shell, `visualization/assets` the rest. Settings of Solara
are read from the environment when it is imported, so they are set first.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import warnings
import webbrowser
from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOST, PORT = "127.0.0.1", 8765
PORTS_TRIED = 20
"""Ports after a taken one that are tried."""
ASSETS = Path(__file__).parent / "assets"
APP = "visualization.app"

SETTINGS = {
    "SOLARA_APP": APP,
    "SOLARA_MODE": "production",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_ASSETS_FONTAWESOME_ENABLED": "False",
    "SOLARA_ASSETS_EXTRA_LOCATIONS": f"{ASSETS / 'app'},{ASSETS}",
    "SOLARA_KERNEL_MAX_COUNT": "60",
    "SOLARA_KERNEL_MAX_PER_SESSION": "12",
    "SOLARA_KERNEL_CULL_TIMEOUT": "10m",
    "SOLARA_STATE_AUTO_REMOUNT": "True",
    "SOLARA_SESSION_HTTP_ONLY": "True",
    "SOLARA_THEME_SHOW_BANNER": "False",
    "SOLARA_THEME_LOADER": "plain",
    "SOLARA_THEME_VARIANT": "light",
    "SOLARA_THEME_TITLE": "Do the AI-chip curbs backfire?",
}
"""Settings of Solara; a deployment may set others in its environment, except for those in `FORCED`."""
FORCED = ("SOLARA_APP", "SOLARA_MODE", "SOLARA_TELEMETRY_MIXPANEL_ENABLE", "SOLARA_ASSETS_EXTRA_LOCATIONS")

HEADERS = {
    # the shell compiles its templates and widgets load as blobs, hence 'unsafe-eval' and blob:
    "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
}
"""Headers of every answer."""

type Scope = MutableMapping[str, Any]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """Where the laboratory listens."""

    host: str = HOST
    port: int = PORT

    @property
    def address(self) -> str:
        """What one types into a browser on the same machine."""
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)
        return f"http://{shown}:{self.port}/"


class SafeHeaders:
    """Adds `HEADERS` to every answer over HTTP."""

    def __init__(self, app: Any):
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def safe(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                known = {name.lower() for name, _ in message["headers"]}
                more = [
                    (name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in known
                ]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self.app(scope, receive, safe)


def configure() -> None:
    """Set the environment that Solara reads when it is imported."""
    if "solara.server" in sys.modules and any(os.environ.get(name) != SETTINGS[name] for name in FORCED):
        _log.warning("Solara was imported before the laboratory set it up; some settings may not hold")
    for name, value in SETTINGS.items():
        if name in FORCED:
            os.environ[name] = value
        else:
            os.environ.setdefault(name, value)


def application() -> Any:
    """The ASGI application, for any server: `uvicorn --factory visualization.server:application`."""
    configure()
    from solara.server import starlette as shell  # noqa: PLC0415  (reads the environment)
    from starlette.applications import Starlette  # noqa: PLC0415
    from starlette.middleware import Middleware  # noqa: PLC0415
    from starlette.routing import Mount, Route  # noqa: PLC0415

    from visualization.compute import warm_up  # noqa: PLC0415
    from visualization.downloads import download, report  # noqa: PLC0415
    from visualization.widgets import serve_from  # noqa: PLC0415

    # the shell warns of every visit over plain HTTP; behind a proxy that sends x-forwarded-proto all is well
    warnings.filterwarnings("ignore", "Cookies with samesite=none require https", UserWarning)
    serve_from(f"{os.environ.get('SOLARA_ROOT_PATH', '')}/static/assets/")

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        seconds = warm_up()
        async with shell.lifespan(app):
            _log.info("ready after %.1f s", seconds)
            yield

    return Starlette(
        routes=[
            Route("/download/{name}", download),
            Route("/reproduction/{path:path}", report),
            Mount("/", app=shell.app),
        ],
        middleware=[Middleware(SafeHeaders)],
        lifespan=lifespan,
    )


# --- start and stop ---------------------------------------------------------------------------------------------------


def free_place(wanted: Place) -> Place:
    """The place itself, or the next free port.

    Raises
    ------
    OSError
        A host that is not of this machine, or no free port among the next.
    """
    for port in range(wanted.port, min(wanted.port + PORTS_TRIED, 65536)):
        if _is_free(wanted.host, port):
            return Place(wanted.host, port)
    raise OSError(
        f"ports {wanted.port} to {wanted.port + PORTS_TRIED - 1} of {wanted.host} are taken; choose another --port"
    )


def _is_free(host: str, port: int) -> bool:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
    except socket.gaierror as error:
        raise OSError(f"host {host!r} cannot be used: {error.strerror}; 127.0.0.1 is this machine alone") from None
    with socket.socket(family, kind) as trial:
        if os.name == "posix":
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(address)
        except PermissionError:
            raise OSError(f"port {port} needs rights that this process lacks; choose --port 1024 or above") from None
        except OSError as error:
            if error.errno == 99:  # not an address of this machine
                raise OSError(f"host {host!r} is no address of this machine; try 127.0.0.1 or 0.0.0.0") from None
            return False
    return True


def serve(place: Place, query: str = "", browser: bool = True) -> int:
    """Serve until Ctrl-C or SIGTERM; 0 when stopped so.

    Parameters
    ----------
    query : of a share link, opened first.
    browser : open the page in a browser, if there is one.
    """
    import uvicorn  # noqa: PLC0415  (slow to import)

    from abm.machine import compiled_before  # noqa: PLC0415

    found = free_place(place)
    if found.port != place.port:
        print(f"curbs: port {place.port} is taken, using {found.port}", file=sys.stderr)
    address = found.address + (f"?{query}" if query else "")
    if not compiled_before():
        print("curbs: compiling the model for this machine, once; it takes some minutes", file=sys.stderr, flush=True)
    app = application()
    config = uvicorn.Config(
        app, host=found.host, port=found.port, log_level="warning", access_log=False, ws_max_size=2**20,
        timeout_graceful_shutdown=1, server_header=False, lifespan="on",
    )  # fmt: skip
    server = uvicorn.Server(config)
    threading.Thread(target=_announce, args=(server, address, browser), daemon=True).start()
    with _stops(server):
        server.run()
    print("curbs: stopped", file=sys.stderr)
    return 0


@contextlib.contextmanager
def _stops(server: Any) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the server; pages that are open are told, and what they wait for is dropped quietly."""

    def stop(_number: int, _frame: Any) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        server.force_exit = server.should_exit  # a second Ctrl-C waits for nothing
        server.should_exit = True

    server.install_signal_handlers = lambda: None
    server.capture_signals = contextlib.nullcontext
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _announce(server: Any, address: str, browser: bool) -> None:
    """Say where the page is once it answers, and open it."""
    waiting = threading.Event()
    while not server.started:
        if server.should_exit:
            return
        waiting.wait(0.05)
    print(f"The laboratory is at {address}  (Ctrl-C ends it)", flush=True)
    if browser:
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(address)
