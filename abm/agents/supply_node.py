"""Supply nodes: toolmakers, foundries, memory makers, packaging, read from one run."""

from __future__ import annotations

import mesa

from abm.agents.explained import Explained
from abm.edges import Edge, countries
from abm.network import node_output
from abm.supply_edges import supply


class NodeView(Explained):
    """A supply node in one run. All attributes are read-only and show the last quarter run.

    The engine keeps totals of each role (tools by country, wafers, memory, packaging); what one node delivers is its
    part by the shares of supply_links.csv. Nodes whose flow the model does not follow (design software, materials)
    deliver nothing.
    """

    kind = "node"

    @property
    def role(self) -> str:
        """Flow that pays it, such as "tools_nl" or "foundry_cn"."""
        return str(self.entry().role)

    @property
    def country(self) -> str:
        """Country of its headquarters."""
        return countries(self.run).get(self.name, "")

    @property
    def bloc(self) -> str:
        """Bloc of its country: CN, US or ROW."""
        return self.country if self.country in ("CN", "US") else "ROW"

    @property
    def capacity(self) -> float:
        """What it could have delivered in the quarter, in `unit`; inf where the model sets no limit."""
        return node_output(self.run, self.name, self.role)[0]

    @property
    def output(self) -> float:
        """What it made or delivered in the quarter, in `unit`."""
        return node_output(self.run, self.name, self.role)[1]

    @property
    def unit(self) -> str:
        """Unit of capacity and output."""
        return node_output(self.run, self.name, self.role)[2]

    @property
    def sales(self) -> float:
        """Value of what it delivered in the quarter at the prices of the model's bills; USD bn."""
        return sum((edge.value for edge in self._out()), 0.0)

    @property
    def customers(self) -> dict[str, float]:
        """By customer: what it delivered in the quarter, in `unit`."""
        return {edge.customer: edge.flow for edge in self._out()}

    @property
    def legal(self) -> dict[str, float]:
        """By customer: share of orders that law lets through in the quarter."""
        return {edge.customer: edge.legal for edge in self._out()}

    def _out(self) -> list[Edge]:
        name = self.name
        return [edge for edge in supply(self.run) if edge.supplier == name]


class SupplyNode(mesa.Agent, NodeView):  # type: ignore[misc]
    """A supply node of the model: a live view of the run with the controls."""

    @property
    def counterfactual(self) -> NodeView | None:
        """The same node in the counterfactual run of the model, None if it has none."""
        other = self.model.counterfactual
        return None if other is None else NodeView(other, self.index)
