"""The commands `curbs app` and `curbs figures`, which the command line finds by the entry points `curbs.commands`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from abm import compare
from abm.backfire import HORIZONS
from abm.scenario import ScenarioError, list_scenarios
from abm.schema import nearest
from experiments.runfolder import check_free, provenance, run_folder, write_json
from visualization.server import Place, serve
from visualization.session import Session, encode, uploaded


def app_command(args: argparse.Namespace) -> int:
    """Carry out `curbs app`: serve the laboratory until Ctrl-C."""
    query = "" if args.scenario is None else first_query(args.scenario)
    return serve(Place(args.host, args.port), query, browser=not args.no_browser)


def figures_command(args: argparse.Namespace) -> int:
    """Carry out `curbs figures`: the charts of the page as files, with what they were made from beside them."""
    check_free(args.out)
    from visualization.figures import write_series  # noqa: PLC0415  (slow to import)

    pair = compare(
        args.scenario, args.against, args.runs, args.seed, threads=args.threads, replications=args.replications,
        leverage=HORIZONS,
    )  # fmt: skip
    with run_folder(args.out) as folder:
        names = [path.name for path in write_series(pair, folder, pair.controls.scenario)]
        facts = {
            "figures": names,
            "scenario": pair.controls.scenario,
            "counterfactual": pair.counterfactual.scenario,
            "runs": pair.controls.runs,
            "replications": args.replications,
            "seed": args.seed,
            "interval": "50 and 90 % of pairs",
        }
        write_json(folder / "figures.json", facts | provenance())
    print(json.dumps({"out": str(args.out), **facts}, indent=2) if args.json else f"{args.out}: {', '.join(names)}")
    return 0


def first_query(scenario: str) -> str:
    """Query of the link that opens a shipped scenario or a scenario file.

    Raises
    ------
    ScenarioError
        No such scenario, or a file that the page refuses.
    """
    names = list_scenarios()
    if scenario in names:
        return encode(Session(scenario=scenario))
    path = Path(scenario)
    if path.is_file():
        try:
            return encode(uploaded(path.read_bytes()))
        except ScenarioError as error:
            raise ScenarioError(f"{path}: {error}") from None
    raise ScenarioError(f"no scenario {scenario!r}{nearest(scenario, names)}; a file must exist")
