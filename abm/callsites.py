"""Read in the source of a phase where a function was called, with what, and for whom: which names were in force."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import CodeType


@lru_cache(maxsize=64)
def _tree(file: str) -> ast.Module:
    return ast.parse(Path(file).read_text(encoding="utf-8"))


@lru_cache(maxsize=1024)
def definition(code: CodeType) -> ast.FunctionDef | None:
    """Definition of the function with that code; None if its source cannot be read."""
    try:
        tree = _tree(code.co_filename)
    except (OSError, SyntaxError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            if first == code.co_firstlineno:
                return node
    return None


@lru_cache(maxsize=4096)
def call_at(code: CodeType, instruction: int) -> ast.Call | None:
    """The call that is under way at an instruction of a function."""
    function = definition(code)
    if function is None:
        return None
    where = list(code.co_positions())[instruction // 2]
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset) == where:
            return node
    return None


@lru_cache(maxsize=4096)
def names_in_force(code: CodeType, instruction: int) -> frozenset[str]:
    """Names that mean something at a call: parameters of the function, and what was set inside the loops around it.

    A loop variable that keeps its last value after its loop does not count. Without the source all names count.
    """
    function, call = definition(code), call_at(code, instruction)
    if function is None or call is None:
        return frozenset(code.co_varnames)
    found = {one.arg for one in function.args.args}
    around = _loops_around(function, call)
    for name, node in _bindings(function):
        if _loops_around(function, node) <= around:
            found.add(name)
    return frozenset(found)


def _bindings(function: ast.FunctionDef) -> Iterator[tuple[str, ast.AST]]:
    """Names set by a loop or an assignment, with a node inside the loop or the assignment itself."""
    for node in ast.walk(function):
        if isinstance(node, ast.For):
            yield from ((name, node.target) for name in _names(node.target))
        elif isinstance(node, ast.Assign):
            yield from ((name, node) for target in node.targets for name in _names(target))


def _names(target: ast.AST) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple):
        for part in target.elts:
            yield from _names(part)


def _loops_around(function: ast.FunctionDef, node: ast.AST) -> frozenset[ast.For]:
    """Loops of a function in whose heading or body a node stands."""
    loops = (one for one in ast.walk(function) if isinstance(one, ast.For))
    return frozenset(loop for loop in loops if any(part is node for part in ast.walk(loop)))
