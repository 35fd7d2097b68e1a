"""The bar at the top: scenario, undo and redo, share link, theme; what is wrong with the last choice; the caveat."""

from __future__ import annotations

from typing import Any

import solara

from abm.scenario import list_scenarios
from visualization.controls import Header, use_control
from visualization.lab import Laboratory
from visualization.markup import Button, block, escaped, paragraph, words
from visualization.session import OWN, Session, encode

PAGES = (("./", "Explore"), ("compare", "Compare"), ("report", "Report"), ("about", "About"))
CAVEAT = "Up to 2026Q3 the law is as it stood; after that all is scenario, not forecast. Observations end with 2024Q4."


def banner(query: str) -> Any:
    """Title and links to the pages; the state goes along in the address."""
    carried = f"?{query}" if query else ""
    links = "".join(f'<a href="{href}{escaped(carried)}" data-carry>{text}</a>' for href, text in PAGES)
    under = '<span class="lab-sub">a laboratory of paired worlds, 2020 to 2032</span>'
    title = f"<h1>Do the AI-chip curbs backfire? {under}</h1>"
    inside = f'<div class="lab-banner">{title}<nav aria-label="Pages">{links}</nav></div>'
    return block("header", [words(inside)])


def use_bar(lab: Laboratory) -> Any:
    """The bar as an element."""
    view = lab.view.value
    session = view.session
    listed = list(list_scenarios().items())
    if session.toml:
        listed = [(OWN, "A scenario file that was uploaded."), *listed]

    def act(name: str, value: Any) -> None:
        if name == "undo":
            lab.undo()
        elif name == "redo":
            lab.redo()
        elif value != session.title:
            lab.show(Session(scenario=str(value), world=lab.session.world, horizon=lab.session.horizon))

    query = encode(session)
    return use_control(
        Header, act, scenarios=[list(one) for one in listed], scenario=session.title,
        can_undo=bool(view.past.back), can_redo=bool(view.past.forth), query="" if session == Session() else query,
    )  # fmt: skip


@solara.component
def HeaderPart(lab: Laboratory) -> Any:  # noqa: N802
    """Bar, messages, caveat."""
    problems = [*lab.view.value.problems, *([lab.trouble.value] if lab.trouble.value else [])]
    bar = use_bar(lab)
    told = "".join(paragraph(text) for text in problems)
    return block(
        "section",
        [
            bar,
            block(
                "div",
                [words(told), Button("Close", lab.complain)],
                "lab-problems" if problems else "lab-quiet",
                role="alert",
            ),
            words(paragraph(CAVEAT), "lab-caveat"),
        ],
        "lab-top",
        aria_label="What is chosen",
    )
