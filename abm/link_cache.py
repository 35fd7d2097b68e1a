"""Where compiled kernels are kept, and the text by which they are found again.

The text says all that a kernel depends on, the same in every process: bytecode without comments and line numbers,
constants, the values behind names, the fields of the world. Its hash names the folder.
"""

import dis
import functools
import hashlib
import os
import shutil
import tempfile
import time
import typing
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

CACHE_VARIABLE = "CHIP_CURBS_CACHE"
LIBRARIES = frozenset({"numpy", "numba", "math", "builtins"})
"""Packages whose functions numba knows by identity: their names and versions say what they do."""
UNKNOWN = "<not the same in every process>"
_DAYS_KEPT = 60
_pruned: set[Path] = set()


def cache_root() -> Path:
    """The folder of compiled kernels: $CHIP_CURBS_CACHE, else the user's cache folder, else a temporary one."""
    named = os.environ.get(CACHE_VARIABLE)
    base = os.environ.get("XDG_CACHE_HOME")
    user = Path(base) if base else Path.home() / ".cache"
    owner = os.getuid() if hasattr(os, "getuid") else 0
    for root in [Path(named)] if named else [user / "chip-curbs", Path(tempfile.gettempdir()) / f"chip-curbs-{owner}"]:
        if _writable(root):
            _prune(root / "kernels")
            return root
    raise OSError(f"no folder for compiled kernels can be written; set {CACHE_VARIABLE} to one that can")


def _writable(root: Path) -> bool:
    """Whether `root` exists (or could be made) and belongs to this user: kernels are loaded from it as code."""
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        owned = not hasattr(os, "getuid") or root.stat().st_uid == os.getuid()
    except OSError:
        return False
    return owned and os.access(root, os.W_OK | os.X_OK)


def _prune(kernels: Path) -> None:
    """Remove kernels that nobody has used for 60 days; once for each folder and process."""
    if kernels in _pruned:
        return
    _pruned.add(kernels)
    oldest = time.time() - _DAYS_KEPT * 86400
    for folder in kernels.glob("*"):
        try:
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # another process was quicker
            continue


def touch(folder: Path) -> None:
    """Mark a kernel as used today."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.utime(folder)
    except OSError:
        return


def world_fields(function: FunctionType) -> str | None:
    """The fields of the world that a phase is annotated with, in order; None if it is not annotated."""
    world = function.__annotations__.get("world")
    world = function.__globals__.get(world) if isinstance(world, str) else world
    return _fields(world) if hasattr(world, "_fields") else None


@functools.cache
def _fields(container: Any) -> str:
    """A named tuple class in text: its fields in order, and those of named tuples among them."""
    inner = [kind for kind in typing.get_type_hints(container).values() if hasattr(kind, "_fields")]
    return f"{container.__module__}.{container.__qualname__}{container._fields}{[_fields(kind) for kind in inner]}"


def codes(code: CodeType) -> Iterator[CodeType]:
    """A code object and all that are nested in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


@functools.cache
def global_names(code: CodeType) -> tuple[str, ...]:
    """Names that a function looks up in its module, in order of first use."""
    loads = (step for part in codes(code) for step in dis.get_instructions(part) if step.opname == "LOAD_GLOBAL")
    return tuple(dict.fromkeys(step.argval for step in loads))


def code_text(function: FunctionType) -> str:
    """The bytecode of a function with its constants and names, but not its docstring, comments or line numbers."""
    return _code_object(function.__code__, function.__doc__)


def _code_object(code: CodeType, doc: str | None = None) -> str:
    constants = [value_text(constant) for constant in code.co_consts if doc is None or constant != doc]
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    return f"{code.co_code.hex()} {counts} {code.co_names} {code.co_varnames} {code.co_freevars} {constants}"


def value_text(value: Any) -> str:
    """A text that is the same in every process for the same value; with `UNKNOWN` in it if that cannot be said."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | np.generic):
        text = f"{type(value).__name__} {value!r}"
    elif isinstance(value, tuple):
        names = getattr(value, "_fields", "")
        text = f"{type(value).__qualname__}{names} ({', '.join(value_text(part) for part in value)})"
    elif isinstance(value, frozenset):
        text = f"frozenset {sorted(value_text(part) for part in value)}"
    elif isinstance(value, dict):
        text = f"dict {[(key, value_text(part)) for key, part in value.items()]}"
    elif isinstance(value, np.ndarray) and value.dtype != object:
        digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        text = f"array {value.dtype} {value.shape} {digest}"
    elif isinstance(value, CodeType):
        text = _code_object(value)
    elif isinstance(value, ModuleType):
        text = f"module {value.__name__}"
    elif hasattr(value, "__qualname__") and (not isinstance(value, FunctionType) or from_library(value)):
        text = f"{value.__module__}.{value.__qualname__}"
    else:
        text = f"{type(value).__qualname__} {UNKNOWN}"
    return text


def from_library(value: Any) -> bool:
    """Whether numba knows a function by identity, because it comes with numpy, numba or Python."""
    return (getattr(value, "__module__", None) or "").partition(".")[0] in LIBRARIES
