"""The report: one HTML page with every claim, its verdict, figure and numbers; it needs no network and prints well."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from experiments.products import write_text
from experiments.reproducing.expectations import DIFFERS
from experiments.reproducing.findings import Number
from experiments.reproducing.session import FIGURE, SESSION, Outcome, numbers_of
from experiments.reproducing.study import KINDS
from experiments.reproducing.verdicts import WORDS

PAGE = "index.html"
STYLE = Path(__file__).with_name("page.css")
TITLE = "Do the chip curbs backfire?"
TABLE = "table"
"""Name of the table of a study that the report prints."""
LIMITS = (
    "The model is calibrated on facts to 2024Q4. Everything after 2026Q3 is a scenario: no policy of these years is "
    "known.",
    "A probability is a share of simulated worlds. It holds under the model and its posterior or prior; it is no "
    "forecast of what governments will do.",
    "Both arms of a pair share every draw of chance and every parameter, so a difference is an effect of the rules in "
    "the model, not a correlation.",
    "Rows of data with low confidence carry their uncertainty as ranges; the data pack names the source of every row.",
    "China's no-control share of world supply, mobilisation and the weights of regulators are pinned by no fact. Where "
    "a verdict turns on one of them, its sentence says so.",
)


def write_report(folder: Path, outcomes: Sequence[Outcome]) -> Path:
    """Write `index.html` beside the studies."""
    path = folder / PAGE
    session = json.loads((folder / SESSION).read_text(encoding="utf-8"))
    write_text(path, render(folder, outcomes, session))
    return path


def render(folder: Path, outcomes: Sequence[Outcome], session: dict[str, Any]) -> str:
    """The whole page."""
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(TITLE)}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta http-equiv="content-security-policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">",
        f"<style>{STYLE.read_text(encoding='utf-8')}</style></head><body>",
        *_executive(outcomes, session),
        *(line for kind in KINDS for line in _chapter(folder, kind, outcomes)),
        *_closing(session, outcomes),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


# --- the executive page -----------------------------------------------------------------------------------------------


def _executive(outcomes: Sequence[Outcome], session: dict[str, Any]) -> Iterator[str]:
    """What we find, how sure, what decides it."""
    worlds = sum(int(one.shown.facts["worlds"]) for one in outcomes if one.shown is not None)
    yield f'<header><p class="kicker">Reproduction report, {escape(session["mode"])} run</p><h1>{escape(TITLE)}</h1>'
    yield (
        "<p>AI-chip export controls in an agent-based model, 2020 to 2032: every claim as an experiment, with its "
        f"verdict by rule. {len(outcomes)} studies, {worlds:,} pairs or sets of worlds in all.</p></header>"
    )
    if session["changed"]:
        held = ", ".join(f"{name} = {value:g}" for name, value in session["changed"].items())
        yield f'<p class="warning">Changed on purpose, to see that the comparison can fail: {escape(held)}.</p>'
    control = session["negative_control"]["sentence"]
    yield f'<p class="kicker">Negative control: {escape(control)}</p>'
    yield "<section><h2>What we find, how sure, and what decides it</h2>"
    yield from _in_short(outcomes)
    for kind, told in KINDS.items():
        chosen = [one for one in outcomes if one.study.kind == kind]
        if chosen:
            yield f"<h3>{escape(told.capitalize())}</h3>"
            yield '<table class="verdicts"><thead><tr><th></th><th>study</th><th>verdict</th></tr></thead><tbody>'
            yield from (_summary_row(one) for one in chosen)
            yield "</tbody></table>"
    yield "<h3>Words</h3><p>Probabilities are worded as by the IPCC: "
    yield ", ".join(f"{word} from {100 * least:.0f} %" for least, word in WORDS[:-1]) + ", below that "
    yield (
        f"{WORDS[-1][1]}. “Unclear” is a 90 % interval from below a third to above two thirds; “depends on an "
        "assumption” is a claim that is likely at one end of a parameter and unlikely at the other.</p></section>"
    )


def _in_short(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """How the claims of the article fare, how sure that is, and what decides: counted, not written."""
    claims = [one for one in outcomes if one.study.kind == "claim" and one.verdict is not None]
    if not claims:
        return
    groups = {
        "likely or better": [one for one in claims if one.verdict is not None and one.verdict.tone > 0],
        "open: about as likely as not, unclear, or a matter of an assumption": [
            one for one in claims if one.verdict is not None and one.verdict.tone == 0
        ],
        "unlikely or worse": [one for one in claims if one.verdict is not None and one.verdict.tone < 0],
    }
    yield f"<p>Of {len(claims)} claims of the article, under the model and its posterior:</p><ul>"
    for words, chosen in groups.items():
        named = "; ".join(escape(one.study.title) for one in chosen)
        yield f"<li><b>{len(chosen)} {words}</b>{': ' if named else ''}{named}</li>"
    yield "</ul>"
    decided = [(one.decides.name, one.study.number) for one in outcomes if one.decides]
    if decided:
        told = "; ".join(f"{name} (study {number})" for name, number in decided)
        yield f"<p>Parameters that decide a verdict beyond chance: {escape(told)}.</p>"


def _summary_row(one: Outcome) -> str:
    link = f'<a href="#{one.study.id}">{escape(one.study.title)}</a>'
    return f"<tr><td>{one.study.number}</td><td>{link}</td><td>{_badge(one)} {_sentence(one)}</td></tr>"


def _badge(one: Outcome) -> str:
    if one.verdict is None:
        return '<span class="badge tone0">not run</span>'
    return f'<span class="badge tone{one.verdict.tone}">{escape(one.verdict.word)}</span>'


def _sentence(one: Outcome) -> str:
    """The verdict without the word, which stands in the badge before it."""
    if one.verdict is None:
        return escape(f"It could not be carried out: {one.failure}")
    _, _, rest = one.verdict.sentence.partition(": ")
    return escape(rest[:1].upper() + rest[1:])


# --- a section a claim ------------------------------------------------------------------------------------------------


def _chapter(folder: Path, kind: str, outcomes: Sequence[Outcome]) -> Iterator[str]:
    chosen = [one for one in outcomes if one.study.kind == kind]
    if chosen:
        yield f'<h2 class="chapter">{escape(KINDS[kind].capitalize())}</h2>'
    for one in chosen:
        yield from _section(folder, one)


def _section(folder: Path, one: Outcome) -> Iterator[str]:
    study = one.study
    yield f'<section class="study" id="{study.id}"><h3><span class="number">{study.number}</span> {escape(study.title)}'
    yield f"</h3><p>{_badge(one)} {_sentence(one)}</p>"
    if one.shown is not None:
        yield f'<figure><img alt="{escape(study.title)}" src="{_embedded(folder / study.id / f"{FIGURE}.svg")}">'
        yield f"<figcaption>{escape(_caption(one))}</figcaption></figure>"
        if study.supports:
            yield f"<p><b>It supports:</b> {escape(study.supports)}</p>"
        if study.not_supports:
            yield f"<p><b>It does not support:</b> {escape(study.not_supports)}</p>"
        yield from (f"<p>{escape(note)}</p>" for note in one.shown.notes)
        yield from _numbers(one)
        if TABLE in one.shown.tables:
            yield from _table(one.shown.tables[TABLE])
    yield f"<details open><summary>The claim and its evidence</summary>{_markdown(study.claim)}</details></section>"


def _caption(one: Outcome) -> str:
    facts = one.shown.facts if one.shown is not None else {}
    return (
        f"{facts['worlds']:,} worlds, {facts['replications']} a parameter point, seed {facts['seed']}, "
        f"parameters from the {facts['beliefs']}, to {facts['horizon']}; design {facts['fingerprint'][:12]}."
    )


def _embedded(path: Path) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


def _numbers(one: Outcome) -> Iterator[str]:
    yield '<div class="scroll"><table class="numbers"><thead><tr><th>number</th><th>value</th><th>interval</th>'
    yield "<th>N</th><th>recorded</th></tr></thead><tbody>"
    for number, row in numbers_of(one):
        state = "nothing" if row is None else row.status
        mark = ' class="differs"' if state == DIFFERS else ""
        yield (
            f"<tr{mark}><td>{escape(number.label)}</td><td>{escape(number.text)}</td>"
            f"<td>{escape(number.interval)}</td><td>{_count(number)}</td><td>{escape(state)}</td></tr>"
        )
    yield "</tbody></table></div>"


def _count(number: Number) -> str:
    return f"{number.n:,}" if number.n else ""


def _table(table: Any) -> Iterator[str]:
    heads = list(table)
    yield '<div class="scroll"><table class="data"><thead><tr>' + "".join(
        f"<th>{escape(_words(head))}</th>" for head in heads
    )
    yield "</tr></thead><tbody>"
    for row in zip(*table.values(), strict=True):
        yield "<tr>" + "".join(f"<td>{escape(_cell(cell))}</td>" for cell in row) + "</tr>"
    yield "</tbody></table></div>"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    return "" if cell != cell else f"{cell:,.0f}" if abs(cell) >= 1000.0 else f"{cell:.3g}"  # noqa: PLR0124  (NaN)


def _markdown(text: str) -> str:
    """A claim without its heading, which the section has."""
    body = text.split("\n", 1)[1] if text.startswith("# ") else text
    lowered = "\n".join(f"##{line}" if line.startswith("## ") else line for line in body.splitlines())
    return str(MarkdownIt().render(lowered))


# --- limits, and how to do it again -----------------------------------------------------------------------------------


def _closing(session: dict[str, Any], outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield '<section><h2 class="chapter">Limits of data and model</h2><ul>'
    yield from (f"<li>{escape(one)}</li>" for one in LIMITS)
    yield "</ul><h2>How to reproduce it</h2><p>In a checkout with the packages of <code>requirements.lock</code>:</p>"
    mode = "" if session["mode"] == "quick" else f" --{session['mode']}"
    yield f"<pre>curbs reproduce{mode}\ncurbs reproduce{mode} --only {outcomes[0].study.id}</pre>"
    yield "<p>Every figure has its data as CSV and a sidecar beside it, in the folder of its study.</p>"
    git = session["git"] or {}
    facts = {
        "commit": f"{git.get('commit', 'unknown')}{' with changes' if git.get('dirty') else ''}",
        "model": session["model"][:16],
        "data pack": session["data"][:16],
        "lock file": (session["lock"] or "none")[:16],
        "Python": session["python"],
        "packages": ", ".join(f"{name} {version}" for name, version in session["packages"].items()),
        "processor": f"{session['processor']['machine']}, {', '.join(session['processor']['features'])}",
        "threads": str(session["threads"]),
        "started": session["started"],
        "seconds": f"{session['seconds']:g}",
    }
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in facts.items())
    yield f'<table class="data facts"><tbody>{rows}</tbody></table></section>'
