"""Native controls of the page as widgets: the bar at the top, small forms, the sliders of all assumptions.

They are plain HTML inputs, so that a keyboard and a screen reader find what they expect. Each sends events one at a
time; `seen` answers, so that a slider that is dragged never floods the server.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import anywidget
import solara
import traitlets as t

ASSETS = Path(__file__).parent / "assets" / "app"
SERVED = "/static/assets/"

type Event = Mapping[str, Any]


@lru_cache(maxsize=1)
def _version() -> str:
    """Changes when a script does, so that browsers fetch it anew."""
    texts = b"".join(path.read_bytes() for path in sorted(ASSETS.glob("*.js")))
    return hashlib.sha256(texts).hexdigest()[:12]


def _loader(module: str) -> str:
    address = f'(window.solara?.rootPath ?? "") + "{SERVED}{module}.js?v={_version()}"'
    return f"const found = await import(new URL({address}, location.origin));\nexport default found.default;\n"


class Control(anywidget.AnyWidget):
    """What controls have in common.

    Attributes
    ----------
    event : the last event, {"name", "value", "number"}; out.
    seen : number of the event that was handled last.
    """

    module = ""
    _esm = t.Unicode().tag(sync=True)
    event = t.Dict().tag(sync=True)
    seen = t.Int(0).tag(sync=True)

    @t.default("_esm")
    def _scripts(self) -> str:
        return _loader(self.module)


class Header(Control):
    """Scenario, undo, redo, share link, theme; keeps the address of the page up to date."""

    module = "header"
    scenarios: Any = t.List().tag(sync=True)
    scenario = t.Unicode("").tag(sync=True)
    can_undo = t.Bool(False).tag(sync=True)
    can_redo = t.Bool(False).tag(sync=True)
    query = t.Unicode("").tag(sync=True)


class Form(Control):
    """A few controls; `fields` says what they are and what they show, `place` makes their ids unique."""

    module = "form"
    fields: Any = t.List().tag(sync=True)
    place = t.Unicode("form").tag(sync=True)


class Assumptions(Control):
    """Sliders of all parameters; `values` are those that are held, `source` the address of their metadata."""

    module = "assumptions"
    values = t.Dict().tag(sync=True)
    source = t.Unicode("").tag(sync=True)


def use_control(kind: type[Control], on: Callable[[str, Any], None], **traits: Any) -> Any:
    """A control as an element; `on` is called with the name and the value of each event."""
    seen, set_seen = solara.use_state(0)

    def handle(event: Event) -> None:
        if event:
            try:
                on(str(event["name"]), event["value"])
            finally:
                set_seen(int(event["number"]))

    return kind.element(seen=seen, on_event=handle, **traits)


# --- fields of forms --------------------------------------------------------------------------------------------------


def select(name: str, label: str, options: Sequence[tuple[str, str]], value: str) -> dict[str, Any]:
    """A choice of one of some values with texts."""
    return {"kind": "select", "name": name, "label": label, "options": [list(one) for one in options], "value": value}


def button(name: str, label: str, disabled: bool = False) -> dict[str, Any]:
    """A button."""
    return {"kind": "button", "name": name, "label": label, "disabled": disabled}


def check(name: str, label: str, value: bool) -> dict[str, Any]:
    """A box to tick."""
    return {"kind": "check", "name": name, "label": label, "value": value}


def progress(name: str, label: str, value: float | None, text: str) -> dict[str, Any]:
    """How far work is, 0 to 1; None hides it."""
    return {"kind": "progress", "name": name, "label": label, "value": value, "text": text}


def note(name: str, text: str) -> dict[str, Any]:
    """A sentence; "" hides it."""
    return {"kind": "note", "name": name, "label": name, "text": text}


def upload(name: str, label: str, accept: str, most: int) -> dict[str, Any]:
    """A file to send, of at most so many bytes."""
    return {"kind": "file", "name": name, "label": label, "accept": accept, "most": most}
