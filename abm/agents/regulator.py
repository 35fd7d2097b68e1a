"""Regulators: the instruments in force and announced, and what they add up to, read from one run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import mesa

from abm.agents.explained import Explained
from abm.edges import sale_law
from abm.phases.tiers import memory_open, service_denial, tool_denial
from abm.policy_schema import Effect, Instrument
from abm.view import RunView, by_name
from abm.vocabulary import BUYER_CLASSES, FOREIGN, JURISDICTIONS, PRIVATE, TOOL_CLASSES, US_NEST


def offices(run: RunView) -> tuple[tuple[str, str], ...]:
    """Regulators of the data pack and their jurisdictions, in its order."""

    def read() -> tuple[tuple[str, str], ...]:
        rows = run.plan.pack.firms.where(type="regulator")
        return tuple((str(row["firm_id"]), str(row["country"])) for row in rows)

    return run.kept("offices", read, always=True)


class RegulatorView(Explained):
    """A regulator in one run. All attributes are read-only and show the last quarter run.

    Rules come from the dated instruments of the run's scenario, those of a regulator being the ones of its
    jurisdiction, and where the US `decides` by rule they move from where the script left them. Shares are those the
    engine used in the quarter, weighted by days; lists of instruments are those of its last day.
    """

    kind = "regulator"

    @property
    def name(self) -> str:
        """Id in the data pack."""
        return offices(self.run)[self.index][0]

    @property
    def jurisdiction(self) -> str:
        """US, CN, NL, JP, KR or TW."""
        return offices(self.run)[self.index][1]

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """All instruments of its jurisdiction in the scenario, by date."""
        return tuple(one for one in self.run.policy if one.jurisdiction == self.jurisdiction)

    @property
    def in_force(self) -> tuple[str, ...]:
        """Instruments that bind on the last day of the quarter."""
        return self._ids(self.run.policy.in_force(self.run.today))

    @property
    def announced(self) -> tuple[str, ...]:
        """Instruments known on the last day of the quarter, leaked ones too, of which nothing binds yet."""
        force = self.in_force
        return tuple(name for name in self._ids(self.run.policy.expected(self.run.today)) if name not in force)

    def _ids(self, effects: Iterable[tuple[Instrument, Effect]]) -> tuple[str, ...]:
        mine = self.jurisdiction
        return tuple(dict.fromkeys(one.id for one, _ in effects if one.jurisdiction == mine))

    @property
    def stringency(self) -> float:
        """Performance and inputs that all rules in force together deny China, 0 to 1; the same for every regulator."""
        return self.run.number("stringency")

    @property
    def stringency_known(self) -> float:
        """The same under the rules known at the end of the quarter."""
        return self.run.number("stringency_known")

    @property
    def tool_denial(self) -> dict[str, float]:
        """By class of tools: share of its makers' sales to advanced Chinese fabs that it denies."""
        world, run = self.run.world, self.run
        if self.jurisdiction not in JURISDICTIONS:
            return dict.fromkeys(TOOL_CLASSES, 0.0)
        maker = JURISDICTIONS.index(self.jurisdiction)
        denied = (tool_denial(world, run.law_step, maker, tool, False, run.lane) for tool in range(len(TOOL_CLASSES)))
        return {name: float(share) for name, share in zip(TOOL_CLASSES, denied, strict=True)}

    @property
    def alignment(self) -> float:
        """How far it follows US rules of its own will, 0 to 1; NaN for regulators that have no say in the model."""
        if self.jurisdiction not in JURISDICTIONS:
            return float("nan")
        return self.run.number("alignment", JURISDICTIONS.index(self.jurisdiction))

    @property
    def decides(self) -> bool:
        """Whether it decides by rule in the quarter instead of following the script: the US and its allies may."""
        ruled = self.run.world.law_us_rule[self.run.arm, self.run.law_step] > 0.0
        return bool(ruled and self.jurisdiction in JURISDICTIONS)

    @property
    def gate(self) -> dict[str, float]:
        """By class of buyers: share of orders for US chips that China lets through; 1 for other regulators."""
        return self._by_class(self.run.world.law_gate[self.run.arm, self.run.law_step], 1.0)

    @property
    def mandate(self) -> dict[str, float]:
        """By class of buyers: share of purchases that China requires to be domestic; 0 for other regulators."""
        return self._by_class(self.run.world.law_mandate[self.run.arm, self.run.law_step], 0.0)

    def _by_class(self, values: Iterable[float], without: float) -> dict[str, float]:
        """Shares of China's buyer classes."""
        own = self.jurisdiction == "CN"
        shares = {name: float(value) if own else without for name, value in zip(BUYER_CLASSES, values, strict=True)}
        del shares[BUYER_CLASSES[FOREIGN]]
        return shares

    @property
    def legal(self) -> Mapping[str, float]:
        """By offer: share of orders of private Chinese buyers that all rules together let through in the quarter."""
        return by_name(self, "offer", self.run.world.legal[:, PRIVATE, self.run.lane])

    @property
    def status(self) -> dict[str, str]:
        """By US offer on sale: status of a sale to private Chinese buyers on the last day of the quarter."""
        world, names = self.run.world, self.run.names("offer")
        places = [place for place in range(len(names)) if world.offer_nest[place] == US_NEST]
        return {names[place]: sale_law(self.run, place, PRIVATE)[1] for place in places if self.run.design(place)}

    @property
    def memory_open(self) -> float:
        """Share of HBM that may be sold to China in the quarter (US rule that binds makers everywhere)."""
        return float(memory_open(self.run.world, self.run.law_step, False, self.run.lane))

    @property
    def service_denial(self) -> float:
        """Share of service of installed tools that the allies together deny in the quarter."""
        return float(service_denial(self.run.world, self.run.law_step, self.run.lane))


class Regulator(mesa.Agent, RegulatorView):  # type: ignore[misc]
    """A regulator of the model: a live view of the run with the controls."""

    @property
    def counterfactual(self) -> RegulatorView | None:
        """The same regulator in the counterfactual run of the model, None if it has none."""
        other = self.model.counterfactual
        return None if other is None else RegulatorView(other, self.index)
