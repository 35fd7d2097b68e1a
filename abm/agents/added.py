"""Agents of kinds that a scenario adds (`abm.kinds`), read from one run."""

from __future__ import annotations

from typing import Any

import mesa

from abm.kinds import AgentKind
from abm.view import RunView, View


class AddedAgent(mesa.Agent, View):  # type: ignore[misc]
    """An agent of an added kind: a live view of the run with the controls. The fields of its kind are attributes.

    A field by agent and run is a number, one with further dimensions an array, a copy.
    """

    def __init__(self, model: Any, run: RunView, index: int, agent_kind: AgentKind) -> None:
        super().__init__(model, run, index)  # type: ignore[call-arg, arg-type]  # Mesa takes the model, a view the rest
        self.agent_kind, self.kind = agent_kind, agent_kind.name

    @property
    def name(self) -> str:
        """Its id."""
        return self.agent_kind.ids[self.index]

    def __getattr__(self, name: str) -> Any:
        kind = self.__dict__.get("agent_kind")
        if kind is None or name not in kind.own_fields:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        field, values = kind.own_fields[name], getattr(self.run.world, name)
        values = values[..., self.run.lane] if field.dims[-1] == "run" else values
        if kind.name in field.dims:
            values = values.take(self.index, axis=field.dims.index(kind.name))
        return float(values) if values.ndim == 0 else values.copy()
