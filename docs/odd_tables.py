"""Write the tables of abm/ODD.md from the declarations of the model: state, parameters, series, law, world.

    .venv/bin/python docs/odd_tables.py

Each table stands between `<!-- table: NAME -->` and `<!-- end of table -->`; what stands outside is written by hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from abm.operators import OPERATORS
from abm.outcomes import OUTCOMES
from abm.parameters import DEFAULT_FILE, Parameter, load_parameters
from abm.policy import load_policy
from abm.scenario import list_scenarios
from abm.series import FIRM_SERIES, SERIES
from abm.state import FIELDS
from abm.worldfile import FirmEntry, VendorEntry, load_world_file

ROOT = Path(__file__).parents[1]
ODD, STATE = ROOT / "abm" / "ODD.md", ROOT / "abm" / "state.py"
BLOCK = re.compile(r"<!-- table: (?P<name>[a-z ]+) -->\n.*?<!-- end of table -->", re.DOTALL)
GROUP = re.compile(r"^\s*# --- (?P<title>[^-].*?)(?: -+)?$")


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; the first cell of each row is a name in code style."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join((f"`{row[0]}`", *(str(cell) for cell in row[1:]))) + " |" for row in rows]
    return "\n".join(lines)


def grouped(source: Path, name: re.Pattern[str], known: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Names of a file in its order, under the headings that its comments give them."""
    wanted = set(known)
    title, names = "", list[str]()
    for line in source.read_text(encoding="utf-8").splitlines():
        heading, found = GROUP.match(line), name.match(line)
        if heading:
            if names:
                yield title, names
            title, names = heading["title"], []
        elif found and found[1] in wanted:
            names.append(found[1])
    yield title, names


def in_groups(groups: Iterable[tuple[str, list[str]]], make: Callable[[list[str]], str]) -> str:
    """A table for each group, under its title."""
    return "\n\n".join(f"**{title[0].upper()}{title[1:]}**\n\n{make(names)}" for title, names in groups)


def state() -> str:
    """All arrays, as `abm/state.py` declares them."""

    def rows(names: list[str]) -> str:
        fields = [(name, FIELDS[name]) for name in names]
        cells = [(name, " ".join(one.dims), one.unit, one.meaning) for name, one in fields]
        return table(("array", "dimensions", "unit", "meaning"), cells)

    return in_groups(grouped(STATE, re.compile(r"    ([a-z_0-9]+): Annotated"), FIELDS), rows)


def parameters() -> str:
    """All parameters, as `data/parameters.toml` declares them."""
    known = load_parameters()

    def cells(one: Parameter) -> tuple[str, ...]:
        prior = f"{one.prior} ({one.group})" if one.group else one.prior
        size = f"{one.default:g}", f"{one.low:g} to {one.high:g}"
        return (one.name, one.unit, *size, prior, one.kind, one.meaning.rstrip("."))

    def rows(names: list[str]) -> str:
        header = ("parameter", "unit", "default", "range", "prior", "kind", "meaning")
        return table(header, [cells(known[name]) for name in names])

    return in_groups(grouped(DEFAULT_FILE, re.compile(r"\[([a-z_0-9]+)\]"), known), rows)


def _firm(one: FirmEntry) -> tuple[str, ...]:
    notes = ["open weights"] * one.open_weights
    notes += [f"hazard floor {one.hazard_floor}"] * (one.hazard_floor != "other")
    notes += ["buys no US chips in any arm"] * (not one.us_chips)
    notes += ["state data centres, low utilisation, buyer class state"] * one.state_owned
    return one.id, one.bloc, ", ".join(one.members), one.owns, "; ".join(notes)


def _vendor(one: VendorEntry) -> tuple[str, ...]:
    notes = ["merchant"] * one.merchant + ["can be served by foundry intermediaries"] * one.diverts
    notes += [f"pool of {', '.join(one.members)}"] * bool(one.members)
    return one.id, one.market, f"{one.reference_share:g}", "; ".join(notes)


def tables() -> dict[str, str]:
    """All tables by name."""
    world = load_world_file()
    return {
        "state": state(),
        "parameters": parameters(),
        "series": table(("series", "unit", "meaning"), [(one.name, one.unit, one.meaning) for one in SERIES]),
        "firm series": table(
            ("firm series", "unit", "meaning"), [(one.name, one.unit, one.meaning) for one in FIRM_SERIES]
        ),
        "outcomes": table(
            ("outcome", "unit", "meaning"), [(one.name, one.unit, one.meaning) for one in OUTCOMES.values()]
        ),
        "statistics": table(
            ("statistic", "unit", "period", "definition"),
            [(name, one.unit, one.period, one.definition) for name, one in OPERATORS.items()],
        ),
        "instruments": table(
            ("instrument", "takes effect", "kind", "title"),
            [(one.id, one.effective, one.kind, one.title) for one in load_policy()],
        ),
        "scenarios": table(("scenario", "law"), list_scenarios().items()),
        "firms": table(
            ("AI firm", "bloc", "members of the data pack", "own chips", "notes"), [_firm(one) for one in world.firms]
        ),
        "vendors": table(
            ("chip vendor", "market of its R&D plan", "share of that market", "notes"),
            [_vendor(one) for one in world.vendors],
        ),
        "offers": table(
            ("offer", "vendor", "kind", "ecosystem", "buyers"),
            [(one.id, one.vendor, one.kind, one.ecosystem, one.buyers) for one in world.offers],
        ),
        "nodes": table(("supply node", "role"), [(one.id, one.role) for one in world.nodes]),
    }


def refreshed(text: str) -> str:
    """The text with every marked table written anew; an unknown name is an error."""
    made = tables()

    def write(found: re.Match[str]) -> str:
        if found["name"] not in made:
            raise ValueError(f"no table {found['name']!r}; known: {', '.join(made)}")
        return f"<!-- table: {found['name']} -->\n{made[found['name']]}\n<!-- end of table -->"

    return BLOCK.sub(write, text)


def main() -> int:
    """Write the tables."""
    ODD.write_text(refreshed(ODD.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
