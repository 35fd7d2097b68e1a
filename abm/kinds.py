"""Agents that the model does not have by itself: rows, fields of the state, and a phase of the quarter.

A kind adds arrays to the world and a phase to the quarter of the scenarios that have it; all other phases stay the same
compiled code, so a world without the kind keeps its bits.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np

from abm.link import LinkError, digest, plain_function, rules_of
from abm.link_cache import global_names
from abm.quarter import quarter
from abm.rule_check import takes
from abm.schema import nearest
from abm.state import FIELDS, Field, Floats
from abm.timeline import ScenarioError

PHASES: dict[str, FunctionType] = {
    name: one for name in global_names(quarter.__code__) if isinstance(one := quarter.__globals__[name], FunctionType)
}
"""Phases of a quarter by name, in order."""

_DIMENSIONS = tuple(dict.fromkeys(dim for field in FIELDS.values() for dim in field.dims))


@dataclass(frozen=True, eq=False)
class AgentKind:
    """A further kind of agents.

    Parameters
    ----------
    name
        What one of them is called, such as "insurer"; also the name of their dimension.
    rows
        One mapping for each agent: its `id` and the start of 2020Q1 of every field whose dimensions are the kind, or
        the kind and the run.
    fields
        Arrays added to the world, each declared as in `abm.state`: ``"insurer run | USD bn | reserve"``. The run is
        the last dimension. A field with the dimensions `quarter` and `run` is handed out by `Results` under its name.
    phase
        ``phase(world, step)``, a phase as in `abm.phases`: loops over arrays, lanes (``for run in range(LANES)``)
        innermost. It may read all arrays of the world and should write its own.
    after
        Name of the phase of the quarter after which it acts.

    Raises
    ------
    ScenarioError
        One line that names the kind, what is wrong with it and the cure.
    """

    name: str
    rows: Sequence[Mapping[str, Any]]
    fields: Mapping[str, str]
    phase: Callable[..., None]
    after: str

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.isidentifier() or self.name in (*_DIMENSIONS, *FIELDS):
            raise ScenarioError(f"agent kind {self.name!r}: the name must be a word that the model does not use yet")
        own = {name: self._declared(name, text) for name, text in self.fields.items()}
        object.__setattr__(self, "_own", own)
        self._check_rows()
        if self.after not in PHASES:
            raise self._wrong(f"after {self.after!r}: there is no such phase{nearest(str(self.after), PHASES)}")
        self._check_phase()

    @property
    def own_fields(self) -> Mapping[str, Field]:
        """Declarations of the arrays that it adds to the world."""
        found: Mapping[str, Field] = self.__dict__["_own"]
        return found

    @property
    def ids(self) -> tuple[str, ...]:
        """Its agents."""
        return tuple(str(row["id"]) for row in self.rows)

    @property
    def recorded(self) -> tuple[str, ...]:
        """Fields that results hand out."""
        return tuple(name for name, field in self.own_fields.items() if {"quarter", "run"} <= {*field.dims})

    def start(self, runs: int) -> dict[str, Floats]:
        """Arrays of its fields that a row begins with, for `runs` lanes."""
        arrays: dict[str, Floats] = {}
        for name in self._begun():
            column = np.array([float(row[name]) for row in self.rows])
            by_run = "run" in self.own_fields[name].dims
            arrays[name] = np.repeat(column[:, None], runs, axis=1) if by_run else column
        return arrays

    def describe(self) -> dict[str, Any]:
        """All that defines it as plain values, for manifests."""
        return {
            "name": self.name,
            "rows": [dict(row) for row in self.rows],
            "fields": dict(self.fields),
            "phase": {"function": f"{self.phase.__module__}.{self.phase.__qualname__}", "digest": digest(self.phase)},
            "after": self.after,
        }

    # --- checks -------------------------------------------------------------------------------------------------------

    def _wrong(self, problem: str) -> ScenarioError:
        return ScenarioError(f"agent kind {self.name!r}: {problem}")

    def _declared(self, name: str, text: object) -> Field:
        """The declaration of one field."""
        if not isinstance(name, str) or not name.isidentifier() or name in FIELDS:
            raise self._wrong(f"field {name!r}: the name must be a word that no array of the world has yet")
        parts = [part.strip() for part in str(text).split("|", 2)]
        if len(parts) != 3 or not all(parts):
            example = f"{self.name} run | USD bn | what it holds"
            raise self._wrong(f"field {name!r}: must be declared as dimensions | unit | meaning, such as {example!r}")
        dims = tuple(parts[0].split())
        for dim in dims:
            if dim not in (self.name, *_DIMENSIONS):
                raise self._wrong(f"field {name!r}: unknown dimension {dim!r}{nearest(dim, (self.name, *_DIMENSIONS))}")
        if "run" in dims[:-1]:
            raise self._wrong(f"field {name!r}: the dimension 'run' must be the last, not in {parts[0]!r}")
        return Field(dims, parts[1], parts[2])

    def _begun(self) -> list[str]:
        """Fields that have one value for each agent at the start."""
        return [name for name, field in self.own_fields.items() if field.dims in ((self.name,), (self.name, "run"))]

    def _check_rows(self) -> None:
        if not self.rows:
            raise self._wrong("rows: there must be at least one agent, such as {'id': 'FIRST'}")
        known = ["id", *self._begun()]
        for place, row in enumerate(self.rows):
            where = f"row {row.get('id', place + 1)!r}"
            for key in row:
                if key not in known:
                    raise self._wrong(f"{where}: unknown field {key!r}{nearest(str(key), known)}")
            for key in known:
                if key not in row:
                    text = self.own_fields[key].meaning if key in self.own_fields else "what the agent is called"
                    raise self._wrong(f"{where}: field {key!r} is missing; add it ({text})")
                if key != "id" and (isinstance(row[key], bool) or not isinstance(row[key], int | float)):
                    raise self._wrong(f"{where}: field {key!r} must be a number, not {row[key]!r}")
        if len(set(self.ids)) < len(self.ids):
            raise self._wrong(f"rows: every id may stand once, not {', '.join(self.ids)}")

    def _check_phase(self) -> None:
        """A phase is a plain function of (world, step) that touches arrays which exist."""
        phase = plain_function(self.phase)
        object.__setattr__(self, "phase", phase)
        if not isinstance(phase, FunctionType) or phase.__code__.co_varnames[:1] != ("world",):
            raise self._wrong("phase must be a plain function of (world, step)")
        if not takes(phase, 2):
            raise self._wrong(f"phase {phase.__name__} must take (world, step)")
        try:
            reached: list[Any] = [phase, *rules_of(phase).values()]
        except LinkError as error:
            raise self._wrong(f"phase {phase.__name__}: {error}") from None
        known = {*FIELDS, *self.own_fields}
        for function in reached:
            if function.__code__.co_varnames[:1] not in (("world",), ("state",)):
                continue
            for step in dis.get_instructions(function.__code__):
                if step.opname == "LOAD_ATTR" and step.argval not in known and not hasattr(np.ndarray, step.argval):
                    raise self._wrong(
                        f"phase {function.__name__} uses world.{step.argval}, which is no field"
                        f"{nearest(step.argval, known)}; declare it in fields or correct the name"
                    )
