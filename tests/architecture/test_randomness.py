"""Chance comes from named streams alone, and no result depends on the order of a set or on a hash (ARCHITECTURE 6)."""

from __future__ import annotations

import ast

import pytest
from source import belongs, docstrings, imports, inside, made, parents_of

from abm.draws import STREAMS

ALLOWED = {
    "abm.intervals": "bootstrap over parameter points with a generator of its own, seeded by a fixed number",
    "experiments.calibration.chance": "populations of a calibration, from generators keyed by seed and step",
    "experiments.discovery": "bootstrap of boxes over points with a generator of its own, seeded by a fixed number",
}
"""Modules that may use a generator of NumPy, and why."""

BANNED_MODULES = ("random", "secrets", "uuid")
CLOCKS = frozenset({"time", "time_ns", "now", "today", "utcnow", "urandom", "getrandbits"})
GRAPHS = frozenset(
    (
        "barabasi_albert_graph", "binomial_graph", "configuration_model", "connected_watts_strogatz_graph",
        "directed_configuration_model", "erdos_renyi_graph", "fast_gnp_random_graph",
        "fruchterman_reingold_layout", "gaussian_random_partition_graph", "gnm_random_graph",
        "gnp_random_graph", "louvain_communities", "newman_watts_strogatz_graph", "planted_partition_graph",
        "powerlaw_cluster_graph", "random_geometric_graph", "random_layout", "random_partition_graph",
        "random_regular_graph", "random_tree", "relaxed_caveman_graph", "scale_free_graph", "spring_layout",
        "stochastic_block_model", "watts_strogatz_graph",
    )
)  # fmt: skip
"""Functions of NetworkX that draw: each needs `seed=`."""
ORDER_FREE = frozenset({"sorted", "any", "all", "set", "frozenset", "min", "max", "len"})


def loose_chance(some):
    """Uses of chance, clocks and hashes outside the named streams."""
    for module in some:
        for one in imports(module):
            numpy = belongs(one.target, "numpy.random") and module.name not in ALLOWED
            if numpy or belongs(one.target, *BANNED_MODULES):
                yield f"{module.file}:{one.line} imports {one.target}: draw from a stream of abm.draws"
        for node in ast.walk(module.tree):
            yield from _loose_name(module, node)


def _loose_name(module, node):
    where = f"{module.file}:{getattr(node, 'lineno', 0)}"
    attribute = isinstance(node, ast.Attribute) and node.attr == "random"
    if attribute and ast.unparse(node) in ("np.random", "numpy.random") and module.name not in ALLOWED:
        yield f"{where} uses numpy.random: draw from a stream of abm.draws"
    if not isinstance(node, ast.Call):
        return
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in GRAPHS and "seed" not in {keyword.arg for keyword in node.keywords}:
        yield f"{where} calls {name} without a seed"
    if name == "hash" and isinstance(node.func, ast.Name):
        yield f"{where} calls hash, which differs between processes: use hashlib"
    if belongs(module.name, "abm.rules", "abm.phases", "abm.draws") and name in CLOCKS:
        yield f"{where} asks a clock ({name})"


def set_orders(some):
    """Places where the order of a set could reach a result."""
    for module in some:
        parents = parents_of(module.tree)
        for scope in [module.tree, *(n for n in ast.walk(module.tree) if isinstance(n, ast.FunctionDef | ast.Lambda))]:
            names = _names_of_sets(scope)
            for node in _own_nodes(scope):
                for line, text in _ordered(node, names, parents):
                    yield f"{module.file}:{line} goes through a set in no fixed order: {text}; sort it first"


def _own_nodes(scope):
    """Nodes of a function without those of functions inside it."""
    stack = list(ast.iter_child_nodes(scope))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            stack.extend(ast.iter_child_nodes(node))


def _names_of_sets(scope):
    """Names that hold a set somewhere in a scope, by what is assigned to them or by their annotation."""
    found = set()
    arguments = scope.args if isinstance(scope, ast.FunctionDef) else None
    for one in [*arguments.args, *arguments.kwonlyargs] if arguments else []:
        if one.annotation is not None and _says_set(one.annotation):
            found.add(one.arg)
    grown = True
    while grown:
        grown = False
        for node in _own_nodes(scope):
            for target, value in _assigned(node):
                says = isinstance(node, ast.AnnAssign) and _says_set(node.annotation)
                holds = value is not None and (says or _is_set(value, found))
                if holds and isinstance(target, ast.Name) and target.id not in found:
                    found.add(target.id)
                    grown = True
    return found


def _assigned(node):
    if isinstance(node, ast.Assign):
        return [(target, node.value) for target in node.targets]
    if isinstance(node, ast.AnnAssign):
        return [(node.target, node.value)]
    return [(node.target, node.value)] if isinstance(node, ast.NamedExpr) else []


def _says_set(annotation):
    text = ast.unparse(annotation)
    return text.split("[")[0] in ("set", "frozenset", "Set", "AbstractSet")


def _is_set(node, names):
    """Whether an expression is a set as far as syntax tells."""
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.Name):
        return node.id in names
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name):
            return node.func.id in ("set", "frozenset")
        methods = ("union", "intersection", "difference", "symmetric_difference")
        return isinstance(node.func, ast.Attribute) and node.func.attr in methods
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd | ast.BitXor | ast.Sub):
        return _is_set(node.left, names) or _is_set(node.right, names)
    return False


def _ordered(node, names, parents):
    """Lines of a node that take the elements of a set one after the other and keep their order."""
    if isinstance(node, ast.For) and _is_set(node.iter, names):
        yield node.lineno, ast.unparse(node.iter)
    if isinstance(node, ast.ListComp | ast.DictComp | ast.GeneratorExp):
        consumer = parents.get(node)
        free = isinstance(consumer, ast.Call) and getattr(consumer.func, "id", "") in ORDER_FREE
        if not free and any(_is_set(part.iter, names) for part in node.generators):
            yield node.lineno, ast.unparse(node)
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("list", "tuple", "enumerate", "iter", "join", "zip", "array", "fromkeys", "extend", "pop"):
            for argument in node.args:
                inner = argument.value if isinstance(argument, ast.Starred) else argument
                if _is_set(inner, names):
                    yield node.lineno, ast.unparse(node)
            owner = node.func.value if name == "pop" and isinstance(node.func, ast.Attribute) else None
            if owner is not None and _is_set(owner, names):
                yield node.lineno, ast.unparse(node)
    if isinstance(node, ast.List | ast.Tuple):
        for part in node.elts:
            if isinstance(part, ast.Starred) and _is_set(part.value, names):
                yield node.lineno, ast.unparse(node)


def test_chance_comes_from_named_streams():
    assert list(loose_chance(inside("abm", "experiments"))) == []


def test_no_result_depends_on_the_order_of_a_set():
    assert list(set_orders(inside("abm", "experiments"))) == []


def test_every_exception_is_needed_and_gives_its_reason():
    for name, reason in ALLOWED.items():
        module = next(one for one in inside("abm", "experiments") if one.name == name)
        assert any(belongs(one.target, "numpy.random") for one in imports(module)), f"{name} needs no exception"
        assert len(reason) > 20


def test_every_stream_is_named_in_the_table_of_streams():
    """`stream("name")` stands in the code with names that exist; no number of a stream is used twice."""
    assert len(set(STREAMS.values())) == len(STREAMS)
    for module in inside("abm"):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "stream" and node.args:
                name = node.args[0]
                if isinstance(name, ast.Constant):
                    assert name.value in STREAMS, f"{module.file}:{node.lineno}: no stream {name.value!r}"


@pytest.mark.parametrize(
    "text",
    [
        "import random",
        "from random import shuffle",
        "from numpy.random import default_rng",
        "import numpy as np\nx = np.random.rand(3)",
        "import networkx as nx\ng = nx.gnp_random_graph(5, 0.1)",
        "def f(x):\n    return hash(x) % 7",
    ],
)
def test_loose_chance_is_found(text):
    found = list(loose_chance([made(text)]))
    assert len(found) >= 1
    assert found[0].startswith("made_up.py:")


def test_seeded_chance_is_not_blamed():
    assert list(loose_chance([made("import networkx as nx\ng = nx.gnp_random_graph(5, 0.1, seed=3)")])) == []
    assert docstrings(made('"""About random numbers and hash(x)."""').tree)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("def f(xs):\n    names = set(xs)\n    for name in names:\n        print(name)", 1),
        ("def f(xs):\n    return [x for x in {1, 2}]", 1),
        ("def f(xs: set[str]):\n    return list(xs)", 1),
        ("def f(a, b):\n    return ','.join(set(a) | set(b))", 1),
        ("def f(a):\n    return sum(x for x in set(a))", 1),
        ("def f(a):\n    return sorted(x for x in set(a))", 0),
        ("def f(a):\n    return {x + 1 for x in set(a)}", 0),
        ("def f(a):\n    for x in sorted(set(a)):\n        print(x)", 0),
        ("def f(a):\n    return any(x in a for x in {1, 2}), len(set(a)), max(set(a))", 0),
        ("def f(a):\n    return dict.fromkeys(set(a))", 1),
        ("def f(a):\n    return [*set(a)]", 1),
        ("def f(a):\n    b = a\n    for x in b:\n        print(x)", 0),
    ],
)
def test_the_order_of_a_set_is_found_and_only_that(text, count):
    assert len(list(set_orders([made(text)]))) == count
