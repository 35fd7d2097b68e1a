"""Paired effects of the controls: the same worlds with and without them, quarter by quarter (MODEL sections 8, 9)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from abm.calendar import quarter_label
from abm.intervals import Spread, Waiting, first_lasting, spread
from abm.outcomes import (
    OUTCOMES,
    Bools,
    Floats,
    Lead,
    lead_between,
    log_ratio,
    present_value,
    share,
    total_since,
    year_sum,
)
from abm.results import Results, ResultsError, UnknownNameError
from abm.schema import nearest

HALF = 0.5
"""Domestic share whose date says how much earlier self-reliance comes (MODEL 9.2)."""

THIRD_PARTIES = ("revenue_row", "tools_from_nl", "tools_from_jp")
"""Series of what third parties earn."""

type Path = Callable[[Floats], Floats]
type Compare = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True, eq=False)
class Effect:
    """One effect in every pair of runs.

    Attributes
    ----------
    values : (run,)
        With controls less without, in `unit`; NaN in pairs with a failed run or a missing input.
    controls, counterfactual : (run,) or None
        The level in each arm where the effect compares two levels.
    censored : (run,) or None
        Where the value is only a bound.
    """

    name: str
    unit: str
    meaning: str
    values: Floats
    controls: Floats | None = None
    counterfactual: Floats | None = None
    censored: Bools | None = None

    @property
    def spread(self) -> Spread:
        """Median and 90 % interval over pairs."""
        return spread(self.values)

    def at(self, step: int) -> "Effect":
        """The effect in one quarter, of an effect given by quarter."""
        by_quarter = ("values", "controls", "counterfactual", "censored")
        given = {name: values for name in by_quarter if (values := getattr(self, name)) is not None}
        return replace(self, **{name: values[:, step] for name, values in given.items()})


@dataclass(frozen=True, eq=False)
class Effects(Mapping[str, Effect]):
    """All effects at one horizon, by name; `failed` pairs are NaN in every one of them."""

    horizon: str
    table: Mapping[str, Effect]
    failed: int

    def __getitem__(self, name: str) -> Effect:
        """An effect by name; UnknownNameError names the nearest one."""
        if name not in self.table:
            raise UnknownNameError(f"effect {name!r} is unknown{nearest(str(name), self.table)}")
        return self.table[name]

    def __iter__(self) -> Iterator[str]:
        """Names, in the order of MODEL 9."""
        return iter(self.table)

    def __len__(self) -> int:
        """Number of effects."""
        return len(self.table)


@dataclass(frozen=True)
class Comparable:
    """An effect that compares one recorded series in both arms: how each path is made and how the two are compared."""

    name: str
    unit: str
    meaning: str
    series: str
    path: Path
    compare: Compare


def _level(flow: Floats) -> Floats:
    return flow


def _difference(a: Floats, b: Floats) -> Floats:
    return a - b


_COMPARABLE = (
    Comparable("capability_cn", "ln FLOP", "capability of China's frontier", "capability_cn", _level, _difference),
    Comparable("capability_us", "ln FLOP", "the same for the US", "capability_us", _level, _difference),
    Comparable("compute_cn", "ln", "training compute installed in China", "compute_cn", _level, log_ratio),
    Comparable("compute_us", "ln", "the same for the US", "compute_us", _level, log_ratio),
    Comparable("domestic_output", "ln", "performance of Chinese chips made in the four quarters to the horizon",
               "domestic_output", year_sum, log_ratio),
    Comparable("domestic_output_total", "ln", "the same from 2022Q3 to the horizon", "domestic_output", total_since,
               log_ratio),
    Comparable("us_revenue", "ln", "world revenue of US merchant vendors from 2022Q3, present value at 8 %",
               "us_vendor_revenue", present_value, log_ratio),
    Comparable("us_revenue_china", "ln", "their revenue from China, present value", "us_vendor_revenue_china",
               present_value, log_ratio),
    Comparable("us_profit", "USD bn", "their profit, present value", "us_vendor_profit", present_value, _difference),
    Comparable("us_research", "ln", "their R&D, present value", "us_vendor_rd", present_value, log_ratio),
    Comparable("us_frontier", "ln", "performance of the best US line", "us_frontier", _level, log_ratio),
    Comparable("toolmaker_sales", "ln", "sales of foreign toolmakers to China's advanced lines, present value",
               "toolmaker_sales", present_value, log_ratio),
    Comparable("vendor_cn_revenue", "ln", "chip sales of Chinese designers, present value", "vendor_cn_revenue",
               present_value, log_ratio),
    Comparable("grey_rents", "USD bn", "what brokers earn on smuggled chips, present value", "broker_rent",
               present_value, _difference),
)  # fmt: skip
"""Effects that need one series only; the lead and self-reliance have their own functions."""


@dataclass(frozen=True, eq=False)
class Arms:
    """The two arms of a comparison, run by run.

    Raises
    ------
    ResultsError
        If the arms are not the same worlds over the same quarters.
    """

    controls: Results
    counterfactual: Results

    def __post_init__(self) -> None:
        """Check that the runs are pairs."""
        for name in ("seed", "replications", "quarters", "firms"):
            mine, other = getattr(self.controls, name), getattr(self.counterfactual, name)
            if mine != other:
                raise ResultsError(f"comparison: the arms differ in {name}, so their runs are no pairs")
        if not np.array_equal(self.controls.world, self.counterfactual.world):
            raise ResultsError("comparison: the arms hold different worlds, so their runs are no pairs")

    @cached_property
    def ok(self) -> Bools:
        """Pairs of which neither run failed, shape (run,)."""
        return self.controls.ok & self.counterfactual.ok

    def pairs(self, name: str) -> tuple[Floats, Floats]:
        """A recorded series with and without the controls, (run, quarter) each, NaN in both if either run failed."""
        both = self.controls.series(name), self.counterfactual.series(name)
        if self.ok.all():
            return both
        keep = self.ok[:, None]
        return np.where(keep, both[0], np.nan), np.where(keep, both[1], np.nan)

    def compare(self, entry: Comparable) -> Effect:
        """Path of an effect over all quarters."""
        a, b = (entry.path(flow) for flow in self.pairs(entry.series))
        return Effect(entry.name, entry.unit, entry.meaning, entry.compare(a, b), a, b)

    @cached_property
    def paths(self) -> Mapping[str, Effect]:
        """Every effect over all quarters, (run, quarter)."""
        found = [*self._lead(), *(self.compare(entry) for entry in _COMPARABLE), *self._self_reliance()]
        found += self._third_parties()
        table = {effect.name: effect for effect in found}
        return {**{effect.name: effect for effect in self._outcomes()}, **table}

    def at(self, step: int) -> Effects:
        """Every effect in one quarter; the dates at which the domestic share passes one half concern the record."""
        table = {name: effect.at(step) for name, effect in self.paths.items()}
        table["half_domestic_earlier"] = self._half_domestic()
        return Effects(quarter_label(step), table, int(np.sum(~self.ok)))

    def _lead(self) -> list[Effect]:
        """Change of the lead = China slowed + US changed: [L(US0,CN1) - L(US0,CN0)] + [L(US1,CN1) - L(US0,CN1)]."""
        with_controls = self._masked(lead_between(self.controls, self.controls))
        cross = self._masked(lead_between(self.controls, self.counterfactual))
        without = self._masked(lead_between(self.counterfactual, self.counterfactual))
        bound = with_controls.censored | without.censored
        whole = with_controls.months - without.months
        return [
            Effect("lead", "months", "US lead", whole, with_controls.months, without.months, bound),
            Effect("lead_china_slowed", "months", "part of it that comes from China's path",
                   cross.months - without.months, censored=cross.censored | without.censored),
            Effect("lead_us_changed", "months", "part of it that comes from the US path",
                   with_controls.months - cross.months, censored=with_controls.censored | cross.censored),
        ]  # fmt: skip

    def _outcomes(self) -> Iterator[Effect]:
        """A user's own outcomes: the level with the controls less that without."""
        for name, made in OUTCOMES.items():
            if not made.shipped and made.dims == ("run", "quarter"):
                a, b = (
                    np.where(self.ok[:, None], arm[name].values, np.nan) for arm in (self.controls, self.counterfactual)
                )
                yield Effect(name, made.unit, made.meaning, a - b, a, b)

    def _masked(self, found: Lead) -> Lead:
        keep = self.ok[:, None]
        return Lead(np.where(keep, found.months, np.nan), found.censored & keep)

    def _self_reliance(self) -> list[Effect]:
        """Change of the domestic share = denial (domestic volume held at its counterfactual path) + inducement."""
        home1, home0 = (year_sum(flow) for flow in self.pairs("domestic_compute_bought"))
        all1, all0 = (year_sum(flow) for flow in self.pairs("compute_bought_cn"))
        share1, share0 = 100.0 * share(home1, all1), 100.0 * share(home0, all0)
        denied = 100.0 * share(home0, home0 + (all1 - home1))
        text = "domestic share of the effective compute bought in the four quarters to the horizon"
        return [
            Effect("self_reliance", "pp", text, share1 - share0, share1, share0),
            Effect("self_reliance_denial", "pp", "part of it at the domestic volume without controls", denied - share0),
            Effect("self_reliance_inducement", "pp", "part of it from the change of domestic volume", share1 - denied),
        ]

    def sums(self, names: Sequence[str]) -> tuple[Floats, Floats]:
        """Sum of some series with and without the controls, as in `pairs`."""
        both = [self.pairs(name) for name in names]
        return sum((one for one, _ in both[1:]), both[0][0]), sum((one for _, one in both[1:]), both[0][1])

    def _third_parties(self) -> list[Effect]:
        """What AI firms, hosts and toolmakers outside both blocs earn, and their share of the world's (MODEL 9.6)."""
        mine = self.sums(THIRD_PARTIES)
        rest = self.sums(("revenue_cn", "revenue_us", "tools_from_us", "tools_from_cn"))
        a, b = (present_value(flow) for flow in mine)
        parts = [100.0 * share(year_sum(own), year_sum(own + other)) for own, other in zip(mine, rest, strict=True)]
        text = "revenue of AI firms and hosts outside both blocs and of Dutch and Japanese toolmakers"
        return [
            Effect("third_party_gain", "USD bn", f"{text}, present value", a - b, a, b),
            Effect("third_party_share", "pp", "its share of AI revenue and tool sales of the four quarters",
                   parts[0] - parts[1], parts[0], parts[1]),
        ]  # fmt: skip

    def half_domestic(self) -> tuple[Waiting, Waiting]:
        """When the domestic share of a year's compute passes one half for four quarters, in each arm."""
        effect = self.paths["self_reliance"]
        first, second = (
            first_lasting(np.nan_to_num(level, nan=0.0) >= 100.0 * HALF, self.ok)
            for level in (effect.controls, effect.counterfactual)
            if level is not None
        )
        return first, second

    def _half_domestic(self) -> Effect:
        """Quarters by which one half comes earlier; censored, and a bound, where an arm has not reached it."""
        with_controls, without = self.half_domestic()
        censored = self.ok & ~(with_controls.observed & without.observed)
        text = "by which a domestic share of one half comes earlier, over the whole record; censored at its end"
        return Effect("half_domestic_earlier", "quarters", text, without.quarter - with_controls.quarter,
                      with_controls.quarter, without.quarter, censored)  # fmt: skip
