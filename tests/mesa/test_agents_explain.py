"""Agents explain themselves: live, in both arms, with the numbers of the model they belong to."""

from __future__ import annotations

import pytest

from abm.explanation import ExplainError
from abm.model import ChipCurbsModel
from abm.state import FIELDS, World


@pytest.mark.parametrize("name", ["TENCENT", "NVIDIA", "SMIC", "US_BIS"])
def test_each_kind_of_agent_explains_itself(model: ChipCurbsModel, name: str) -> None:
    told = model.agent(name).explain()
    assert str(told).startswith(f"{name}, ")
    assert told.quarter == model.quarter


def test_what_is_told_is_the_state_of_the_model_bit_for_bit(model: ChipCurbsModel) -> None:
    for lane, firm in enumerate((model.agent("TENCENT"), model.agent("TENCENT").counterfactual)):
        after = firm.explain().case.recording.after
        differ = [
            name for name, mine, other in zip(World._fields, after, firm.run.world, strict=True)
            if "run" in FIELDS[name].dims and mine[..., 0].tobytes() != other[..., lane].tobytes()
        ]  # fmt: skip
        assert differ == []


def test_arms_tell_different_stories(model: ChipCurbsModel) -> None:
    firm = model.agent("TENCENT")
    mine, other = firm.explain(), firm.counterfactual.explain()
    assert (mine.run["scenario"], other.run["scenario"]) == ("history", "none_0")
    fears = [one.case.recording.last("cutoff_hazard", firm=firm.index).result for one in (mine, other)]
    assert fears[0] > fears[1]


def test_nothing_is_told_before_the_first_quarter() -> None:
    with pytest.raises(ExplainError, match=r"TENCENT: nothing has been decided .* call model.step\(\) first"):
        ChipCurbsModel(compiled=False).agent("TENCENT").explain()
