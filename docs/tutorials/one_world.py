"""Look into one world with Mesa: agents, networks, a data collector.

The model steps the engine that also runs ensembles. Agents are views of its state: they show what firm, vendor, node
and regulator have and do in this quarter, under the rules and, beside it, without them.
"""

from __future__ import annotations

import mesa

from abm import ChipCurbsModel
from abm.agents import AIFirm

model = ChipCurbsModel("history", rng=1)
collector = mesa.DataCollector(
    model_reporters={"quarter": "quarter"},
    agenttype_reporters={AIFirm: {"hazard": "hazard", "capability": "capability"}},
)
for _ in range(16):
    model.step()
    collector.collect(model)
print("quarter", model.quarter, "with", len(model.agents), "agents")

firms = model.agents_by_type[AIFirm]
fearful = sorted(firms.select(lambda firm: firm.alive), key=lambda firm: -firm.hazard)[:3]
for firm in fearful:
    print(f"  {firm.name}: believes in a cut-off with probability {firm.hazard:.2f} a quarter")

frame = collector.get_agenttype_vars_dataframe(AIFirm)
print("collected", len(frame), "rows of", ", ".join(frame.columns))

bought = model.procurement_network()
top = sorted(bought.edges(data=True), key=lambda edge: -edge[2]["flow"])[:3]
for offer, buyer, edge in top:
    print(f"  {offer} to {buyer}: {edge['flow']:.0f} thousand chips, {edge['status']}")
