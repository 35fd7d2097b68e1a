"""Compile plain functions, with any rule among them replaced, and keep what was compiled.

A plain Python function is its code plus the names it looks up. `link` makes the same function again with other values
behind some names, does so for all it calls, and compiles the result. No rule and no phase carries a decorator, no text
is generated, and the plain functions themselves stay as they are.

A *phase* is a function whose first parameter is called ``world``: it is compiled on its own and cached on disk. Every
other function that a phase reaches is a *rule* (or a helper of one) and is inlined where it is called.

The cache is right by construction: each phase has its own folder, whose name is a hash of all that the phase can reach
(bytecode, constants, defaults, closures, global numbers, the fields of the world, options, versions). Whoever edits or
replaces a rule gets new kernels for just the phases that use it; whoever edits a comment gets the old ones.
"""

import builtins
import dis
import hashlib
import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import CellType, FunctionType, ModuleType
from typing import Any

import numba
import numpy as np
from numba.core.dispatcher import Dispatcher

from abm import link_cache

Function = Callable[..., Any]
_config: Any = numba.core.config

PHASE: Mapping[str, Any] = {"nogil": True, "error_model": "numpy", "noalias": True}
"""How phases are compiled. `noalias`: no two arrays of a world share memory."""
RULE: Mapping[str, Any] = {"error_model": "numpy", "forceinline": True}
"""How rules are compiled: inlined into the lane loop that calls them."""

# The door from Python into a kernel unpacks every array of the world: only the outermost function needs one, and
# building them for the others takes longer than compiling what they do. Calling one without a door would crash.
_OUTERMOST = {"no_cfunc_wrapper": True}
_INNER = {"no_cfunc_wrapper": True, "no_cpython_wrapper": True}
_SETTINGS = ("NUMBA_BOUNDSCHECK", "NUMBA_DEBUGINFO", "NUMBA_LOOP_VECTORIZE", "NUMBA_OPT", "NUMBA_SLP_VECTORIZE")
_LOCK = threading.Lock()


class LinkError(ValueError):
    """A function cannot be linked: it looks up something that cannot be replaced, compiled or cached."""


def link(
    function: Function,
    rules: Mapping[Function, Function] | None = None,
    sizes: Mapping[str, int | float] | None = None,
    options: Mapping[str, Any] = PHASE,
    plain: bool = False,
) -> Any:
    """`function` and all it calls, with some rules, phases and constants replaced.

    Parameters
    ----------
    function
        A phase, a quarter made of phases, or a rule: a plain function.
    rules
        Replacements by identity, original: replacement. A replacement may call the original.
    sizes
        New values for module-level constants, by name, wherever `function` reaches them (such as ``{"LANES": 32}``).
    options
        Numba options for phases.
    plain
        Give plain Python instead of compiled code, with the same replacements and the same bits. Also the case for
        every call while the environment has ``NUMBA_DISABLE_JIT=1``.

    Returns
    -------
    callable
        Compiled on its first call, or loaded from the cache if it was compiled before.

    Raises
    ------
    LinkError
        If a function reached calls another through its module, or a replacement reaches itself.
    """
    plain = plain or bool(_config.DISABLE_JIT)
    linker = _Linker(function, _plain_functions(rules, plain), dict(sizes or {}), dict(options), plain)
    return linker.copy(linker.outermost)


def compiled_before(
    function: Function,
    rules: Mapping[Function, Function] | None = None,
    sizes: Mapping[str, int | float] | None = None,
    options: Mapping[str, Any] = PHASE,
) -> bool:
    """Whether `link` of the same arguments would find its kernel in the cache, so that the first call takes no time.

    True as well where nothing is compiled at all (``NUMBA_DISABLE_JIT=1``). It looks at the outermost phase only.
    """
    if _config.DISABLE_JIT:
        return True
    linker = _Linker(function, _plain_functions(rules, False), dict(sizes or {}), dict(options), False)
    folder = linker.folder(linker.outermost)
    if folder is None:
        return False
    stamp = Path(linker.outermost.__code__.co_filename).stat().st_mtime
    return any(kernel.stat().st_mtime >= stamp for kernel in folder.rglob("*.nbc"))


class _Linker:
    """One call of `link`: what is replaced, and what has been made so far."""

    def __init__(
        self,
        function: Function,
        rules: dict[FunctionType, FunctionType],
        sizes: dict[str, int | float],
        options: dict[str, Any],
        plain: bool,
    ) -> None:
        self.rules, self.sizes, self.options, self.plain = rules, sizes, options, plain
        self.outermost = self.replaced(plain_function(function))
        self.made: dict[FunctionType, Any] = {}
        self.making: list[FunctionType] = []

    def replaced(self, function: FunctionType) -> FunctionType:
        """The function that stands for `function`."""
        return self.rules.get(function, function)

    def looked_up(self, function: FunctionType) -> Iterator[tuple[str, Any]]:
        """Names and values behind them as `function` will see them: replaced, except the rule that it replaces."""
        for name in link_cache.global_names(function.__code__):
            if name in function.__globals__:
                value = self.sizes.get(name, function.__globals__[name])
                yield name, self._seen_from(function, value)
            elif not hasattr(builtins, name):
                raise LinkError(f"{_label(function)} uses the name {name!r}, which its module does not define")

    def _seen_from(self, function: FunctionType, value: Any) -> Any:
        if not _is_ours(value):
            return value
        target = plain_function(value)
        replacement = self.replaced(target)
        return target if replacement is function else replacement

    def cells(self, function: FunctionType) -> Iterator[tuple[str, Any]]:
        """Names and values that a nested function took from around it."""
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            yield name, self._seen_from(function, cell.cell_contents)

    def copy(self, function: Any) -> Any:
        """The linked twin of a function; any other value as it is."""
        if not _is_ours(function):
            return function
        if function in self.making:
            around = " -> ".join(_label(f) for f in [*self.making[self.making.index(function) :], function])
            raise LinkError(f"a rule reaches itself: {around}")
        if function not in self.made:
            self.making.append(function)
            twin = self._twin(function)
            self.made[function] = twin if self.plain else self._compiled(function, twin)
            self.making.pop()
        return self.made[function]

    def _twin(self, function: FunctionType) -> FunctionType:
        _refuse_module_calls(function)
        names = {name: self.copy(value) for name, value in self.looked_up(function)}
        cells = tuple(CellType(self.copy(value)) for _, value in self.cells(function))
        twin = FunctionType(
            function.__code__,
            {**function.__globals__, **names},
            function.__name__,
            function.__defaults__,
            cells or None,
        )
        twin.__kwdefaults__ = function.__kwdefaults__
        twin.__qualname__, twin.__doc__, twin.__module__ = function.__qualname__, function.__doc__, function.__module__
        if not self.plain:  # two kernels from the cache may carry the same symbols: one would run in the other's place
            twin.__qualname__ += f"_{self.key(function) or os.urandom(20).hex()}"
            twin.__module__ = __name__  # a kernel that is loaded imports the module of each function in it
        return twin

    def _compiled(self, function: FunctionType, twin: FunctionType) -> Any:
        options = self.options_for(function)
        folder = self.folder(function) if is_phase(function) else None
        if folder is None:
            return _njit(twin, options, cache=False)
        with _LOCK:  # numba reads CACHE_DIR when the decorator runs
            before, _config.CACHE_DIR = _config.CACHE_DIR, str(folder)
            try:
                compiled = _njit(twin, options, cache=True)
            finally:
                _config.CACHE_DIR = before
        link_cache.touch(folder)
        return compiled

    def options_for(self, function: FunctionType) -> dict[str, Any]:
        """How a function is compiled: only the outermost one can be called from Python."""
        options = self.options if is_phase(function) else RULE
        return {**options, **(_OUTERMOST if function is self.outermost else _INNER)}

    def folder(self, function: FunctionType) -> Path | None:
        """Where the kernel of a phase is kept; None if it cannot be kept.

        A phase typed at a prompt has no file. A phase whose world is not annotated could be found again after the
        fields of the world have moved, and would then read the wrong arrays.
        """
        fields = link_cache.world_fields(function)
        if fields is None or not Path(function.__code__.co_filename).exists():
            return None
        key = self.key(function, fields)
        return None if key is None else link_cache.cache_root() / "kernels" / key

    def key(self, function: FunctionType, fields: str = "") -> str | None:
        """Hash of all that the code of a function depends on; None if it is not the same in every process."""
        settings = [os.environ.get(name) for name in _SETTINGS]
        options = f"{sorted(self.options_for(function).items())} {sorted(RULE.items())} {settings}"
        parts = [numba.__version__, np.__version__, sys.version, options, fields]
        self._describe(function, parts, {})
        text = "\n".join(parts)
        return None if link_cache.UNKNOWN in text else hashlib.sha256(text.encode()).hexdigest()[:40]

    def _describe(self, function: FunctionType, parts: list[str], known: dict[FunctionType, int]) -> None:
        """Append all that `function` can reach to `parts`, each function once."""
        known[function] = len(known)
        parts.append(f"function {known[function]} {function.__qualname__} {is_phase(function)}")
        parts.append(link_cache.code_text(function))
        parts += [link_cache.value_text(function.__defaults__), link_cache.value_text(function.__kwdefaults__)]
        for name, value in [*self.looked_up(function), *self.cells(function)]:
            if not _is_ours(value):
                parts.append(f"{name} = {link_cache.value_text(value)}")
            elif value in known:
                parts.append(f"{name} = function {known[value]}")
            else:
                parts.append(f"{name} =")
                self._describe(value, parts, known)


def is_phase(function: Function) -> bool:
    """Whether a function is a phase: its first parameter is called ``world``."""
    code = function.__code__
    return code.co_argcount > 0 and code.co_varnames[0] == "world"


def rules_of(function: Function) -> dict[str, Function]:
    """Every rule and helper that `function` reaches, by name: what a scenario may replace."""
    found: dict[FunctionType, None] = {}
    linker = _Linker(function, {}, {}, {}, True)

    def walk(reached: FunctionType) -> None:
        if reached not in found:
            found[reached] = None
            for _, value in [*linker.looked_up(reached), *linker.cells(reached)]:
                if _is_ours(value):
                    walk(value)

    walk(linker.outermost)
    return {rule.__name__: rule for rule in found if not is_phase(rule)}


def _njit(twin: FunctionType, options: Mapping[str, Any], cache: bool) -> Any:
    """Compile a phase; without `noalias` where this numba has no such flag (the same bits, more slowly)."""
    known = {name: value for name, value in options.items() if name != "noalias"}
    compiled = numba.njit(**known, cache=cache)(twin)
    if options.get("noalias") and hasattr(getattr(compiled, "_compiler", None), "_customize_flags"):
        compiled._compiler._customize_flags = _unaliased
    return compiled


def _unaliased(flags: Any) -> Any:
    """Tell LLVM that the arrays of a world do not overlap: worth a third of the time of a lane loop."""
    if hasattr(flags, "noalias"):
        flags.noalias = True
    return flags


def digest(function: Function) -> str:
    """Sixteen digits that say what a function does: its code, constants and all it calls; empty if that may vary."""
    linker = _Linker(function, {}, {}, {}, True)
    parts: list[str] = []
    linker._describe(linker.outermost, parts, {})
    text = "\n".join(parts)
    return "" if link_cache.UNKNOWN in text else hashlib.sha256(text.encode()).hexdigest()[:16]


def plain_function(function: Any) -> Any:
    """The plain function under a decorator of numba."""
    return function.py_func if isinstance(function, Dispatcher) else function


def _plain_functions(rules: Mapping[Function, Function] | None, plain: bool) -> dict[Any, Any]:
    """Replacements without decorators; a bound method or other callable can stand in plain Python only."""
    found = {plain_function(rule): plain_function(replacement) for rule, replacement in (rules or {}).items()}
    for rule, replacement in found.items():
        if not (callable(replacement) if plain else isinstance(replacement, FunctionType)):
            raise LinkError(f"{_label(rule)} can be replaced by a plain function, not by {replacement!r}")
    return found


def _is_ours(value: Any) -> bool:
    """Whether a value is a Python function to link, not one that numba knows by identity."""
    function = plain_function(value)
    return isinstance(function, FunctionType) and not link_cache.from_library(function)


def _label(function: FunctionType) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def _refuse_module_calls(function: FunctionType) -> None:
    """Names reached through a module can be neither replaced nor seen by the cache: ask for an import by name."""
    values = {name: function.__globals__.get(name) for name in link_cache.global_names(function.__code__)}
    modules = {name: value.__name__ for name, value in values.items() if isinstance(value, ModuleType)}
    ours = {name for name, module in modules.items() if module.partition(".")[0] not in link_cache.LIBRARIES}
    for code in link_cache.codes(function.__code__) if ours else ():
        for load, attribute in itertools.pairwise(dis.get_instructions(code)):
            if load.opname == "LOAD_GLOBAL" and load.argval in ours:
                raise LinkError(
                    f"{_label(function)} uses {load.argval}.{attribute.argval}: "
                    f"write `from {modules[load.argval]} import {attribute.argval}` and use the name alone"
                )
