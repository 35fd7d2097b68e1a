"""Studies: designs as TOML files that say which parameters vary, under which scenarios, and what is measured."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from abm.parameter_index import PARAMETERS
from abm.parameters import Parameter, ParameterError, with_ranges
from abm.scenario import Scenario, ScenarioError
from abm.scenario_values import choice, flag, nearest_of, number, text, texts
from experiments.design import ALL_SAMPLERS, LEVELS, OTHERS, Design, Factor, Floats
from experiments.sampling import DesignError

FOLDER = Path(__file__).parent / "studies"

SECTIONS = ("name", "description", "arms", "design", "levers", "uncertainties", "fixed", "outcomes", "without")
"""Keys of a study at its top level."""


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"must be a whole number, not {value!r}")
    return value


ALL = "all"
"""In the place of a table of parameters: every one that has a prior of its own and is not fixed."""

DESIGN: dict[str, Callable[[Any], Any]] = {
    "sampler": choice(ALL_SAMPLERS),
    "points": _whole,
    "seed": _whole,
    "replications": _whole,
    "others": choice(OTHERS),
    "table": text,
}
"""Keys of [design] and how they are read."""

ARM: dict[str, Callable[[Any], Any]] = {
    "name": text,
    "scenario": text,
    "continuation": text,
    "against": text,
    "without": texts,
    "fixed": lambda value: value,
}
"""Keys of an arm that is more than the name of a scenario; `against` makes it the counterfactual of its scenario."""

FACTOR: dict[str, Callable[[Any], Any]] = {"low": number, "high": number, "levels": _whole, "prior": text, "keep": flag}


def studies() -> dict[str, str]:
    """Studies that ship with the project, by name, with one sentence on each."""
    return {path.stem: load_study(path).description for path in sorted(FOLDER.glob("*.toml"))}


def load_study(name_or_path: str | Path, **changes: Any) -> Design:
    """Read a study by name or from a file.

    `changes` replace fields of the design, such as `asked=64` for another number of points.

    Raises
    ------
    DesignError
        One line with the file, the key, the nearest valid name and the cure.
    """
    path = FOLDER / f"{name_or_path}.toml"
    if not path.is_file():
        path = Path(name_or_path)
    if not path.is_file():
        known = [one.stem for one in sorted(FOLDER.glob("*.toml"))]
        raise DesignError(f"no study {str(name_or_path)!r}{nearest_of(str(name_or_path), known)}")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DesignError(f"{path}: cannot be read as a study: {error}") from None
    try:
        return replace(_study(path, content), **{key: value for key, value in changes.items() if value is not None})
    except (DesignError, ScenarioError, ParameterError, ValueError) as error:
        raise DesignError(str(error) if str(error).startswith(str(path)) else f"{path}: {error}") from None


def _study(path: Path, content: Mapping[str, Any]) -> Design:
    _known(content, SECTIONS, "")
    design = _read(content.get("design", {}), DESIGN, "design")
    measured = content.get("outcomes", {})
    _known(measured, ("names", "horizons"), "outcomes")
    fixed, off = content.get("fixed", {}), texts(content.get("without", []))
    given = content.get("arms", ["history", "none_0"])
    if not isinstance(given, list) or not given:
        raise DesignError("key 'arms' must be a list of scenarios, such as ['history', 'none_0']")
    arms = tuple(_arm(one, path.parent).with_parameters(**fixed).without(*off) for one in given)
    named = {} if "names" not in measured else {"outcomes": texts(measured["names"])}
    at = {} if "horizons" not in measured else {"horizons": tuple(str(year) for year in measured["horizons"])}
    table = {} if "table" not in design else {"table": read_table(path.parent / design.pop("table"))}
    size = design.pop("points", None)
    if size is None:
        if design.get("sampler") not in ("grid", "table"):
            raise DesignError("key 'design.points' is missing: points, or bases of saltelli and morris")
        size = 1
    return Design(
        name=content.get("name", path.stem),
        description=content.get("description", ""),
        arms=arms,
        asked=size,
        factors=tuple(_factors(content, arms)),
        **{"sampler": "sobol", **design, **named, **at, **table},
    )


def _arm(given: Any, folder: Path) -> Scenario:
    """A scenario by name or file, or a table of changes to one."""
    if isinstance(given, str):
        return _scenario(given, folder)
    if not isinstance(given, dict) or "scenario" not in given:
        raise DesignError(f"key 'arms': an arm is a scenario or a table with key 'scenario', not {given!r}")
    read = _read(given, ARM, "arms")
    arm = _scenario(read["scenario"], folder)
    arm = arm.with_continuation(read["continuation"]) if "continuation" in read else arm
    arm = arm.counterfactual(read["against"]) if "against" in read else arm
    arm = arm.with_parameters(**read.get("fixed", {})).without(*read.get("without", ()))
    return replace(arm, name=read.get("name", arm.name))


def _scenario(name: str, folder: Path) -> Scenario:
    file = folder / name
    return Scenario.load(file if file.suffix == ".toml" and file.is_file() else name)


def _factors(content: Mapping[str, Any], arms: Iterable[Scenario]) -> list[Factor]:
    """Levers and uncertainties, in the order of the file; all are those that neither study nor arms fix."""
    found: list[Factor] = []
    for role, section in (("lever", "levers"), ("uncertainty", "uncertainties")):
        listed = content.get(section, {})
        if listed == ALL:
            varied = {factor.name for factor in found}.union(*(arm.fixed for arm in arms))
            listed = {name: "prior" for name, p in PARAMETERS.items() if _alone(p) and name not in varied}
        if not isinstance(listed, Mapping):
            raise DesignError(f"key {section!r} must be a table of parameters or {ALL!r}, not {listed!r}")
        for name, given in listed.items():
            if name not in PARAMETERS:
                raise DesignError(f"key '{section}.{name}': no such parameter{nearest_of(name, PARAMETERS)}")
            if any(factor.name == name for factor in found):
                raise DesignError(f"key '{section}.{name}': is a lever already")
            found.append(_factor(f"{section}.{name}", PARAMETERS[name], given, role))
    return found


def _alone(p: Parameter) -> bool:
    """Whether a parameter is drawn, and alone: a share of a group moves the others."""
    return p.prior not in ("fixed", "dirichlet")


def _factor(key: str, p: Parameter, given: Any, role: str) -> Factor:
    """Read "prior", [low, high] or a table with low, high, levels and prior."""
    if p.prior == "dirichlet":
        raise DesignError(
            f"key {key!r}: a share of group {p.group!r} cannot vary alone; fix it or draw all (sampler 'prior')"
        )
    if given == "prior":
        if p.prior == "fixed":
            raise DesignError(f"key {key!r}: has no prior; give its range, such as [{p.low:g}, {p.high:g}]")
        return Factor(p, role)
    if isinstance(given, list) and len(given) == 2:
        given = {"low": given[0], "high": given[1]}
    if not isinstance(given, dict):
        raise DesignError(
            f"key {key!r}: must be 'prior', [low, high] or a table with {', '.join(FACTOR)}, not {given!r}"
        )
    read = _read(given, FACTOR, key)
    whole = p.prior == "discrete"
    flat = "discrete" if whole else "uniform"
    form = read.get("prior", p.prior if read.get("keep") and p.prior != "fixed" else flat)
    if form not in ("uniform", "loguniform", p.prior) or form == "fixed":
        raise DesignError(f"key '{key}.prior': must be 'uniform' or 'loguniform', not {form!r}")
    bounds = (read.get("low", p.low), read.get("high", p.high))
    if bounds[0] == bounds[1]:
        raise DesignError(f"key {key!r}: low and high are both {bounds[0]:g}; put a single value under [fixed]")
    narrowed = with_ranges({p.name: replace(p, prior=flat)}, {p.name: bounds})[p.name]
    levels = read.get("levels", int(bounds[1] - bounds[0]) + 1 if whole else LEVELS)
    if levels < 2:
        raise DesignError(f"key '{key}.levels': must be at least 2, not {levels}")
    return Factor(replace(narrowed, prior=form), role, levels)


def read_table(path: Path) -> dict[str, Floats]:
    """Points of your own: a CSV or Parquet file with one column a parameter and one row a point."""
    if not path.is_file():
        raise DesignError(f"key 'design.table': {path} does not exist")
    columns = _parquet(path) if path.suffix == ".parquet" else _csv(path)
    if not columns or not len(next(iter(columns.values()))):
        raise DesignError(f"{path}: has no points")
    for name, values in columns.items():
        if name not in PARAMETERS:
            raise DesignError(f"{path}: column {name!r}: no such parameter{nearest_of(name, PARAMETERS)}")
        p = PARAMETERS[name]
        outside = np.flatnonzero(~((values >= p.low) & (values <= p.high)))
        if outside.size:
            row = int(outside[0])
            raise DesignError(
                f"{path}: row {row + 1}, column {name!r}: {values[row]:g} lies outside {p.low:g} to {p.high:g} {p.unit}"
            )
    return columns


def _csv(path: Path) -> dict[str, Floats]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = list(rows[0]) if rows else []
    found: dict[str, Floats] = {}
    for name in names:
        try:
            found[name] = np.array([float(row[name]) for row in rows])
        except (TypeError, ValueError):
            raise DesignError(f"{path}: column {name!r}: every cell must be a number") from None
    return found


def _parquet(path: Path) -> dict[str, Floats]:
    from pyarrow import ArrowException, parquet  # noqa: PLC0415  (slow to import)

    try:
        table = parquet.read_table(path)
        return {name: table[name].to_numpy().astype(np.float64) for name in table.column_names}
    except (ArrowException, ValueError) as error:
        raise DesignError(f"{path}: cannot be read as a table of points: {error}") from None


def _read(given: Mapping[str, Any], readers: Mapping[str, Callable[[Any], Any]], where: str) -> dict[str, Any]:
    """Read a table key by key."""
    if not isinstance(given, Mapping):
        raise DesignError(f"key {where!r} must be a table, not {given!r}")
    _known(given, readers, where)
    found = {}
    for key, value in given.items():
        try:
            found[key] = readers[key](value)
        except ValueError as error:
            raise DesignError(f"key '{where}.{key}': {error}") from None
    return found


def _known(given: Mapping[str, Any], names: Any, where: str) -> None:
    for key in given:
        if key not in names:
            place = f"{where}.{key}" if where else key
            raise DesignError(f"unknown key {place!r}{nearest_of(key, names)}")
