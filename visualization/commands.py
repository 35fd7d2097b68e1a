"""The command `curbs app`, which the command line finds by the entry point `curbs.commands`."""

from __future__ import annotations

import argparse
from pathlib import Path

from abm.scenario import ScenarioError, list_scenarios
from abm.schema import nearest
from visualization.server import Place, serve
from visualization.session import Session, encode, uploaded


def app_command(args: argparse.Namespace) -> int:
    """Carry out `curbs app`: serve the laboratory until Ctrl-C."""
    query = "" if args.scenario is None else first_query(args.scenario)
    return serve(Place(args.host, args.port), query, browser=not args.no_browser)


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
