"""The model as Mesa users know it: one run, its agents, networks and data, stepped quarter by quarter by the engine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import mesa
import numpy as np

from abm.agents import AddedAgent, AIFirm, ChipVendor, Regulator, SupplyNode
from abm.agents.regulator import offices
from abm.calendar import quarter_label
from abm.draws import check_seed
from abm.explanation import state_before
from abm.machine import Machine, compiled_before, kernel, machine_of
from abm.network import knowledge_network, procurement_network, supply_network
from abm.scenario import Scenario, ScenarioError
from abm.schema import nearest
from abm.simulation import REPLICATIONS, Builder, prepare
from abm.special import SpecialQuarters, check_firm
from abm.view import RunView
from abm.vocabulary import QUARTERS

_log = logging.getLogger(__name__)
PAIR = 2
"""Lanes of the block: the run with the controls and its counterfactual."""

MODEL_REPORTERS = (
    "capability_cn", "capability_us", "compute_cn", "compute_us", "domestic_value", "value_cn", "ascend_packages",
    "us_vendor_revenue", "us_vendor_revenue_china", "nvidia_china_flagship", "smuggled_chips", "hazard_cn",
    "stringency", "porting_cann", "tool_access",
)  # fmt: skip
"""Recorded series that the model's DataCollector collects, beside the quarter; see `abm.series.SERIES`."""
AGENT_REPORTERS: dict[type[mesa.Agent], tuple[str, ...]] = {
    AIFirm: ("name", "bloc", "alive", "budget", "spent", "cash", "hazard", "training", "capability"),
    ChipVendor: ("name", "bloc", "revenue", "revenue_china", "profit", "research"),
    SupplyNode: ("name", "role", "output", "unit", "sales"),
    Regulator: ("name", "jurisdiction", "in_force"),
}
"""Attributes of agents that it collects, by type."""


class ChipCurbsModel(mesa.Model):  # type: ignore[misc]
    """One world of a scenario as a Mesa model; `step()` runs one quarter of the engine that runs ensembles.

    >>> model = ChipCurbsModel("history", rng=1)
    >>> model.step()
    >>> model.agents_by_type[AIFirm].select(lambda firm: firm.bloc == "CN").agg("budget", sum)

    The model is a pair: `controls` is the run of the scenario, which agents and networks show, `counterfactual` the
    same world under the other law. After 52 steps its record equals that of `compare` for the same seed and world, bit
    for bit, and without a counterfactual that of `simulate`. Each model has its own state; nothing is shared.

    Parameters
    ----------
    scenario : Scenario, str or Path
        A scenario, the name of a shipped one, or a scenario file.
    rng : int
        Root seed, 0 to 2**63 - 1.
    world : int
        Which world: point x replications + replication.
    counterfactual : Scenario, str or None
        Law of the other run, by default that of 2022Q2; None for no counterfactual.
    replications : int
        Worlds that share a draw of the parameters.
    compiled : bool
        False runs plain Python: the same bits, about 0.1 s a quarter, and no wait for the compiler.
    agents : mapping of str to type
        Subclasses of `AIFirm` by the id of the firm: it decides by their methods, in plain Python and in both runs; the
        compiled engine serves all others.

    Attributes
    ----------
    controls, counterfactual : RunView
        The two runs; `controls.scenario` is the scenario, `controls.series(name)` a recorded series.
    datacollector : mesa.DataCollector
        A row for each quarter run: `MODEL_REPORTERS` and `AGENT_REPORTERS`.

    Raises
    ------
    ScenarioError, ValueError, TypeError
        One line that names what is wrong and the cure.
    """

    def __init__(
        self,
        scenario: Scenario | str | Path = "history",
        rng: int = 1,
        *,
        world: int = 0,
        counterfactual: Scenario | str | None = "none_0",
        replications: int = REPLICATIONS,
        compiled: bool = True,
        agents: Mapping[str, type[AIFirm]] | None = None,
    ) -> None:
        seed = _seed(rng)
        _check_count("world", world, 0)
        _check_count("replications", replications, 1)
        arms = _arms(scenario, counterfactual)
        machine = _machine(arms)
        super().__init__(rng=seed)
        self._advance: Callable[[], None] = self.step
        self.step = self._step_if_not_over  # type: ignore[method-assign]
        plan = prepare(arms)
        lanes = np.array([0, len(arms) - 1], dtype=np.int64)
        builder = Builder(plan, arms, seed, int(replications), int(world), machine)
        self._handle = builder.fill(lanes)
        if compiled and not compiled_before(PAIR, machine):
            _log.warning("the first step compiles the model for this machine, once: about a minute")
        self._state = self._handle if compiled else self._handle.world
        self._runs = [RunView(plan, self._handle.world, lane, arms[arm]) for lane, arm in enumerate(lanes)]
        self.controls = self._runs[0]
        self.counterfactual = self._runs[1] if len(arms) > 1 else None
        special = _special(agents, self.controls.names(AIFirm.kind))
        self._add_agents(special)
        self._quarters: Any
        if special:  # their methods look at this model, so its past cannot be run again
            self._quarters = SpecialQuarters(self._handle, self._special_firms(special), machine, compiled)
        else:
            self._quarters = kernel(PAIR, machine) if compiled else machine.plain(PAIR)
            for run in self._runs:
                run.before = partial(state_before, builder, lanes, self._quarters, compiled, run.lane)
        self.datacollector = _collector(self)

    def _add_agents(self, special: Mapping[str, Any]) -> None:
        """Every agent of the world file, firms first; firms that enter later are there from the start (see `alive`)."""
        run = self.controls
        for index, name in enumerate(run.names(AIFirm.kind)):
            special.get(name, AIFirm)(self, run, index)
        if special:  # they are AI firms too, beside having a type of their own
            self.agents_by_type[AIFirm] = self.agents.select(lambda one: isinstance(one, AIFirm))
        kinds: tuple[Any, ...] = (ChipVendor, SupplyNode, Regulator)
        counts = (*(len(run.names(kind.kind)) for kind in kinds[:2]), len(offices(run)))
        for kind, count in zip(kinds, counts, strict=True):
            for index in range(count):
                kind(self, run, index)
        for added in machine_of(run.scenario).kinds:
            for index in range(len(added.ids)):
                AddedAgent(self, run, index, added)

    def _special_firms(self, special: Mapping[str, Any]) -> list[dict[int, AIFirm]]:
        """Firms of each lane that decide by methods of their own, by place; those of the second are no Mesa agents."""
        firms = self.controls.names(AIFirm.kind)
        lanes: list[dict[int, AIFirm]] = [{firms.index(name): self.agent(name) for name in special}]
        for run in self._runs[1:]:
            twins = {firms.index(name): kind(self, run, firms.index(name)) for name, kind in special.items()}
            for twin in twins.values():
                twin.remove()
            lanes.append(twins)
        return lanes

    # --- time -----------------------------------------------------------------------------------------------------

    @property
    def step_index(self) -> int:
        """Index of the last quarter run: 0 is 2020Q1, −1 before the first step."""
        return self.controls.step

    @property
    def quarter(self) -> str:
        """Label of the last quarter run, such as 2022Q4; 2019Q4 before the first step."""
        return self.controls.quarter

    def step(self) -> None:
        """Run the next quarter, for the run and its counterfactual, and collect data.

        Raises
        ------
        RuntimeError
            After the last quarter, 2032Q4; `running` is false then.
        """
        following = self.step_index + 1
        self._quarters(self._state, following, following + 1)
        for run in self._runs:
            run.step = following
        self.running = following < QUARTERS - 1
        self.datacollector.collect(self)

    def _step_if_not_over(self) -> None:
        """What `model.step()` calls: Mesa's own step, which keeps time and calls the method above."""
        if self.step_index >= QUARTERS - 1:
            raise RuntimeError(
                f"the model has run all {QUARTERS} quarters to {quarter_label(QUARTERS - 1)}; "
                "build a new ChipCurbsModel to run again"
            )
        self._advance()

    @property
    def scenario(self) -> Scenario:
        """Not here: Mesa keeps objects of its own kind under this name, and its browser passes them to new models."""
        raise AttributeError("the scenario of the model is model.controls.scenario")

    @scenario.setter
    def scenario(self, value: object) -> None:
        self._mesa_scenario = value

    # --- what to look at ------------------------------------------------------------------------------------------

    def agent(self, name: str) -> Any:
        """Agent by its id, such as "TENCENT", "NVIDIA", "ASML" or "US_BIS"."""
        for one in self.agents:
            if one.name == name:
                return one
        raise KeyError(f"no agent {name!r}{nearest(name, [one.name for one in self.agents])}")

    def supply_network(self) -> Any:
        """Deliveries from toolmakers to AI firms as a NetworkX DiGraph (`abm.network.supply_network`)."""
        return supply_network(self.controls)

    def procurement_network(self) -> Any:
        """Chips bought in the quarter, offers to firms, as a NetworkX DiGraph (`abm.network.procurement_network`)."""
        return procurement_network(self.controls)

    def knowledge_network(self) -> Any:
        """Who can learn from whom as a NetworkX DiGraph (`abm.network.knowledge_network`)."""
        return knowledge_network(self.controls)


def _seed(rng: object) -> int:
    try:
        return check_seed(rng)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise type(error)(f"rng: {error}") from None


def _check_count(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}")


def _machine(arms: list[Scenario]) -> Machine:
    """What runs the model and its counterfactual: they share rules and agents."""
    machine = machine_of(arms[0])
    if any(machine_of(arm) != machine for arm in arms):
        raise ScenarioError("a model and its counterfactual share rules and agents; compare() runs others apart")
    return machine


def _arms(scenario: Scenario | str | Path, counterfactual: Scenario | str | None) -> list[Scenario]:
    """The scenario and, if asked for, its counterfactual."""
    controls = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    if counterfactual is None:
        return [controls]
    if isinstance(counterfactual, Scenario):
        return [controls, counterfactual]
    if not isinstance(counterfactual, str):
        kind = type(counterfactual).__name__
        raise ScenarioError(f"counterfactual must be a Scenario, the name of one, or None, not {kind}")
    return [controls, controls.counterfactual(counterfactual)]


def _special(agents: Mapping[str, type[AIFirm]] | None, firms: Sequence[str]) -> dict[str, Any]:
    """Classes of firms that decide by methods of their own, checked."""
    given = dict(agents or {})
    for name, kind in given.items():
        if name not in firms:
            raise ScenarioError(f"agents: there is no AI firm {name!r}{nearest(str(name), firms)}")
        check_firm(name, kind)
    return given


def _collector(model: ChipCurbsModel) -> mesa.DataCollector:
    """A DataCollector of the default series and attributes."""
    reporters: dict[str, Any] = {"quarter": "quarter"}
    reporters.update({name: partial(_latest, name=name) for name in MODEL_REPORTERS})
    by_type = {kind: {name: name for name in names} for kind, names in AGENT_REPORTERS.items()}
    return mesa.DataCollector(model_reporters=reporters, agenttype_reporters=by_type)


def _latest(model: ChipCurbsModel, name: str) -> float:
    """Value of a recorded series in the last quarter run."""
    return model.controls.latest(name)
