"""What can be taken away: tables, the scenario with the command that reproduces it, metadata; plain links, no state.

Every address carries the query of a share link, so that the files are those of what the page shows.
"""

from __future__ import annotations

import io
import json
import re
import threading
import zipfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from abm.backfire import HORIZONS
from abm.parameter_index import PARAMETERS
from abm.parameters import DEFAULT_FILE
from abm.results import Results
from visualization.compute import grow, pair_of
from visualization.limits import FIRST_PAIRS, LINK
from visualization.session import FILE, Session, checked, decode, encode, instrument_files, scenario_file

CITATION = Path(__file__).parents[1] / "CITATION.cff"
REPORTS = Path("results") / "reproduction"
"""Folder of the reproduction report, under the folder from which the laboratory was started."""
REPORT = "index.html"
CSV, PARQUET = "text/csv; charset=utf-8", "application/vnd.apache.parquet"

_turn = threading.Semaphore(2)
"""Downloads that compute at once, over all visitors."""


async def download(request: Request) -> Response:
    """Answer `/download/NAME?QUERY`."""
    name, query = request.path_params["name"], request.url.query
    if name not in FILES:
        return PlainTextResponse(f"no download is called {name[:60]!r}; there are {', '.join(FILES)}", 404)
    if len(query) > LINK:
        return PlainTextResponse(f"the link is too long, {len(query):,} of {LINK:,} characters", 414)
    kind, make = FILES[name]
    session, problems = decode(query)
    if problems:
        return PlainTextResponse("; ".join(problems), 400)
    try:
        content = await run_in_threadpool(_made, make, session)
    except ValueError as error:
        return PlainTextResponse(str(error), 400)
    shown = "inline" if name == "parameters.json" else "attachment"
    headers = {"content-disposition": f'{shown}; filename="{name}"', "cache-control": "no-store"}
    if name == "parameters.json":
        headers["cache-control"] = "max-age=3600"
    return Response(content, media_type=kind, headers=headers)


async def report(request: Request) -> Response:
    """Answer `/reproduction/PATH` with a file of the reproduction report; nothing outside its folder."""
    home = REPORTS.resolve()
    wanted = (home / (request.path_params["path"] or REPORT)).resolve()
    if not wanted.is_relative_to(home) or not wanted.is_file():
        return PlainTextResponse("the reproduction report has no such file", 404)
    return FileResponse(wanted)


def has_report() -> bool:
    """Whether a reproduction report was made."""
    return (REPORTS / REPORT).is_file()


def _made(make: Callable[[Session], bytes], session: Session) -> bytes:
    with _turn:
        return make(checked(session))


# --- tables -----------------------------------------------------------------------------------------------------------


def run_table(session: Session) -> Any:
    """Every series and outcome of the run on show, a row per arm and quarter."""
    pair = pair_of(session)
    return _both({"controls": pair.controls, "without": pair.counterfactual})


def _both(arms: Mapping[str, Results]) -> Any:
    import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415  (slow to import)

    frames = {name: results.to_frame() for name, results in arms.items()}
    return pd.concat(frames, names=["arm"]).reset_index(level="arm").reset_index(drop=True)


def _run_csv(session: Session) -> bytes:
    return bytes(run_table(session).to_csv(index=False).encode("utf-8"))


def _ensemble(session: Session) -> Any:
    return grow(session, FIRST_PAIRS, True, threading.Event(), lambda done, total: None)


def _worlds_parquet(session: Session) -> bytes:
    pairs = _ensemble(session).pairs
    found = io.BytesIO()
    _both({"controls": pairs.controls, "without": pairs.counterfactual}).to_parquet(found, index=False)
    return found.getvalue()


def _regimes_csv(session: Session) -> bytes:
    ensemble = _ensemble(session)
    lines = ["horizon,regime,probability,low,high,pairs,points,rests_on"]
    for horizon in HORIZONS:
        table = ensemble.regimes(horizon)
        rests = '"' + table.decoupling_rests_on.replace('"', '""') + '"'
        lines += [
            f'{table.horizon},"{row.regime}",{row.probability!r},{row.low!r},{row.high!r},{table.runs},{table.points},{rests}'
            for row in table.rows
        ]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _effects_csv(session: Session) -> bytes:
    ensemble = _ensemble(session)
    lines = ["horizon,effect,unit,median,low,high,controls,without,pairs"]
    for row in ensemble.pairs.summary():
        numbers = (row.median, row.low, row.high, row.controls, row.counterfactual)
        lines.append(",".join([row.horizon, row.effect, row.unit, *map(repr, numbers), str(row.n)]))
    return ("\n".join(lines) + "\n").encode("utf-8")


# --- the scenario -----------------------------------------------------------------------------------------------------


def command(session: Session) -> str:
    """The command that runs the scenario file as the page does."""
    seed = f" --seed {session.seed}"
    return f"curbs run {FILE} --against {session.against} --runs {FIRST_PAIRS}{seed} --out results/laboratory"


def python_lines(session: Session) -> str:
    """Python that gives the numbers of the page."""
    lines = [
        "import abm", "",
        f'pair = abm.compare("{FILE}", "{session.against}", runs={FIRST_PAIRS}, seed={session.seed}, '
        f"leverage=({', '.join(HORIZONS)}))",
    ]  # fmt: skip
    if session.branch:
        lines[2] = lines[2].partition(", leverage")[0] + ")"
        lines.append(f'pair = pair.branch("{session.branch}", "{session.then}").with_leverage()')
    return "\n".join([*lines, f"print(pair.regimes({session.horizon}).rows)"]) + "\n"


def scenario_zip(session: Session) -> bytes:
    """Scenario file, the instruments that were changed, and how to run them."""
    files = {
        FILE: scenario_file(session), **instrument_files(session), "reproduce.py": python_lines(session),
        "README.txt": f"Reproduce the numbers of the page:\n\n    {command(session)}\n    python reproduce.py\n\n"
        f"Share link: ?{encode(session)}\n",
    }  # fmt: skip
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, text in files.items():
            pack.writestr(zipfile.ZipInfo(name), text)
    return found.getvalue()


# --- metadata ---------------------------------------------------------------------------------------------------------

_TITLE = re.compile(r"# -{3} (.+?) -{3,}\s*$")
_NAME = re.compile(r"\[([a-z0-9_]+)\]\s*$")


@lru_cache(maxsize=1)
def parameters_json() -> bytes:
    """Parameters by section of their file, for the sliders."""
    groups: list[dict[str, Any]] = []
    for line in DEFAULT_FILE.read_text(encoding="utf-8").splitlines():
        if title := _TITLE.match(line):
            groups.append({"title": title[1], "parameters": []})
        elif name := _NAME.match(line):
            if not groups:
                groups.append({"title": "Parameters", "parameters": []})
            if PARAMETERS[name[1]].low < PARAMETERS[name[1]].high:
                groups[-1]["parameters"].append(_slider(name[1]))
    return json.dumps([group for group in groups if group["parameters"]], ensure_ascii=False).encode("utf-8")


def _slider(name: str) -> dict[str, Any]:
    one = PARAMETERS[name]
    step = 1.0 if one.prior == "discrete" else float(f"{(one.high - one.low) / 200.0:.1g}")
    return {
        "name": name, "label": name.replace("_", " "), "unit": "" if one.unit == "dimensionless" else one.unit,
        "low": one.low, "high": one.high, "own": one.default, "step": step,
        "about": f"{one.meaning} Prior: {one.prior}. {one.kind.capitalize()}; source: {one.source}. "
        f"Moved by: {one.moved_by}.",
    }  # fmt: skip


FILES: Mapping[str, tuple[str, Callable[[Session], bytes]]] = {
    "run.csv": (CSV, _run_csv),
    "regimes.csv": (CSV, _regimes_csv),
    "effects.csv": (CSV, _effects_csv),
    "worlds.parquet": (PARQUET, _worlds_parquet),
    "scenario.zip": ("application/zip", scenario_zip),
    FILE: ("application/toml; charset=utf-8", lambda session: scenario_file(session).encode("utf-8")),
    "CITATION.cff": ("text/yaml; charset=utf-8", lambda session: CITATION.read_bytes()),
    "parameters.json": ("application/json", lambda session: parameters_json()),
}
"""Downloads by name: media type, and what makes them."""
