"""Firms that decide by methods of their own among firms of the engine."""

from __future__ import annotations

import numpy as np
import pytest

from abm.agents import AddedAgent, AIFirm, ChipVendor
from abm.agents.ai_firm import DECISIONS
from abm.kinds import PHASES, AgentKind
from abm.link import link
from abm.model import ChipCurbsModel
from abm.rule_check import all_rules, rule_named
from abm.rules.ai_firm import offer_value
from abm.scenario import Scenario, ScenarioError
from abm.special import Turns, overridden
from abm.view import RunView
from abm.vocabulary import QUARTERS, US_NEST

LANES = 32


class Same(AIFirm):
    """Answers every question by the rule."""

    asked = 0


def _by_the_rule(name):
    rule = rule_named(name)
    numbers = ", ".join(rule.__code__.co_varnames[: rule.__code__.co_argcount])
    names = {"rule": rule}
    exec(f"def {name}(self, {numbers}):\n    type(self).asked += 1\n    return rule({numbers})", names)
    return names[name]


for _name in DECISIONS:
    setattr(Same, _name, _by_the_rule(_name))


class Fearless(AIFirm):
    """Fears no cut-off."""

    def offer_value(self, performance, used, cost, reference, sensitivity, cutoff_aversion, hazard, favour):
        return super().offer_value(performance, used, cost, reference, sensitivity, cutoff_aversion, 0.0, favour)


class Watching(AIFirm):
    """Looks at its own run while it decides."""

    def __init__(self, model, run, index):
        super().__init__(model, run, index)
        self.seen = []

    def planned_budget(self, plan, share, feedback, revenue, revenue_base, shock):
        self.seen.append((self.run.lane, self.quarter, self.hazard, self.cash))
        return super().planned_budget(plan, share, feedback, revenue, revenue_base, shock)

    @property
    def quarter(self):
        return self.run.quarter


class Twice(AIFirm):
    """Spends twice its plan."""

    def planned_budget(self, plan, share, feedback, revenue, revenue_base, shock):
        return 2.0 * super().planned_budget(plan, share, feedback, revenue, revenue_base, shock)


class Broken(AIFirm):
    """Forgets to answer."""

    def offer_value(self, performance, used, cost, reference, sensitivity, cutoff_aversion, hazard, favour):
        pass


def stepped(steps, compiled=False, scenario="history", **more):
    made = ChipCurbsModel(scenario, rng=1, compiled=compiled, **more)
    for _ in range(steps):
        made.step()
    return made


def assert_same_bits(one, other):
    for name, mine, its in zip(one.controls.world._fields, one.controls.world, other.controls.world, strict=True):
        np.testing.assert_array_equal(mine, its, err_msg=name)


def test_a_method_that_answers_by_the_rule_changes_no_bit():
    """Every decision, of a Chinese platform, a US lab and a firm that enters late, in plain Python."""
    Same.asked = 0
    assert_same_bits(stepped(4), stepped(4, agents={"TENCENT": Same, "GOOGLE": Same, "DEEPSEEK": Same}))
    assert Same.asked > 1000


@pytest.mark.slow
def test_a_method_that_answers_by_the_rule_changes_no_bit_among_compiled_firms():
    """All quarters, both runs: the compiled quarter in one piece against the one in parts."""
    special = stepped(QUARTERS, compiled=True, agents={"TENCENT": Same})
    assert_same_bits(stepped(QUARTERS, compiled=True), special)
    assert special.controls.failed is None


def test_a_firm_without_a_method_of_its_own_is_served_by_the_engine():
    class Named(AIFirm):
        @property
        def motto(self):
            return f"{self.name} first"

    made = stepped(2, agents={"TENCENT": Named})
    assert made.agent("TENCENT").motto == "TENCENT first"
    assert_same_bits(stepped(2), made)


def test_the_method_moves_its_firm_and_through_the_market_the_others():
    """Without fear of a cut-off a firm splits its money in favour of US chips; one that spends twice its plan does."""
    stock, brave = stepped(1), stepped(1, agents={"TENCENT": Fearless})
    us = stock.controls.world.offer_nest == US_NEST
    place = stock.agent("TENCENT").index
    mine, rule = (one.controls.world.weight[place, us, :, 0].sum(axis=0) for one in (brave, stock))
    assert mine.sum() > rule.sum()
    rich, stock = (stepped(4, agents=special) for special in ({"BYTEDANCE": Twice}, None))
    assert rich.agent("BYTEDANCE").budget > 1.5 * stock.agent("BYTEDANCE").budget
    assert rich.agent("ALIBABA").budget != stock.agent("ALIBABA").budget
    assert rich.controls.failed is None


def test_the_firm_decides_so_in_both_runs_and_sees_its_own():
    made = stepped(4, agents={"TENCENT": Watching, "GOOGLE": Twice})
    mine = made.agent("TENCENT")
    assert {lane for lane, *_ in mine.seen} == {0}
    assert [quarter for _, quarter, *_ in mine.seen][:3] == ["2019Q4", "2020Q1", "2020Q2"]
    assert len(mine.seen) == 4
    google, stock = made.agent("GOOGLE"), stepped(4).agent("GOOGLE")
    assert google.budget == google.counterfactual.budget > stock.budget
    assert mine.counterfactual.run is made.counterfactual
    assert len(made.agents) == len(stepped(0).agents)


def test_a_special_firm_is_an_ai_firm_among_others():
    made = stepped(1, agents={"TENCENT": Fearless})
    assert type(made.agent("TENCENT")) is Fearless
    assert made.agents_by_type[AIFirm].get("name")[0] == "TENCENT"
    assert len(made.agents_by_type[AIFirm]) == len(stepped(0).agents_by_type[AIFirm])
    assert len(made.datacollector.get_agenttype_vars_dataframe(AIFirm)) == len(made.agents_by_type[AIFirm])


def test_special_firms_and_rules_of_a_scenario_go_together():
    """All others follow the scenario's rule, the special firm its method."""
    calm = Scenario.load("history").with_point(True).with_rules(cutoff_hazard=no_fear)

    class Fearful(AIFirm):
        def cutoff_hazard(self, hazard, cut, signal, signal_weight, step, decay, floor):
            return 0.5

    made = stepped(2, scenario=calm, agents={"TENCENT": Fearful})
    assert made.agent("TENCENT").hazard == 0.5
    assert made.agent("ALIBABA").hazard == 0.0


def no_fear(hazard, cut, signal, signal_weight, step, decay, floor):
    return 0.0 * hazard


def test_decisions_are_the_rules_that_firms_are_asked():
    """Each rule of AI firms that is put in a firm's turn, and no other, is a method that a subclass may replace."""
    asked = set()
    world = stepped(0).controls.world
    turns = Turns(world.firms)

    class Listener:
        def __init__(self, name, rule):
            self.name, self.rule = name, rule

        def __call__(self, *numbers):
            if turns.now >= 0:
                asked.add(self.name)
            return self.rule(*numbers)

    replaced = {rule: Listener(name, rule) for name, rule in all_rules().items()}
    with np.errstate(all="ignore"):
        for phase in PHASES.values():
            told = phase.__code__.co_argcount == 2
            linked = link(phase, replaced, {"LANES": 2}, plain=True)
            linked(*((world._replace(firms=turns), 0) if told else (world._replace(firms=turns),)))
    firms = {name for name in asked if all_rules()[name].__module__ == offer_value.__module__}
    assert set(DECISIONS) == firms - {"ai_revenue"}, "bring abm.agents.ai_firm.DECISIONS up to date"


def test_turns_end_with_their_loop():
    turns = Turns(np.arange(3))
    seen = []
    for firm in turns:
        inner = []
        for other in turns:
            inner.append(turns.now)
            if other == 1:
                break
        seen.append((int(firm), turns.now, inner))
    assert seen == [(0, 0, [0, 1]), (1, 1, [0, 1]), (2, 2, [0, 1])]
    assert turns.now == -1


def test_what_a_class_replaces_is_seen():
    assert overridden(Fearless) == ("offer_value",)
    assert overridden(AIFirm) == ()


class Pricing(AIFirm):
    def price_in_china(self, list_price, unit_cost, rival_share, markup_fall):
        return list_price


class Short(AIFirm):
    def nest_value(self, total):
        return total


class Constant(AIFirm):
    nest_value = 1.0


@pytest.mark.parametrize(
    ("agents", "error", "says"),
    [
        ({"TENCNT": Fearless}, ScenarioError, "agents: there is no AI firm 'TENCNT'; nearest valid name: 'TENCENT'"),
        ({"NVIDIA": Fearless}, ScenarioError, "agents: there is no AI firm 'NVIDIA'"),
        (
            {"TENCENT": ChipVendor},
            TypeError,
            "TENCENT: must be a subclass of abm.agents.AIFirm, not ChipVendor",
        ),
        (
            {"TENCENT": offer_value},
            TypeError,
            "TENCENT: must be a subclass of abm.agents.AIFirm, not <function",
        ),
        (
            {"TENCENT": Pricing},
            TypeError,
            r"Pricing.price_in_china: not decided firm by firm.*with_rules\(price",
        ),
        ({"TENCENT": Short}, TypeError, "Short.nest_value must be a method that takes self, total, dissimilarity"),
        (
            {"TENCENT": Constant},
            TypeError,
            "Constant.nest_value must be a method that takes self, total",
        ),
    ],
)
def test_a_class_that_cannot_decide_is_refused_in_one_line(agents, error, says):
    with pytest.raises(error, match=says) as refused:
        ChipCurbsModel(agents=agents, compiled=False)
    assert "\n" not in str(refused.value)


def test_an_answer_that_is_no_number_is_named():
    made = ChipCurbsModel(agents={"TENCENT": Broken}, compiled=False)
    with pytest.raises(TypeError, match=r"Broken\.offer_value must return a number, not None"):
        made.step()


def test_special_firms_decide_in_their_own_world_alone():
    made, other = stepped(0, agents={"TENCENT": Fearless}), stepped(0)
    with pytest.raises(ValueError, match="in the world of their model alone"):
        made._quarters(other._state, 0, 1)


# --- agents of added kinds --------------------------------------------------------------------------------------------


def insure(world, step):
    for run in range(LANES):
        world.reserve[0, run] += 1.0
        world.reserves[0, step, run] = world.reserve[0, run]


def test_agents_of_added_kinds_are_mesa_agents():
    fields = {
        "reserve": "insurer run | USD bn | money",
        "reserves": "insurer quarter run | USD bn | the same by quarter",
    }
    kind = AgentKind("insurer", [{"id": "MUTUAL", "reserve": 5.0}], fields, insure, "earn")
    made = stepped(2, scenario=Scenario.load("history").with_agents(kind))
    one = made.agent("MUTUAL")
    assert isinstance(one, AddedAgent)
    assert (one.kind, one.reserve, repr(one)) == ("insurer", 7.0, "<AddedAgent MUTUAL, 2020Q2>")
    assert one.reserves[:3].tolist() == [6.0, 7.0, 0.0]
    assert made.agents_by_type[AddedAgent].agg("reserve", sum) == 7.0
    assert isinstance(made.counterfactual, RunView)
    with pytest.raises(AttributeError, match="no attribute 'reserv'"):
        _ = one.reserv


def test_a_model_and_its_counterfactual_have_the_same_rules():
    calm = Scenario.load("history").with_rules(cutoff_hazard=no_fear)
    with pytest.raises(ScenarioError, match="share rules and agents"):
        ChipCurbsModel(calm, counterfactual=Scenario.load("none_0"), compiled=False)
