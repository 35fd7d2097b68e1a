"""A drawn world as a Mesa model: agents, networks and explanations know its firms."""

from __future__ import annotations

import pytest

from abm import ChipCurbsModel
from abm.agents import AIFirm
from abm.scenario import Scenario

FIRMS = 9


@pytest.fixture(scope="module")
def model():
    """Two quarters in plain Python."""
    made = ChipCurbsModel(Scenario.synthetic(FIRMS, 2).with_network("rewired"), compiled=False)
    for _ in range(2):
        made.step()
    return made


def test_every_drawn_firm_is_an_agent(model):
    names = [one.name for one in model.agents_by_type[AIFirm]]
    assert names[:4] == ["CN_0", "US_1", "ROW_2", "CN_3"]
    assert len(names) == FIRMS
    assert model.controls.firm_record.shape == (6, 2, FIRMS)


def test_networks_have_its_firms_and_the_links_of_its_null_model(model):
    graph = model.knowledge_network()
    near = model.controls.world.neighbour
    firms = model.controls.names("firm")
    links = {(firms[other], firms[firm]) for firm, others in enumerate(near.tolist()) for other in others}
    assert set(graph) == set(firms)
    assert {(one, other) for one, other, data in graph.edges(data=True) if data["porting"]} == links
    assert set(firms) <= set(model.supply_network()) & set(model.procurement_network())


def test_drawn_firms_explain_themselves(model):
    text = str(model.agent("CN_0").explain())
    assert "CN_0, AI firm, 2020Q2" in text
    assert "Budget" in text


def test_what_the_world_lacks_is_said(model):
    with pytest.raises(KeyError, match=r"tencent_spending.*the firm TENCENT, which this world does not have"):
        model.controls.series("tencent_spending")
    with pytest.raises(KeyError, match="no agent 'TENCENT'"):
        model.agent("TENCENT")
