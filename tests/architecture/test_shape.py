"""Files and functions stay small, public things say what they are, nothing is printed by the model (ARCHITECTURE 6)."""

from __future__ import annotations

import ast

import pytest
from source import ROOT, functions, inside, made, modules, read

FILE_LINES = 400
FUNCTION_LINES = 60
"""Habit: 40 lines; table-building and orchestrating functions may be somewhat longer."""
HABIT = 40
LONGER = 8
"""At most so many functions of the project are longer than the habit."""
WORDS_OF_DEVELOPMENT = ("todo", "fixme", "xxx", "hack")


def all_files():
    """Source, tests and benchmarks."""
    more = [path for folder in ("tests", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))]
    return [*modules(), *(read(path, path.stem) for path in more)]


def long_functions(some, most):
    for module in some:
        for name, node in functions(module):
            lines = node.end_lineno - node.lineno + 1
            if lines > most:
                yield f"{module.file}:{node.lineno} {name} has {lines} lines, at most {most}"


def explained(node):
    """Whether a definition has a docstring, or a decorator that takes its sentence (`@outcome(unit, meaning)`)."""
    calls = [one for one in node.decorator_list if isinstance(one, ast.Call)]
    texts = [
        part for one in calls for part in one.args if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
    return ast.get_docstring(node) is not None or any(" " in part.value for part in texts)


def undocumented(some):
    """Public modules, classes and functions without a docstring."""
    for module in some:
        if module.tree.body and ast.get_docstring(module.tree) is None:
            yield f"{module.file}:1 has no docstring"
        for node in module.tree.body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and not explained(node):
                yield f"{module.file}:{node.lineno} {node.name} has no docstring"


def prints(some):
    for module in some:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("print", "breakpoint"):
                yield f"{module.file}:{node.lineno} calls {node.func.id}"


def test_files_have_at_most_400_lines():
    long = [f"{one.file}: {n} lines" for one in all_files() if (n := len(one.text.splitlines())) > FILE_LINES]
    assert long == []


def test_functions_have_at_most_60_lines():
    assert list(long_functions(modules(), FUNCTION_LINES)) == []


def test_few_functions_are_longer_than_the_habit_of_40_lines():
    found = list(long_functions(modules(), HABIT))
    assert len(found) <= LONGER, "\n".join(found)


def test_phases_and_rules_keep_the_habit():
    assert list(long_functions(inside("abm.phases", "abm.rules", "abm.quarter"), HABIT)) == []


def test_public_things_have_a_docstring():
    assert list(undocumented(modules())) == []


def test_the_model_prints_nothing():
    assert list(prints(inside("abm"))) == []


def test_no_note_to_self_is_left():
    left = []
    for module in modules():
        for place, line in enumerate(module.text.splitlines(), start=1):
            comment = line.partition("#")[2].lower().replace(":", " ").split()
            left += [f"{module.file}:{place} {line.strip()}" for word in WORDS_OF_DEVELOPMENT if word in comment]
    assert left == []


def test_the_quarter_fits_on_one_page():
    page = next(one for one in modules() if one.name == "abm.quarter")
    assert len(page.text.splitlines()) <= 66
    quarter = next(node for name, node in functions(page) if name == "quarter")
    calls = [node.value for node in quarter.body[1:] if isinstance(node, ast.Expr)]
    assert len(calls) == len(quarter.body) - 1, "the quarter is a list of calls and nothing else"
    assert all(isinstance(call, ast.Call) and call.args[0].id == "world" for call in calls)


@pytest.mark.parametrize(
    ("check", "text", "expected"),
    [
        (lambda some: long_functions(some, 2), "def f():\n    a = 1\n    return a", "made_up.py:1 f has 3 lines"),
        (undocumented, '"""Doc."""\ndef f():\n    return 1', "made_up.py:2 f has no docstring"),
        (undocumented, "x = 1", "made_up.py:1 has no docstring"),
        (prints, '"""Doc."""\nprint(1)', "made_up.py:2 calls print"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(check, text, expected):
    assert next(iter(check([made(text)]))).startswith(expected)
