"""Agents are live, read-only views of one run."""

from __future__ import annotations

import mesa
import numpy as np
import pytest

from abm.agents import AIFirm, ChipVendor, FirmView, Regulator, SupplyNode
from abm.model import ChipCurbsModel
from abm.view import Quantities, Quantity
from abm.vocabulary import RESEARCH


def test_agents_are_mesa_agents_and_agent_sets_work(model: ChipCurbsModel) -> None:
    firms = model.agents_by_type[AIFirm]
    assert all(isinstance(one, mesa.Agent) for one in model.agents)
    china = firms.select(lambda firm: firm.bloc == "CN")
    assert 0 < len(china) < len(firms)
    assert china.agg("budget", sum) == pytest.approx(model.controls.latest("budget_cn"), rel=1e-12)
    assert china.agg("revenue", sum) == pytest.approx(model.controls.latest("revenue_cn"), rel=1e-12)
    assert firms.get("name")[0] == "TENCENT"
    by_bloc = firms.groupby("bloc").agg("budget", sum)
    assert sum(by_bloc.values()) == pytest.approx(firms.agg("budget", sum))


def test_attributes_follow_the_run() -> None:
    made = ChipCurbsModel(compiled=False)
    firm = made.agent("TENCENT")
    start = firm.cash
    assert start > 0.0
    assert firm.budget == 0.0
    made.step()
    first = firm.budget
    made.step()
    assert 0.0 < first != firm.budget
    assert firm.budget == made.controls.world.budget[firm.index, 0]


@pytest.mark.parametrize("name", ["budget", "deployed", "hazard", "warehouse", "alive"])
def test_attributes_cannot_be_set(model: ChipCurbsModel, name: str) -> None:
    with pytest.raises(AttributeError, match=name):
        setattr(model.agent("TENCENT"), name, 1.0)


def test_every_quantity_has_a_unit_and_a_meaning() -> None:
    quantities = [one for one in vars(FirmView).values() if isinstance(one, Quantity | Quantities)]
    assert len(quantities) > 20
    assert all(one.unit and one.__doc__ and one.unit in one.__doc__ for one in quantities)
    assert AIFirm.budget.unit == "USD bn"


def test_dictionaries_carry_the_names_of_the_world(model: ChipCurbsModel) -> None:
    firm, world = model.agent("ALIBABA"), model.controls.world
    offers = [offer.id for offer in model.controls.plan.world.offers]
    assert list(firm.deployed) == list(firm.warehouse) == list(firm.delivered) == list(firm.legal) == offers
    assert sum(firm.deployed.values()) == pytest.approx(world.deployed[firm.index, :, :, 0].sum())
    both = [firm.deployed_for(workload) for workload in ("train", "serve")]
    assert all(firm.deployed[name] == both[0][name] + both[1][name] for name in offers)
    assert list(firm.mix) == list(RESEARCH)
    assert sum(firm.mix.values()) == pytest.approx(1.0)
    assert firm.porting["CUDA"] == 1.0
    assert firm.owns == "THEAD"
    with pytest.raises(ValueError, match="train, serve"):
        firm.deployed_for("training")


def test_the_warehouses_of_china_add_to_the_recorded_stock(model: ChipCurbsModel) -> None:
    china = model.agents_by_type[AIFirm].select(lambda firm: firm.bloc == "CN")
    stored = sum(sum(firm.warehouse.values()) for firm in china)
    assert stored == pytest.approx(model.controls.latest("warehouse_cn"), rel=1e-12)


def test_firms_that_enter_later_are_agents_that_are_not_alive_yet() -> None:
    early = ChipCurbsModel(compiled=False)
    late = {firm.name for firm in early.agents_by_type[AIFirm].select(lambda firm: not firm.alive)}
    assert {"DEEPSEEK", "XAI"} <= late
    early.controls.step = 20
    assert all(firm.alive for firm in early.agents_by_type[AIFirm])


def test_the_counterfactual_of_an_agent_is_the_same_agent_in_the_other_run(model: ChipCurbsModel) -> None:
    firm = model.agent("BYTEDANCE")
    other = firm.counterfactual
    assert (other.name, other.bloc, other.alive) == (firm.name, firm.bloc, True)
    assert other.run is model.counterfactual
    assert firm.hazard > other.hazard
    assert model.agent("NVIDIA").counterfactual.designs["NVIDIA_COMPLIANCE_A"] is None
    assert len(model.agents_by_type[AIFirm]) == len(model.controls.plan.world.firms)


def test_vendors_add_to_recorded_series(model: ChipCurbsModel) -> None:
    vendors, run = model.agents_by_type[ChipVendor], model.controls
    assert model.agent("NVIDIA").revenue == run.latest("nvidia_revenue")
    merchants = vendors.select(lambda vendor: vendor.merchant)
    assert merchants.agg("revenue_china", sum) == pytest.approx(run.latest("us_vendor_revenue_china"))
    assert model.agent("HUAWEI").made == run.latest("ascend_packages")
    nvidia = model.agent("NVIDIA")
    assert list(nvidia.designs) == list(nvidia.prices) == list(nvidia.sold) == list(nvidia.lines)
    place = int(run.latest("design_frontier"))
    assert nvidia.designs["NVIDIA_FRONTIER"] == run.plan.designs[place].id
    assert nvidia.prices["NVIDIA_FRONTIER"] == run.latest("price_frontier")
    assert model.agent("US_CUSTOM").owners == ("GOOGLE", "AMAZON")


def test_supply_nodes_add_to_recorded_series(model: ChipCurbsModel) -> None:
    nodes, run = model.agents_by_type[SupplyNode], model.controls
    toolmakers = nodes.select(lambda node: node.role.startswith("tools"))
    assert toolmakers.agg("sales", sum) == pytest.approx(nodes.agg("tools_bought", sum), rel=1e-12)
    lines = [model.agent(name) for name in ("SMIC", "CXMT")]
    assert sum(line.tools_bought for line in lines) == pytest.approx(run.latest("tool_spending"), rel=1e-12)
    assert sum(line.tool_bank for line in lines) == pytest.approx(run.latest("tool_bank"), rel=1e-12)
    assert model.agent("SMIC").output >= run.latest("ai_wafers") > 0.0, "phones take their part"
    assert model.agent("SMIC").capacity == run.latest("advanced_wafers")
    assert model.agent("CXMT").capacity == run.latest("home_memory")
    assert model.agent("COWOS").capacity == run.latest("world_capacity")
    assert model.agent("JCET_TFME").output == pytest.approx(run.latest("domestic_packages"), rel=1e-12)
    assert (model.agent("TEL").country, model.agent("TEL").bloc, model.agent("TEL").unit) == ("JP", "ROW", "USD bn")
    assert model.agent("SAMSUNG_FOUNDRY").country == "KR"
    assert model.agent("US_EDA").sales > model.agent("EMPYREAN").sales > 0.0
    assert all(node.output <= node.capacity * (1.0 + 1e-9) for node in nodes)
    assert nodes.agg("cash", sum) == pytest.approx(run.world.node_cash[:, run.lane].sum())
    assert all(node.cash >= 0.0 and node.credit >= 0.0 and node.stock >= 0.0 for node in nodes)
    assert model.agent("SKHYNIX").orders > 0.0


def test_regulators_show_the_rules_of_the_script(model: ChipCurbsModel) -> None:
    us, netherlands, china = model.agent("US_BIS"), model.agent("NL_GOV"), model.agent("CN_GOV")
    assert "us_2023_10_advanced_computing" in us.in_force
    assert "us_2024_12_hbm" not in us.in_force + us.announced
    assert all(model.controls.policy[name].jurisdiction == "NL" for name in netherlands.in_force)
    assert netherlands.tool_denial["litho"] > 0.0 == netherlands.tool_denial["metrology"]
    assert us.stringency == model.controls.latest("stringency") == china.stringency
    assert us.counterfactual.stringency < us.stringency
    assert "us_2023_10_advanced_computing" not in us.counterfactual.in_force
    assert us.status["NVIDIA_FRONTIER"] == "denied"
    assert us.status["US_LOW_TIER"] == "free"
    assert set(china.gate) == {"private", "listed", "state"}
    assert set(us.mandate.values()) == {0.0}
    assert us.memory_open == 1.0


def test_a_rule_is_announced_before_it_binds() -> None:
    made = ChipCurbsModel("history", compiled=False)
    us = made.agent("US_BIS")
    made.controls.step = 10
    assert "us_2022_10_advanced_computing" in us.announced
    made.controls.step = 11
    assert "us_2022_10_advanced_computing" in us.in_force
    assert "us_2022_10_advanced_computing" not in us.announced


def test_regulators_of_all_jurisdictions_answer(model: ChipCurbsModel) -> None:
    for one in model.agents_by_type[Regulator]:
        shares = [*one.tool_denial.values(), *one.gate.values(), *one.mandate.values(), one.service_denial]
        assert np.all((np.array(shares) >= 0.0) & (np.array(shares) <= 1.0))
        assert {each.jurisdiction for each in one.instruments} <= {one.jurisdiction}
        money = one.public_money
        assert all(paid >= 0.0 and (paid == 0.0 or one.jurisdiction == "CN") for paid in money.values())
    paid = model.agent("CN_GOV").public_money
    assert paid == {"chip makers": model.controls.latest("subsidy"), "AI firms": model.controls.latest("mobilised_cn")}
