"""Supply nodes: toolmakers, foundries, memory makers, packaging, read from one run."""

from __future__ import annotations

import mesa
import numpy as np

from abm.agents.explained import Explained
from abm.edges import Edge, countries
from abm.network import node_output
from abm.supply_edges import node_place, supply


class NodeView(Explained):
    """A supply node in one run. All attributes are read-only and show the last quarter run.

    Foundries, memory makers and packaging houses have capacity, orders, stock and output in their own unit; toolmakers
    and makers of software and materials sell what is ordered. All have sales, cash and debt.
    """

    kind = "node"

    @property
    def role(self) -> str:
        """Flow that pays it, such as "tools_nl" or "foundry_cn"."""
        return str(self.entry().role)

    @property
    def country(self) -> str:
        """Country of its headquarters."""
        return countries(self.run).get(self.entry().firm_id, "")

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
    def orders(self) -> float:
        """What customers ordered in the quarter, in `unit`."""
        return self._number("node_orders")

    @property
    def backlog(self) -> float:
        """What of the orders that it worked on was not delivered, in `unit`."""
        return self._number("node_backlog")

    @property
    def stock(self) -> float:
        """What it made and has not sold, in `unit`; finished packages of the world stand with the vendors' lines."""
        return self._number("node_stock")

    @property
    def tools(self) -> float:
        """Tools in use, USD bn."""
        return self._number("node_tools")

    @property
    def tools_bought(self) -> float:
        """Tools bought in the quarter, USD bn."""
        return self._number("node_bought")

    @property
    def tool_bank(self) -> float:
        """Tools bought ahead of a rule and not yet in use, USD bn; 0 for nodes that no tool rule aims at."""
        world, place = self.run.world, node_place(self.run, self.name)
        return sum(
            (float(world.tool_bank[line, :, self.run.lane].sum()) for line in np.flatnonzero(world.line_node == place)),
            0.0,
        )

    @property
    def sales(self) -> float:
        """Sales of the quarter, USD bn."""
        return self._number("node_sales")

    @property
    def cash(self) -> float:
        """Cash, USD bn."""
        return self._number("node_cash")

    @property
    def credit(self) -> float:
        """Debt, USD bn."""
        return self._number("node_credit")

    def _number(self, array: str) -> float:
        return self.run.number(array, node_place(self.run, self.name))

    @property
    def customers(self) -> dict[str, float]:
        """By customer: what it delivered in the quarter (foreign foundries: dies, thousand)."""
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
