"""The project's own source as syntax trees, for tests that look at code rather than run it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("abm", "experiments", "visualization")


@dataclass(frozen=True, eq=False)
class Module:
    """One source file."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def file(self):
        """Path inside the project."""
        return self.path.relative_to(ROOT).as_posix() if self.path.is_relative_to(ROOT) else self.path.name


@dataclass(frozen=True)
class Import:
    """One edge of the import graph; `typing` if only type checkers follow it, `late` if it stands in a function."""

    target: str
    line: int
    typing: bool
    late: bool


def read(path, name=None):
    """A source file as a module."""
    text = path.read_text(encoding="utf-8")
    return Module(name or name_of(path), path, text, ast.parse(text, str(path)))


def made(text, name="abm.made_up"):
    """A module that exists in a test only."""
    return Module(name, Path(name.rpartition(".")[2] + ".py"), text, ast.parse(text))


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@lru_cache(maxsize=1)
def modules():
    """Every module of the three packages."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return tuple(read(path) for path in paths)


def inside(*prefixes):
    """Modules of some packages."""
    return [one for one in modules() if any(one.name == p or one.name.startswith(p + ".") for p in prefixes)]


def named(name):
    return next(one for one in modules() if one.name == name)


def functions(module):
    """Functions and methods, with the classes and functions around them in their names."""

    def walk(node, around):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield ".".join([*around, child.name]), child
                yield from walk(child, [*around, child.name])
            elif isinstance(child, ast.ClassDef):
                yield from walk(child, [*around, child.name])
            else:
                yield from walk(child, around)

    yield from walk(module.tree, [])


def parents_of(tree):
    """The node around each node."""
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def docstrings(tree):
    """Constants that document what stands before them: strings that are statements of their own."""
    return {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


@cache
def imports(module):
    """Modules that a module imports; `from abm.phases import clear` counts as `abm.phases.clear` if there is one."""
    return tuple(_imports(module))


def _imports(module):
    known = {one.name for one in modules()}
    parents = parents_of(module.tree)
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        typing, late = _where(node, parents)
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        else:
            base = _base(module, node)
            targets = []
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                targets.append(inner if inner in known else base)
        for target in dict.fromkeys(targets):
            yield Import(target, node.lineno, typing, late)


def _base(module, node):
    """The package that a `from` import names, dots resolved."""
    if not node.level:
        return node.module or ""
    home = module.name.split(".")
    is_package = module.path.name == "__init__.py"
    home = home[: len(home) - node.level + (1 if is_package else 0)]
    return ".".join([*home, *([node.module] if node.module else [])])


def _where(node, parents):
    typing = late = False
    while node in parents:
        node = parents[node]
        typing |= isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        late |= isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return typing, late


def belongs(target, *packages):
    """Whether an imported module lies in one of some packages."""
    return any(target == package or target.startswith(package + ".") for package in packages)
