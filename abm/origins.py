"""Where the arguments of a recorded call came from: the expression in the phase, parameters and state behind it.

Read from the source of the phases, so that it cannot drift from what they do.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from abm.callsites import call_at, definition
from abm.parameter_index import NAMES
from abm.recording import Call, Site
from abm.state import FIELDS

_REFERENCE = re.compile(r"MODEL(?: sections?)? ((?:R?\d+(?:\.\d+)?|, | and |-)+)|\b(D\d{2,3})\b|\((R\d+)\)")
_DEEPEST = 12


@dataclass(frozen=True)
class Origin:
    """What stands behind one argument.

    Attributes
    ----------
    expression : str
        As the phase has it.
    parameters, state : tuple of str
        Parameters of the model and arrays of its state that it was made of.
    """

    expression: str
    parameters: tuple[str, ...]
    state: tuple[str, ...]


@dataclass(frozen=True)
class RuleSource:
    """What a rule says of itself: its sentence, and the sections of MODEL and decisions that it names."""

    name: str
    module: str
    meaning: str
    references: tuple[str, ...]


def rule_source(call: Call) -> RuleSource:
    """Sentence and references of the rule asked in a call."""
    text = " ".join((call.original.__doc__ or "").split("\n\n")[0].split())
    everything = call.original.__doc__ or ""
    found = [_reference(one) for one in _REFERENCE.finditer(everything)]
    return RuleSource(call.rule, call.original.__module__, text, tuple(dict.fromkeys(found)))


def _reference(found: re.Match[str]) -> str:
    return found[2] or f"MODEL {(found[1] or found[3]).strip(', ')}"


def origins(call: Call) -> dict[str, Origin]:
    """What stands behind each argument of a call, by the rule's names of its parameters."""
    given = _expressions(call.sites[0], tuple(call.arguments))
    found = {}
    for name, node in given.items():
        trace = _Trace(call.sites)
        trace.read(node, 0)
        found[name] = Origin(ast.unparse(node), tuple(trace.parameters), tuple(trace.state))
    return found


# --- reading the source -----------------------------------------------------------------------------------------------


def _expressions(site: Site, names: tuple[str, ...]) -> dict[str, ast.expr]:
    """Expressions given to a function at a site, by the names of its parameters; none if the source is not at hand."""
    node = call_at(site.code, site.instruction)
    if node is None:
        return {}
    found = dict(zip(names, node.args, strict=False))
    return found | {one.arg: one.value for one in node.keywords if one.arg is not None}


@dataclass
class _Trace:
    """Parameters and state that an expression depends on, through local names, callers and helpers."""

    sites: tuple[Site, ...]
    parameters: dict[str, None] = field(default_factory=dict)
    state: dict[str, None] = field(default_factory=dict)
    seen: set[tuple[int, str]] = field(default_factory=set)

    def read(self, node: ast.AST, level: int) -> None:
        """Follow an expression of the function at a level of the callers."""
        if level > _DEEPEST:
            return
        site = self.sites[level]
        for part in ast.walk(node):
            if isinstance(part, ast.Subscript) and isinstance(part.value, ast.Attribute):
                self._element(part, part.value.attr, site.names)
            elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
                self._name(part.id, level)

    def _element(self, part: ast.Subscript, name: str, known: Mapping[str, Any]) -> None:
        if name != "parameter":
            if name in FIELDS and name != "switch":
                self.state.setdefault(name)
            return
        row = part.slice.elts[0] if isinstance(part.slice, ast.Tuple) else part.slice
        place = _value(row, known)
        if place is not None and 0 <= place < len(NAMES):
            self.parameters.setdefault(NAMES[place])

    def _name(self, name: str, level: int) -> None:
        """A local name: what was assigned to it, what the caller gave for it, or the helper it names."""
        if (level, name) in self.seen:
            return
        self.seen.add((level, name))
        site = self.sites[level]
        function = definition(site.code)
        if function is None:
            return
        for value in _assigned(function, name):
            self.read(value, level)
        inputs = [one.arg for one in function.args.args]
        if name in inputs and level + 1 < len(self.sites):
            given = _expressions(self.sites[level + 1], tuple(inputs)).get(name)
            if given is not None and not (isinstance(given, ast.Name) and given.id in ("state", "world")):
                self.read(given, level + 1)
        helper = site.names[""].get(name)
        if isinstance(helper, FunctionType) and helper.__module__.startswith("abm.phases"):
            self._helper(helper, site.names)

    def _helper(self, helper: FunctionType, known: Mapping[str, Any]) -> None:
        """All that a helper reads, and those that it calls."""
        if (-1, helper.__qualname__) in self.seen:
            return
        self.seen.add((-1, helper.__qualname__))
        body = definition(helper.__code__)
        for part in ast.walk(body) if body is not None else ():
            if isinstance(part, ast.Subscript) and isinstance(part.value, ast.Attribute):
                self._element(part, part.value.attr, {**known, "": helper.__globals__})
            elif isinstance(part, ast.Name):
                inner = helper.__globals__.get(part.id)
                if isinstance(inner, FunctionType) and inner.__module__.startswith("abm.phases"):
                    self._helper(inner, known)


def _assigned(function: ast.FunctionDef, name: str) -> Iterator[ast.expr]:
    """Expressions assigned to a local name anywhere in a function."""
    for node in ast.walk(function):
        if isinstance(node, ast.AugAssign) and getattr(node.target, "id", "") == name:
            yield node.value
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if getattr(target, "id", "") == name:
                yield node.value
            elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = zip(target.elts, node.value.elts, strict=False)
                yield from (value for part, value in pairs if getattr(part, "id", "") == name)
            elif isinstance(target, ast.Tuple) and name in [getattr(part, "id", "") for part in target.elts]:
                yield node.value


def _value(node: ast.expr, known: Mapping[str, Any]) -> int | None:
    """A row of the parameters: a name of `abm.parameter_index`, perhaps with a workload added."""
    if isinstance(node, ast.Name):
        value = known.get(node.id, known[""].get(node.id))
        return int(value) if isinstance(value, int) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = _value(node.left, known), _value(node.right, known)
        return None if parts[0] is None or parts[1] is None else parts[0] + parts[1]
    return None
