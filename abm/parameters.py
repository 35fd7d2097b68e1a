"""The numbers of the model that nobody knows exactly: their meaning, range and prior, and how a point is drawn.

Each parameter is one table of `data/parameters.toml`, with unit, range, prior, kind (measured, estimated, assumed,
scenario), source and the fact that moves it. A *point* is one draw of all of them; a world is a point and a
replication (MODEL R15). The value of a parameter at a point depends on (seed, parameter name, point id) alone, so
another batch size, another order of the file or one more parameter changes no other number. Only + - x / and square
root touch the drawn values (no library exponential), so that every machine draws the same bits.
"""

import difflib
import hashlib
import math
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from abm.quantiles import exp, log, truncated_normal

Floats = NDArray[np.float64]
Points = range | Sequence[int] | NDArray[np.integer]
Fixed = Mapping[str, float] | None

KINDS = ("measured", "estimated", "assumed", "scenario")
DEFAULT_FILE = Path(__file__).parent / "data" / "parameters.toml"
SHARE_TOLERANCE = 1e-9  # how far shares that a user gives may miss a sum of 1


class ParameterError(ValueError):
    """A parameter table, range or override that cannot be used; one line that names the culprit."""


@dataclass(frozen=True)
class Parameter:
    """One uncertain number: what it means, in which unit, how far it may lie from its default and why.

    `prior` says how it is drawn between `low` and `high`: uniform; loguniform; triangular with the default as mode;
    normal about the default and lognormal with the default as median, both with low..high as wide as their 5-95 %
    range and cut off there; beta22, the Beta(2, 2) scaled to the range; discrete, whole numbers equally likely; fixed,
    never drawn; dirichlet, shares of a `group` that sum to 1, `concentration` being the weight of this one;
    zero_or_uniform, a reaction that may be absent: 0 in half of the points, else uniform between 0 and `high`.
    """

    name: str
    symbol: str
    unit: str
    default: float
    low: float
    high: float
    prior: str
    kind: str
    source: str
    moved_by: str
    meaning: str
    group: str = ""
    concentration: int = 0


Parameters = Mapping[str, Parameter]


# --- reading and checking ---------------------------------------------------------------------------------------------


def load_parameters(path: str | Path | None = None) -> dict[str, Parameter]:
    """Read the parameter tables in file order; the default file is the one shipped with the model.

    Raises `ParameterError` (file, parameter, key and nearest valid name) on anything unknown, missing or out of range.
    """
    file = DEFAULT_FILE if path is None else Path(path)
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ParameterError(f"{file}: cannot be read as a parameter file: {error}") from error
    parameters = {name: _read_one(str(file), name, table) for name, table in tables.items()}
    _check_groups(str(file), parameters)
    return parameters


_TEXTS = ("meaning", "symbol", "unit", "prior", "kind", "source", "moved_by")
_NUMBERS = ("default", "low", "high")
_KEYS = tuple(field.name for field in fields(Parameter) if field.name != "name")


def _read_one(file: str, name: str, table: object) -> Parameter:
    """One table of the file as a checked `Parameter`."""
    where = f"{file}: parameter {name!r}"
    if not isinstance(table, dict):
        raise ParameterError(f"{where}: must be a table with the keys {', '.join(_KEYS)}")
    for key in table:
        if key not in _KEYS:
            raise ParameterError(f"{where}: unknown key {key!r}; nearest valid key: {_nearest(key, _KEYS)!r}")
    for key in (*_TEXTS, *_NUMBERS):
        if key not in table:
            raise ParameterError(f"{where}: key {key!r} is missing")
    for key in (*_TEXTS, *(("group",) if "group" in table else ())):
        if not isinstance(table[key], str) or not table[key].strip():
            raise ParameterError(f"{where}: key {key!r} must be a non-empty text, not {table[key]!r}")
    concentration = table.get("concentration", 0)
    if isinstance(concentration, bool) or not isinstance(concentration, int):
        raise ParameterError(f"{where}: key 'concentration' must be a whole number, not {concentration!r}")
    numbers = {key: _number(f"{where}: key {key!r}", table[key]) for key in _NUMBERS}
    return checked(file, Parameter(name=name, **{**table, **numbers}))


def checked(file: str, p: Parameter) -> Parameter:
    """The parameter itself if its words are known and its range makes sense for its prior."""
    where = f"{file}: parameter {p.name!r}"
    for key, word, known in (("prior", p.prior, PRIORS), ("kind", p.kind, KINDS)):
        if word not in known:
            raise ParameterError(f"{where}: unknown {key} {word!r}; nearest valid {key}: {_nearest(word, known)!r}")
    if p.low > p.high:
        raise ParameterError(f"{where}: key 'low': {p.low:g} is above 'high' {p.high:g}")
    if not p.low <= p.default <= p.high:
        raise ParameterError(f"{where}: key 'default': {p.default:g} lies outside its range {_range(p)}")
    if p.prior != "fixed" and p.low == p.high:
        raise ParameterError(f"{where}: key 'prior': {p.prior!r} needs low < high; a single value has prior 'fixed'")
    if p.prior in ("loguniform", "lognormal") and p.low <= 0:
        raise ParameterError(f"{where}: key 'low': {p.low:g} must be above 0 for prior {p.prior!r}")
    if p.prior == "zero_or_uniform" and p.low != 0:
        raise ParameterError(f"{where}: key 'low': {p.low:g} must be 0 for prior 'zero_or_uniform'")
    if p.prior == "discrete" and not all(number.is_integer() for number in (p.low, p.default, p.high)):
        raise ParameterError(f"{where}: keys 'default', 'low', 'high' must be whole numbers for prior 'discrete'")
    if (p.prior == "dirichlet") != bool(p.group) or (p.prior == "dirichlet") != (p.concentration > 0):
        raise ParameterError(f"{where}: keys 'group' and 'concentration' (1, 2, ...) belong to prior 'dirichlet' alone")
    if p.prior == "dirichlet" and not (p.low == 0 < p.default < 1 == p.high):
        raise ParameterError(f"{where}: a share drawn with prior 'dirichlet' has low 0, high 1 and a default between")
    return p


def _check_groups(file: str, parameters: Parameters) -> None:
    """Shares of a group are at least two and their defaults sum to 1."""
    for group, members in _groups(parameters).items():
        total = sum(parameters[name].default for name in members)
        if len(members) < 2 or abs(total - 1) > SHARE_TOLERANCE:
            raise ParameterError(f"{file}: group {group!r}: the defaults of {members} sum to {total:g}, not 1")


def _groups(parameters: Parameters) -> dict[str, list[str]]:
    """Names of the shares of each group, sorted, so that the order of the file changes no sum."""
    groups: dict[str, list[str]] = {}
    for name in sorted(parameters):
        if parameters[name].group:
            groups.setdefault(parameters[name].group, []).append(name)
    return groups


def _number(where: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise ParameterError(f"{where} must be a number, not {value!r}")
    if not math.isfinite(value):
        raise ParameterError(f"{where} must be a finite number, not {value!r}")
    return float(value)


def _nearest(word: str, known: Iterable[str]) -> str:
    return (difflib.get_close_matches(word, list(known), n=1, cutoff=0.0) or ["none"])[0]


def _range(p: Parameter) -> str:
    return f"[{p.low:g}, {p.high:g}] {p.unit}"


# --- choosing values --------------------------------------------------------------------------------------------------


def draw(
    parameters: Parameters, seed: int, points: Points, fixed: Fixed = None, allow_outside: bool = False
) -> dict[str, Floats]:
    """Draw every parameter from its prior at each point.

    `seed` is a whole number from 0, `points` are the ids of the points, whole numbers from 0 in any order; `fixed`
    gives values that hold at every point (the other shares of a group fill up to 1), within low..high unless
    `allow_outside`. Returns one array per parameter in the order of `parameters`, (point,), in the parameter's unit.
    Raises `ParameterError` for unknown names, values out of range and ids that are no whole numbers.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ParameterError(f"seed must be a whole number from 0, not {seed!r}")
    ids = _point_ids(points)
    weights = {name: _draw_one(p, int(seed), ids) for name, p in parameters.items()}
    return _settle(parameters, weights, len(ids), fixed, allow_outside)


def defaults(
    parameters: Parameters, points: Points, fixed: Fixed = None, allow_outside: bool = False
) -> dict[str, Floats]:
    """The default of every parameter at each point (`--point`), except where `fixed` says otherwise."""
    ids = _point_ids(points)
    weights = {name: np.full(len(ids), p.default) for name, p in parameters.items()}
    return _settle(parameters, weights, len(ids), fixed, allow_outside)


def check_values(parameters: Parameters, fixed: Fixed, allow_outside: bool = False) -> dict[str, float]:
    """The overrides of a user as floats, or a `ParameterError`: unknown name, no number, outside low..high."""
    checked: dict[str, float] = {}
    for name, value in (fixed or {}).items():
        p = _known(parameters, name)
        number = _number(f"parameter {name!r}: the value", value)
        if p.prior == "discrete" and not number.is_integer():
            raise ParameterError(f"parameter {name!r}: {number:g} must be a whole number in {_range(p)}")
        if not allow_outside and not p.low <= number <= p.high:
            raise ParameterError(f"parameter {name!r}: {number:g} lies outside its range {_range(p)}")
        checked[name] = number
    for group, members in _groups(parameters).items():
        held = [name for name in members if name in checked]
        total = sum(checked[name] for name in held)
        short = len(held) == len(members) and total < 1 - SHARE_TOLERANCE
        if short or total > 1 + SHARE_TOLERANCE or any(checked[name] < 0 for name in held):
            raise ParameterError(f"group {group!r}: {held} sum to {total:g}; shares are not negative and sum to 1")
    return checked


def with_ranges(parameters: Parameters, ranges: Mapping[str, Sequence[float]]) -> dict[str, Parameter]:
    """The same parameters with narrower priors, as a prior pack states them; the prior keeps its form.

    Only where 0 is ruled out for a reaction that may be absent does the prior become uniform.

    `ranges` gives by name (low, high) or (low, default, high), inside the old range; low = high pins the parameter.
    Where no default is given, the old one stays or moves to the nearest end.
    """
    changed = dict(parameters)
    for name, given in ranges.items():
        p = _known(parameters, name)
        if not isinstance(given, tuple | list) or len(given) not in (2, 3) or p.prior == "dirichlet":
            rule = f"is a share of group {p.group!r} without one" if p.group else "takes (low, high)"
            raise ParameterError(f"parameter {name!r}: range {given!r} refused: the parameter {rule}")
        bounds = [_number(f"parameter {name!r}: a bound of the new range", bound) for bound in given]
        low, high = bounds[0], bounds[-1]
        if not p.low <= low <= high <= p.high:
            raise ParameterError(f"parameter {name!r}: [{low:g}, {high:g}] must lie inside its range {_range(p)}")
        default = bounds[1] if len(bounds) == 3 else min(max(p.default, low), high)
        prior = "uniform" if p.prior == "zero_or_uniform" and low > 0 else p.prior
        prior = "fixed" if low == high else prior
        changed[name] = checked("new range", replace(p, low=low, high=high, default=default, prior=prior))
    return changed


def describe(parameters: Parameters) -> list[dict[str, str]]:
    """One row of text per parameter for tables in the documentation, in file order."""
    return [
        {"name": p.name, "symbol": p.symbol, "unit": p.unit}
        | {"default": f"{p.default:g}", "range": f"{p.low:g} to {p.high:g}"}
        | {"prior": f"{p.prior} ({p.group})" if p.group else p.prior, "kind": p.kind, "source": p.source}
        | {"moved by": p.moved_by, "meaning": p.meaning}
        for p in parameters.values()
    ]


def _known(parameters: Parameters, name: str) -> Parameter:
    if name not in parameters:
        raise ParameterError(f"unknown parameter {name!r}; nearest valid name: {_nearest(str(name), parameters)!r}")
    return parameters[name]


def _point_ids(points: Points) -> NDArray[np.uint64]:
    ids = np.asarray(points if not isinstance(points, range) else np.arange(points.start, points.stop, points.step))
    if ids.ndim != 1 or (ids.size and (not np.issubdtype(ids.dtype, np.integer) or int(ids.min()) < 0)):
        raise ParameterError("points must be a row of whole numbers from 0")
    return ids.astype(np.uint64)


def _settle(
    parameters: Parameters, weights: dict[str, Floats], count: int, fixed: Fixed, outside: bool
) -> dict[str, Floats]:
    """Put the overrides in and scale the free shares of each group to what the fixed ones leave of 1."""
    held = check_values(parameters, fixed, outside)
    values = {name: np.full(count, held[name]) if name in held else weights[name] for name in weights}
    for members in _groups(parameters).values():
        free = [name for name in members if name not in held]
        left = max(1 - sum(held[name] for name in members if name in held), 0.0)
        total = sum((weights[name] for name in free), np.zeros(count))
        for name in free:
            values[name] = left * weights[name] / total
    return values


# --- from a point id to a value ---------------------------------------------------------------------------------------


def _draw_one(p: Parameter, seed: int, ids: NDArray[np.uint64]) -> Floats:
    """Draws of one parameter; for a share of a group its gamma weight, a sum of `concentration` exponentials."""
    if p.prior == "fixed":
        return np.full(len(ids), p.default)
    if p.prior == "dirichlet":
        weight = np.zeros(len(ids))
        for slot in range(p.concentration):
            weight -= log(_uniform(seed, p.name, ids, slot))
        return weight
    value = QUANTILES[p.prior](p, _uniform(seed, p.name, ids))
    return np.minimum(np.maximum(value, p.low), p.high)


def uniform_by_point(seed: int, stream: str, points: Points) -> Floats:
    """Numbers in (0, 1), one a point, that depend on seed, stream and the point's id alone."""
    return _uniform(seed, stream, _point_ids(points))


def _uniform(seed: int, name: str, ids: NDArray[np.uint64], slot: int = 0) -> Floats:
    """Numbers in (0, 1): SHA-256 keys the parameter's stream, two rounds of splitmix64 pick the point's place in it."""
    digest = hashlib.sha256(f"{seed}|parameter|{name}|{slot}".encode()).digest()
    first, second = (np.uint64(int.from_bytes(digest[at : at + 8], "little")) for at in (0, 8))
    mixed = _splitmix(_splitmix((ids + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) + first) ^ second)
    # 52 bits and a half: exact in a double, never 0 and never 1
    return ((mixed >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def _splitmix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014): every bit in moves every bit out."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _loguniform(p: Parameter, u: Floats) -> Floats:
    low, high = log(np.array([p.low, p.high]))
    return exp(low + u * (high - low))


def _triangular(p: Parameter, u: Floats) -> Floats:
    width, rise, fall = p.high - p.low, p.default - p.low, p.high - p.default
    below, above = p.low + np.sqrt(u * width * rise), p.high - np.sqrt((1 - u) * width * fall)
    return np.where(u * width < rise, below, above)


def _lognormal(p: Parameter, u: Floats) -> Floats:
    middle, low, high = (float(x) for x in log(np.array([p.default, p.low, p.high])))
    return exp(truncated_normal(middle, low, high, u))


def _beta22(p: Parameter, u: Floats) -> Floats:
    """Solve 3x^2 - 2x^3 = u by Newton's steps on the lower half; the density is symmetric."""
    tail = np.minimum(u, 1 - u)
    x = np.sqrt(tail / 3)
    for _ in range(7):
        x = x - (x * x * (3 - 2 * x) - tail) / (6 * x * (1 - x))
    return p.low + np.where(u <= 0.5, x, 1 - x) * (p.high - p.low)


QUANTILES: dict[str, Callable[[Parameter, Floats], Floats]] = {
    "uniform": lambda p, u: p.low + u * (p.high - p.low),
    "loguniform": _loguniform,
    "triangular": _triangular,
    "normal": lambda p, u: truncated_normal(p.default, p.low, p.high, u),
    "lognormal": _lognormal,
    "beta22": _beta22,
    "zero_or_uniform": lambda p, u: np.maximum(2 * u - 1, 0) * p.high,
    "discrete": lambda p, u: p.low + np.floor(u * (p.high - p.low + 1)),
}
PRIORS = (*QUANTILES, "fixed", "dirichlet")
