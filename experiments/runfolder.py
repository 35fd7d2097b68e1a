"""Result folders that are complete or absent: written beside their place and renamed at the end."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from abm import __version__

PACKAGES = ("numpy", "numba", "llvmlite", "mesa", "networkx", "pyarrow", "matplotlib", "rich")
"""Packages whose versions go into the manifest."""


class FolderError(ValueError):
    """A folder that cannot be used for results; one line with the cure."""


def check_free(target: Path) -> None:
    """Refuse a place that is taken or cannot be written, before any work is done."""
    if target.is_symlink() or target.exists():
        raise FolderError(f"{target} exists already; choose another --out or remove it yourself")
    parent = target.absolute().parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise FolderError(f"cannot write {target}: {parent} is no folder you may write to; choose another --out")


@contextmanager
def run_folder(target: Path) -> Iterator[Path]:
    """Give an empty hidden folder beside the target, which takes the target's name when all went well.

    An error, Ctrl-C or a signal that raises removes the hidden folder; parents made for it are removed too.

    Raises
    ------
    FolderError
        The target exists, before or at the end.
    """
    check_free(target)
    made = _make_parents(target.absolute().parent)
    hidden: Path | None = None
    try:
        hidden = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.absolute().parent))
        yield hidden
        hidden.chmod(0o777 & ~_umask())
        _flush(hidden)
        check_free(target)
        hidden.rename(target)
        _flush_folder(target.absolute().parent)
    except BaseException:
        if hidden is not None:
            shutil.rmtree(hidden, ignore_errors=True)
        for parent in made:
            with suppress(OSError):
                parent.rmdir()
        raise


def _make_parents(parent: Path) -> list[Path]:
    """Make missing parents; return those made, innermost first."""
    missing = []
    while not parent.exists():
        missing.append(parent)
        parent = parent.parent
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
    return missing


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _flush(folder: Path) -> None:
    """Bring every file to disk, so that the renamed folder survives a crash whole."""
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    _flush_folder(folder)


def _flush_folder(folder: Path) -> None:
    """Bring a folder's entries to disk; systems that cannot do that are left alone."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write plain values as readable JSON; NaN becomes null."""
    path.write_text(json.dumps(plain(content), indent=2, allow_nan=False) + "\n", encoding="utf-8")


def plain(value: Any) -> Any:
    """Turn NumPy numbers and arrays, tuples, sets and mappings into JSON values, NaN and infinities into None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def provenance() -> dict[str, Any]:
    """Versions and state of what made a result: Python, packages, machine kind, git, model sources."""
    return {
        "chip_curbs": __version__,
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name)) is not None},
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        "git": git_state(Path(__file__).parent),
        "argv": ["curbs", *sys.argv[1:]],
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit and whether files differ from it; None outside a checkout of this project."""

    def ask(*words: str) -> str | None:
        try:
            run = subprocess.run(
                ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=10, check=False
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return run.stdout.strip() if run.returncode == 0 else None

    tracked = ask("ls-files", "--", Path(__file__).name)
    if not tracked:
        return None
    changes = ask("status", "--porcelain")
    return {"commit": ask("rev-parse", "HEAD"), "dirty": None if changes is None else bool(changes)}
