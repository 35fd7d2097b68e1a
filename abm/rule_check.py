"""Look a rule up by its name and check what shall take its place, alone and quickly, before anything runs."""

import inspect
import pkgutil
from functools import lru_cache
from importlib import import_module
from types import FunctionType
from typing import Any

import numba

import abm.rules
from abm.draws import uniform
from abm.link import Function, LinkError, link, plain_function
from abm.rules.numbers import exp
from abm.schema import nearest

_config: Any = numba.core.config
_ELEMENTARY = "numbers"
"""Module of exp, log, select and the like: arithmetic, not rules."""


class RuleError(ValueError):
    """A replacement does not fit the rule it is meant to replace."""


@lru_cache(maxsize=1)
def all_rules() -> dict[str, Function]:
    """Every rule of `abm/rules`, by name."""
    found: dict[str, Function] = {}
    for module in pkgutil.iter_modules(abm.rules.__path__):
        if module.name != _ELEMENTARY:
            home = import_module(f"abm.rules.{module.name}")
            own = (one for one in vars(home).values() if isinstance(one, FunctionType))
            found |= {one.__name__: one for one in own if one.__module__ == home.__name__ and one.__name__[0] != "_"}
    return found


def rule_named(name: str) -> Function:
    """The rule of this name; an unknown name is an error with the nearest one."""
    rules = all_rules()
    if name not in rules:
        raise RuleError(f"no rule is called {name!r}{nearest(name, rules)}")
    return rules[name]


def check_rule(original: Function, replacement: Function) -> None:
    """Refuse a replacement that does not fit the rule it replaces.

    Checked are: a plain function with as many parameters; compiles on its own; gives one float (write 1.0, not 1); and
    for 200 inputs the compiled bits equal those of plain Python.

    Raises
    ------
    RuleError
        One line that says which rule, and what to change.
    """
    rule, mine = plain_function(original), plain_function(replacement)
    name = getattr(rule, "__name__", repr(rule))
    if not isinstance(mine, FunctionType):
        raise RuleError(f"rule {name}: the replacement must be a plain function, not {type(mine).__name__}")
    wanted = list(inspect.signature(rule).parameters)
    if not takes(mine, len(wanted)):
        given = inspect.signature(mine)
        raise RuleError(f"rule {name}: {mine.__name__}{given} must take {len(wanted)} numbers: {', '.join(wanted)}")
    if _config.DISABLE_JIT:
        _check_plain(name, rule, mine, len(wanted))
        return
    try:
        compiled = link(mine, {rule: mine})
        compiled.compile((numba.float64,) * len(wanted))
    except (numba.core.errors.NumbaError, LinkError) as error:
        line = next((text for text in str(error).splitlines() if text.strip() and "Failed in" not in text), "")
        raise RuleError(f"rule {name}: {mine.__name__} cannot be compiled: {line.strip()}") from error
    result = compiled.nopython_signatures[0].return_type
    if result != numba.float64:
        raise RuleError(f"rule {name}: {mine.__name__} must return a float (such as 1.0, not 1), it returns {result}")
    _compare_bits(name, rule, mine, compiled, len(wanted))


def takes(function: FunctionType, count: int) -> bool:
    """Whether a function takes exactly `count` arguments by position and nothing else."""
    code, more = function.__code__, inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
    return code.co_argcount == count and not code.co_kwonlyargcount and not code.co_flags & more


def _inputs(count: int) -> list[list[float]]:
    """200 inputs: half of them shares between 0 and 1, half positive numbers from 0.001 to 1000."""
    points = []
    for point in range(200):
        shares = [uniform(0, 0, point, 0, slot) for slot in range(count)]
        points.append(shares if point % 2 else [exp(6.9 * (2.0 * share - 1.0)) for share in shares])
    return points


def _value(name: str, rule: Function, mine: Function, values: list[float]) -> float | None:
    """What plain Python gives; None where the rule itself gives nothing either."""
    try:
        found: float = mine(*values)
    except (ArithmeticError, ValueError) as error:
        if _fails(rule, values):
            return None
        raise RuleError(
            f"rule {name}: {mine.__name__} raises {type(error).__name__} ({error}) for {values}; "
            "guard a denominator: x / larger(y, TINY)"
        ) from error
    return found


def _fails(rule: Function, values: list[float]) -> bool:
    try:
        return rule(*values) is None
    except (ArithmeticError, ValueError):
        return True


def _check_plain(name: str, rule: Function, mine: Function, count: int) -> None:
    """Without a compiler: something must come out as a float."""
    found = [_value(name, rule, mine, values) for values in _inputs(count)]
    if not any(value is None or isinstance(value, float) for value in found):
        kind = type(found[0]).__name__
        raise RuleError(f"rule {name}: {mine.__name__} must return a float (such as 1.0, not 1), it returns {kind}")


def _compare_bits(name: str, rule: Function, mine: Function, compiled: Function, count: int) -> None:
    for values in _inputs(count):
        plain = _value(name, rule, mine, values)
        if plain is None:
            continue
        plain, kernel = float(plain), float(compiled(*values))
        if plain.hex() != kernel.hex():
            raise RuleError(
                f"rule {name}: {mine.__name__} gives {plain!r} in plain Python and {kernel!r} compiled for {values}; "
                "use exp, log, power and sqrt of abm.rules.numbers"
            )
