"""Prior packs: the same model believed in by people who disagree (`data/priors/*.toml`).

A pack moves the priors of some parameters, each with a sentence that says why; all other parameters keep theirs. It
stays inside the shipped ranges, so that points drawn from the shipped priors, or a posterior made from them, can be
weighed anew with `density_ratio` instead of being drawn again.
"""

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from abm.parameter_index import PARAMETERS
from abm.parameters import Parameter, ParameterError, Parameters, checked
from abm.quantiles import SPAN_90
from abm.schema import nearest

Floats = NDArray[np.float64]

FOLDER = Path(__file__).parent / "data" / "priors"
NUMBERS = ("low", "default", "high")
KEYS = (*NUMBERS, "prior", "why")
NEVER = ("fixed", "dirichlet")
"""Priors that a pack can neither take away nor give: ridges that are fixed, and shares that sum to 1."""


@dataclass(frozen=True)
class PriorPack:
    """Priors of one school.

    Attributes
    ----------
    name, description : what it is called, and in one sentence what it holds.
    moved : the parameters whose priors differ from the shipped ones.
    why : the argument for each.
    """

    name: str
    description: str
    moved: Mapping[str, Parameter]
    why: Mapping[str, str]

    @property
    def parameters(self) -> dict[str, Parameter]:
        """All parameters in the order of the shipped table, with the pack's priors where it has some."""
        return {name: self.moved.get(name, shipped) for name, shipped in PARAMETERS.items()}


def list_prior_packs() -> dict[str, str]:
    """Built-in packs, by name, with one sentence on each."""
    return {name: read_prior_pack(name).description for name in _names()}


def load_prior_pack(name_or_path: str | Path) -> dict[str, Parameter]:
    """All parameters with the priors of a built-in pack, or of a TOML file of your own; raises as `read_prior_pack`."""
    return read_prior_pack(name_or_path).parameters


def read_prior_pack(name_or_path: str | Path) -> PriorPack:
    """Read a built-in pack by name, or a TOML file of your own.

    Raises
    ------
    ParameterError
        One line with file, parameter, key and nearest valid name: no such pack, an unknown parameter or key, a key
        that is missing, a range outside the shipped one, a prior that cannot stand there.
    """
    path = FOLDER / f"{name_or_path}.toml" if str(name_or_path) in _names() else Path(name_or_path)
    if not path.is_file():
        if path.suffix == ".toml":
            raise ParameterError(f"{path}: no such file; built-in prior packs: {', '.join(_names())}")
        raise ParameterError(f"no prior pack {str(name_or_path)!r}{nearest(str(name_or_path), _names())}")
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ParameterError(f"{path}: cannot be read as a prior pack: {error}") from error
    description = tables.pop("description", None)
    if not isinstance(description, str) or not description.strip():
        raise ParameterError(f"{path}: key 'description' is missing; say in one sentence what the pack holds")
    if not tables:
        raise ParameterError(f"{path}: moves no parameter; give it a table such as [enforcement]")
    moved = {name: _moved(str(path), name, table) for name, table in tables.items()}
    return PriorPack(path.stem, description, moved, {name: table["why"] for name, table in tables.items()})


def density_ratio(pack: PriorPack | Parameters, values: Mapping[str, Floats]) -> Floats:
    """Density of points under a pack's prior over that under the shipped one, (point,).

    Weights of draws from the shipped priors, or factors on the weights of a posterior made from them, which turn them
    into draws from the pack's prior or its posterior. Parameters are independent in both; those that the pack leaves
    alone cancel.

    Parameters
    ----------
    pack : a pack, or all its parameters.
    values : by name, (point,); at least those of the parameters that the pack moves.

    Raises
    ------
    ParameterError
        A parameter that the pack moves and that has no values, or values outside of the shipped range.
    """
    own = pack.parameters if isinstance(pack, PriorPack) else pack
    priors = {name: p for name, p in own.items() if p != PARAMETERS[name]}
    ratio = np.ones(())
    for name, p in priors.items():
        if name not in values:
            raise ParameterError(f"parameter {name!r}: its prior is moved, but no values are given for it")
        drawn = np.asarray(values[name], dtype=np.float64)
        shipped = PARAMETERS[name]
        if np.any((drawn < shipped.low) | (drawn > shipped.high)):
            raise ParameterError(
                f"parameter {name!r}: values outside of its range [{shipped.low:g}, {shipped.high:g}] have no density"
            )
        atom = shipped.prior == "zero_or_uniform"
        base = _density(shipped, drawn, atom)
        ratio = ratio * np.divide(_density(p, drawn, atom), base, out=np.zeros_like(base), where=base > 0.0)
    return np.asarray(ratio, dtype=np.float64)


def effective_size(weights: Floats) -> float:
    """Number of equally weighted draws worth as much (Kish 1965)."""
    return float(weights.sum() ** 2 / np.sum(weights**2))


# --- reading ----------------------------------------------------------------------------------------------------------


def _names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def _moved(file: str, name: str, table: object) -> Parameter:
    """One table of a pack as a checked parameter inside the shipped range."""
    where = f"{file}: parameter {name!r}"
    if name not in PARAMETERS:
        raise ParameterError(f"{where}: unknown{nearest(name, PARAMETERS)}")
    if not isinstance(table, dict):
        raise ParameterError(f"{where}: must be a table with the keys {', '.join(KEYS)}")
    for key in table:
        if key not in KEYS:
            raise ParameterError(f"{where}: unknown key {key!r}{nearest(key, KEYS)}")
    for key in KEYS:
        if key not in table:
            raise ParameterError(f"{where}: key {key!r} is missing")
    for key in ("prior", "why"):
        if not isinstance(table[key], str) or not table[key].strip():
            raise ParameterError(f"{where}: key {key!r} must be a non-empty text, not {table[key]!r}")
    for key in NUMBERS:
        if isinstance(table[key], bool) or not isinstance(table[key], int | float) or not math.isfinite(table[key]):
            raise ParameterError(f"{where}: key {key!r} must be a finite number, not {table[key]!r}")
    shipped = PARAMETERS[name]
    if shipped.prior in NEVER:
        raise ParameterError(f"{where}: its prior is {shipped.prior!r}, which no pack moves; remove the table")
    low, default, high = (float(table[key]) for key in NUMBERS)
    moved = checked(file, replace(shipped, low=low, default=default, high=high, prior=table["prior"]))
    _check_against(where, moved, shipped)
    return moved


def _check_against(where: str, moved: Parameter, shipped: Parameter) -> None:
    """A pack draws nothing that the shipped prior could not have drawn."""
    if moved.prior in NEVER:
        raise ParameterError(
            f"{where}: key 'prior': a pack cannot make it {moved.prior!r}; narrow low and high instead"
        )
    if not shipped.low <= moved.low <= moved.high <= shipped.high:
        ends = f"[{moved.low:g}, {moved.high:g}] must lie inside its range [{shipped.low:g}, {shipped.high:g}]"
        raise ParameterError(f"{where}: keys 'low' and 'high': {ends} {shipped.unit}")
    whole = (moved.prior == "discrete") != (shipped.prior == "discrete")
    if whole or (moved.prior == "zero_or_uniform" != shipped.prior):
        kept = f"{moved.prior!r} cannot stand in the place of {shipped.prior!r}; write {shipped.prior!r}"
        raise ParameterError(f"{where}: key 'prior': {kept}")


# --- densities --------------------------------------------------------------------------------------------------------


def _density(p: Parameter, x: Floats, atom: bool) -> Floats:
    """Density of a prior; probability of whole numbers, and at 0 of a reaction that may be absent (`atom`)."""
    inside = (x >= p.low) & (x <= p.high)
    if p.prior == "zero_or_uniform":
        return np.where(x == 0.0, 0.5, np.where(inside, 0.5 / p.high, 0.0))
    found = np.where(inside, _SHAPES[p.prior](p, np.where(inside, x, p.default)), 0.0)
    return np.where(x == 0.0, 0.0, found) if atom else found


def _triangular(p: Parameter, x: Floats) -> Floats:
    width, rise, fall = p.high - p.low, p.default - p.low, p.high - p.default
    up = np.divide(x - p.low, rise, out=np.ones_like(x), where=(x < p.default) & (rise > 0.0))
    down = np.divide(p.high - x, fall, out=np.ones_like(x), where=(x > p.default) & (fall > 0.0))
    return 2.0 / width * up * down


def _normal(mean: float, low: float, high: float, x: Floats) -> Floats:
    """Normal whose 5-95 % range is as wide as low..high, cut off at both ends."""
    spread = (high - low) / SPAN_90
    kept = 0.5 * (math.erf((high - mean) / spread / math.sqrt(2.0)) - math.erf((low - mean) / spread / math.sqrt(2.0)))
    return np.exp(-0.5 * ((x - mean) / spread) ** 2) / (spread * math.sqrt(2.0 * math.pi) * kept)


def _beta22(p: Parameter, x: Floats) -> Floats:
    share = (x - p.low) / (p.high - p.low)
    return 6.0 * share * (1.0 - share) / (p.high - p.low)


_SHAPES: dict[str, Callable[[Parameter, Floats], Floats]] = {
    "uniform": lambda p, x: np.full_like(x, 1.0 / (p.high - p.low)),
    "loguniform": lambda p, x: 1.0 / (x * math.log(p.high / p.low)),
    "triangular": _triangular,
    "normal": lambda p, x: _normal(p.default, p.low, p.high, x),
    "lognormal": lambda p, x: _normal(math.log(p.default), math.log(p.low), math.log(p.high), np.log(x)) / x,
    "beta22": _beta22,
    "discrete": lambda p, x: np.full_like(x, 1.0 / (p.high - p.low + 1.0)),
}
