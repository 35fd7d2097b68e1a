"""A design: which points, arms and replications are run, and what is measured in each run (EXPERIMENTS.md).

Run id = (point x replications + replication) x arms + arm. Draws are keyed by the world, point x replications +
replication, and by the root seed, never by the arm: the arms of a world see the same chance.
"""

from __future__ import annotations

import hashlib
import io
import json
import token
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import abm
from abm import beliefs, prior_packs
from abm.beliefs import POSTERIOR, PRIOR, BeliefError
from abm.leverage import measured_step
from abm.outcomes import OUTCOMES
from abm.parameter_index import PARAMETERS
from abm.parameters import DEFAULT_FILE, QUANTILES, Parameter
from abm.results import horizon_step
from abm.scenario import Scenario
from abm.scenario_values import nearest_of
from abm.tables import load_pack
from experiments.runfolder import plain
from experiments.sampling import HYPERCUBE_LIMIT, SAMPLERS, DesignError, count

type Floats = NDArray[np.float64]
type Integers = NDArray[np.int64]

FORMAT = 1
DRAWN = (PRIOR, POSTERIOR)
"""Beliefs that the model itself draws parameters from, whatever its scenarios believe."""
ALL_SAMPLERS = (*DRAWN, *SAMPLERS, "table")
"""prior, posterior: the model draws every parameter itself, as `curbs run` does; table: points of your own."""
OTHERS = ("default", *DRAWN)
"""Parameters that are no factors: held at their central values, or drawn at each point."""
LEVERAGE = "leverage"
"""Outcome that is measured by branches of a run (MODEL 9.4), not made of what the run recorded."""
ROLES = ("lever", "uncertainty")
LEVELS = 5
"""Levels of a factor on a grid unless it says otherwise."""


@dataclass(frozen=True)
class Factor:
    """A parameter that the design varies: as a lever or as an uncertainty, between which values, by which law."""

    parameter: Parameter
    role: str = "uncertainty"
    levels: int = LEVELS

    @property
    def name(self) -> str:
        """Name of the parameter."""
        return self.parameter.name

    def values(self, unit: Floats) -> Floats:
        """From places in 0..1 to values in the parameter's unit."""
        p = self.parameter
        value = QUANTILES[p.prior](p, np.minimum(unit, 1.0 - 2.0**-53))
        return np.minimum(np.maximum(value, p.low), p.high)

    def describe(self) -> dict[str, Any]:
        """All that defines it, for the hash and for readers."""
        p = self.parameter
        return {
            "name": p.name, "role": self.role, "prior": p.prior, "low": p.low, "high": p.high, "default": p.default,
            "levels": self.levels, "unit": p.unit,
        }  # fmt: skip


@dataclass(frozen=True)
class Design:
    """What a sweep runs and measures.

    Attributes
    ----------
    name, description : what the study is called and asks.
    arms : scenarios that every world is run under; the first two are a pair, controls and no controls.
    sampler : one of `ALL_SAMPLERS`; `asked` its size: points, or bases of saltelli and morris; none for a grid.
    factors : what the sampler varies.
    table : points of your own, one array a parameter, for sampler "table".
    seed, replications : root seed; worlds that share a point.
    outcomes, horizons : each outcome of `abm.outcomes`, and `LEVERAGE`, is measured at the end of each horizon;
        leverage at the last quarter with a year of record behind it, if the horizon is later.
    others : see `OTHERS`.

    Raises `DesignError` on what does not fit together.
    """

    name: str
    arms: tuple[Scenario, ...]
    sampler: str
    asked: int
    factors: tuple[Factor, ...] = ()
    table: Mapping[str, Floats] | None = None
    seed: int = 1
    replications: int = 1
    outcomes: tuple[str, ...] = ("lead", "domestic_output_year", "us_revenue_present_value")
    horizons: tuple[str, ...] = ("2026", "2028", "2030", "2032")
    others: str = "default"
    description: str = ""

    def __post_init__(self) -> None:
        where = f"study {self.name!r}"
        for key, value, known in (
            ("design.sampler", self.sampler, ALL_SAMPLERS),
            ("design.others", self.others, OTHERS),
            *(("outcomes.names", name, (*OUTCOMES, LEVERAGE)) for name in self.outcomes),
        ):
            if value not in known:
                raise DesignError(f"{where}: key {key!r}: {value!r} is unknown{nearest_of(value, known)}")
        for horizon in self.horizons:
            horizon_step(horizon)
        if not self.arms or not self.outcomes or not self.horizons:
            raise DesignError(f"{where}: needs at least one arm, one outcome and one horizon")
        for key, number in (("points", self.asked), ("replications", self.replications)):
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise DesignError(f"{where}: key 'design.{key}' must be a whole number of at least 1, not {number!r}")
        self._check_factors(where)
        object.__setattr__(self, "arms", self._believing(where))

    def _check_factors(self, where: str) -> None:
        varied = {factor.name for factor in self.factors} | set(self.table or ())
        if self.sampler in DRAWN and varied:
            raise DesignError(
                f"{where}: sampler {self.sampler!r} draws every parameter; drop {sorted(varied)} or take 'sobol'"
            )
        if self.sampler in DRAWN and self.others not in ("default", self.sampler):
            raise DesignError(
                f"{where}: sampler {self.sampler!r} and key 'design.others' = {self.others!r} differ; drop the key"
            )
        if (self.sampler == "table") != (self.table is not None):
            raise DesignError(f"{where}: sampler 'table' and key 'design.table', a file of points, belong together")
        if self.sampler in SAMPLERS and not self.factors:
            raise DesignError(f"{where}: sampler {self.sampler!r} needs parameters under [levers] or [uncertainties]")
        if self.sampler == "lhs" and self.asked > HYPERCUBE_LIMIT:
            raise DesignError(f"{where}: a Latin hypercube has at most {HYPERCUBE_LIMIT:,} points; take 'sobol'")
        for arm in self.arms:
            twice = sorted(varied & set(arm.fixed))
            if twice:
                raise DesignError(f"{where}: {twice} are fixed by scenario {arm.name!r} and varied by the design")

    def _believing(self, where: str) -> tuple[Scenario, ...]:
        """The arms with parameters drawn as the design asks, or at the central values of what they believe."""
        if self.drawn is None:
            if len({arm.beliefs for arm in self.arms}) > 1:
                raise DesignError(f"{where}: its arms differ in key 'beliefs'; give all of them the same")
            return tuple(arm.with_point(True) for arm in self.arms)
        try:
            beliefs.check_beliefs(self.drawn)
        except BeliefError as error:
            key = "sampler" if self.sampler in DRAWN else "others"
            raise DesignError(f"{where}: key 'design.{key}': {error}") from None
        return tuple(arm.with_beliefs(self.drawn).with_point(False) for arm in self.arms)

    @property
    def drawn(self) -> str | None:
        """Beliefs that parameters which are no factors are drawn from; None where they are held."""
        return drawn_from(self.sampler, self.others)

    # --- size ---------------------------------------------------------------------------------------------------------

    @cached_property
    def points(self) -> int:
        """Points of the design."""
        if self.table is not None:
            return len(next(iter(self.table.values())))
        return count(self.sampler, self.asked, [factor.levels for factor in self.factors])

    @property
    def worlds(self) -> int:
        """Points times replications."""
        return self.points * self.replications

    @property
    def runs(self) -> int:
        """Worlds times arms."""
        return self.worlds * len(self.arms)

    # --- the run table, a function ------------------------------------------------------------------------------------

    def values(self, points: Integers) -> dict[str, Floats]:
        """What the design sets at these points, in any order: one array a parameter."""
        if self.table is not None:
            return {name: column[points] for name, column in self.table.items()}
        if not self.factors or not points.size:
            return {}
        lo, hi = int(points.min()), int(points.max()) + 1
        levels = [factor.levels for factor in self.factors]
        unit = SAMPLERS[self.sampler](len(self.factors), self.seed, self.asked, levels, lo, hi)[points - lo]
        return {factor.name: factor.values(unit[:, place]) for place, factor in enumerate(self.factors)}

    def parameters(self, points: Integers) -> dict[str, Floats]:
        """Every parameter that differs between points: what the design sets and what the model draws."""
        first = self.arms[0]
        if first.point:
            return self.values(points)
        from abm.simulation import parameter_values  # noqa: PLC0415  (loads the compiler)

        drawn = parameter_values(first, self.seed, points, self.values)
        return {name: values for name, values in drawn.items() if self._varies(name)}

    def _varies(self, name: str) -> bool:
        given = any(factor.name == name for factor in self.factors) or name in (self.table or ())
        return given or (PARAMETERS[name].prior != "fixed" and name not in self.arms[0].fixed)

    def rows(self, lo: int, hi: int) -> dict[str, Any]:
        """Ids and parameters of runs `lo` to `hi` - 1, one array a column."""
        run = np.arange(lo, hi)
        world, arm = run // len(self.arms), run % len(self.arms)
        point = world // self.replications
        names = np.array([scenario.name for scenario in self.arms])
        ids = {"run": run, "point": point, "replication": world % self.replications, "arm": names[arm]}
        return ids | self.parameters(point)

    @property
    def leverage_steps(self) -> tuple[int, ...]:
        """Quarters at which leverage is measured, none without it among the outcomes; late horizons share the last."""
        asked = self.horizons if LEVERAGE in self.outcomes else ()
        return tuple(dict.fromkeys(measured_step(horizon_step(horizon)) for horizon in asked))

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """Columns of what is measured: outcome and horizon."""
        return tuple(f"{name}_{horizon}" for name in self.outcomes for horizon in self.horizons)

    # --- identity -----------------------------------------------------------------------------------------------------

    def describe(self) -> dict[str, Any]:
        """All that changes a result, as plain values; never batch size, workers or places."""
        table = {
            name: hashlib.sha256(np.ascontiguousarray(column).tobytes()).hexdigest()
            for name, column in sorted((self.table or {}).items())
        }
        described: dict[str, Any] = plain(
            {
                "format": FORMAT,
                "name": self.name,
                "arms": [_facts(arm) for arm in self.arms],
                "sampler": self.sampler,
                "asked": self.asked if self.sampler != "grid" else None,
                "points": self.points,
                "factors": [factor.describe() for factor in self.factors],
                "table": table,
                "seed": self.seed,
                "replications": self.replications,
                "outcomes": list(self.outcomes),
                "horizons": list(self.horizons),
                "others": self.others,
                "model": model_digest(),
                "data": data_checksum(),
                "beliefs": beliefs_digest(self.arms[0].beliefs),
            }
        )
        return described

    @cached_property
    def hash(self) -> str:
        """SHA-256 of `describe`."""
        text = json.dumps(self.describe(), sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _facts(arm: Scenario) -> dict[str, Any]:
    """What a scenario is, apart from where its file lies."""
    facts = {key: value for key, value in arm.describe().items() if key not in ("source", "description")}
    return facts | {"law": hashlib.sha256(repr(arm.law).encode()).hexdigest()}


def drawn_from(sampler: str, others: str) -> str | None:
    """Beliefs that a design with this sampler and these `OTHERS` draws parameters from; None for none."""
    return next((one for one in (sampler, others) if one in DRAWN), None)


def unit_of(outcome: str) -> str:
    """Unit of what a design measures."""
    return "share" if outcome == LEVERAGE else OUTCOMES[outcome].unit


def beliefs_digest(believed: str) -> str:
    """SHA-256 of the files that say how parameters are drawn: of the priors alone, or of packs and posteriors too."""
    files = [DEFAULT_FILE]
    if believed != PRIOR:
        files += sorted([*prior_packs.FOLDER.glob("*.toml"), *beliefs.FOLDER.glob("*.*")])
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.name}\0{path.read_text(encoding='utf-8')}\0".encode())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def data_checksum() -> str:
    """Checksum of the data pack."""
    return load_pack().checksum


@lru_cache(maxsize=1)
def model_digest() -> str:
    """SHA-256 of the model's source without comments and layout: results of another model are other results."""
    digest = hashlib.sha256()
    folder = Path(abm.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(str(path.relative_to(folder)).encode())
        for text in _tokens(path.read_text(encoding="utf-8")):
            digest.update(text.encode() + b"\0")
    return digest.hexdigest()


_LAYOUT = {token.COMMENT, token.NL, token.NEWLINE, token.ENCODING}


def _tokens(source: str) -> list[str]:
    """Words of a source file; depth of indentation counts, comments and line breaks do not."""
    found = []
    for one in tokenize.generate_tokens(io.StringIO(source).readline):
        if one.type in (token.INDENT, token.DEDENT):
            found.append(token.tok_name[one.type])
        elif one.type not in _LAYOUT:
            found.append(one.string)
    return found
