"""Text as HTML, escaped; panels with headings; the boundary that keeps a fault inside its panel."""

from __future__ import annotations

import html
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import reacton.ipyvuetify as rv
import solara

_log = logging.getLogger(__name__)


def escaped(text: object) -> str:
    """Text that means itself inside HTML."""
    return html.escape(str(text), quote=True)


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of plain text."""
    return f'<p class="{kind}">{escaped(text)}</p>' if kind else f"<p>{escaped(text)}</p>"


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; the first column heads its row."""
    head = "".join(f'<th scope="col">{escaped(cell)}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{escaped(first)}</th>{"".join(f"<td>{escaped(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return (
        f'<div class="lab-scroll" tabindex="0" role="region" aria-label="{escaped(caption)}"><table class="lab-table">'
        f"<caption>{escaped(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def block(tag: str, children: Sequence[Any], kind: str = "", **attributes: Any) -> Any:
    """An HTML element around other elements."""
    named = {name.replace("_", "-").strip("-"): value for name, value in attributes.items() if value is not None}
    return rv.Html(tag=tag, children=list(children), class_=kind, attributes=named)


def words(content: str, kind: str = "") -> Any:
    """HTML that was made with `escaped`, as an element."""
    return solara.HTML(tag="div", unsafe_innerHTML=content, classes=[kind] if kind else [])


def panel(name: str, title: str, about: str, children: Sequence[Any], *, wide: bool = False) -> Any:
    """A part of the page with its heading and one sentence on what it shows."""
    head = words(
        f'<h2 id="{name}-title">{escaped(title)}</h2>' + (paragraph(about, "lab-note") if about else ""), "lab-head"
    )
    kind = "lab-panel lab-wide" if wide else "lab-panel"
    return block("section", [head, *children], kind, id=name, aria_labelledby=f"{name}-title")


@solara.component
def Button(label: str, act: Callable[[], object], pressed: bool | None = None) -> Any:  # noqa: N802
    """A plain button; `pressed` says whether what it opens is open, None if it opens nothing."""
    attributes = {"type": "button"} | ({} if pressed is None else {"aria-expanded": str(pressed).lower()})
    element = rv.Html(tag="button", children=[label], attributes=attributes)
    rv.use_event(element, "click", lambda *_: act())
    return element


@solara.component
def Guard(title: str, body: Callable[..., Any], *given: Any) -> Any:  # noqa: N802  (components are named like classes)
    """Show a part of the page; if it fails, say so in its place and leave the rest of the page as it is."""
    error, clear = solara.use_exception()
    if error is None:
        return body(*given)
    _log.error("part %r failed", title, exc_info=error)
    text = f"This part ({title}) could not be shown: {type(error).__name__}. The rest of the page goes on."
    return block("section", [words(paragraph(text)), Button("Try again", clear)], "lab-panel lab-failed", role="alert")
