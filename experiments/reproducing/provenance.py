"""What made a reproduction: commit, code, lock file, packages, processor, threads, arguments, times."""

from __future__ import annotations

import hashlib
import platform
import time
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import numpy as np

from abm.engine import thread_count
from experiments.design import data_checksum, model_digest
from experiments.runfolder import provenance

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"
UNSOURCED = ("reproductions", "scenarios")
"""Folders of `experiments` that do not change what other studies find."""


@lru_cache(maxsize=1)
def sources_digest() -> str:
    """SHA-256 of the sources of `experiments`, without the studies themselves."""
    folder = ROOT / "experiments"
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        inner = path.relative_to(folder)
        if inner.parts[0] not in UNSOURCED:
            digest.update(f"{inner}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def session_provenance(mode: str, changed: Mapping[str, float], started: float) -> dict[str, Any]:
    """Everything that a referee needs to say what was run."""
    return {
        **provenance(),
        "mode": mode,
        "changed": dict(changed),
        "model": model_digest(),
        "data": data_checksum(),
        "experiments": sources_digest(),
        "lock": hashlib.sha256(LOCK.read_bytes()).hexdigest() if LOCK.is_file() else None,
        "all_packages": {one.name: one.version for one in sorted(distributions(), key=lambda one: one.name.lower())},
        "processor": _processor(),
        "threads": thread_count(None),
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
        "seconds": round(time.time() - started, 1),
    }


def _processor() -> dict[str, Any]:
    """Kind and vector features of the processor."""
    found = np.show_config(mode="dicts")
    simd = found.get("SIMD Extensions", {}) if isinstance(found, dict) else {}
    return {"machine": platform.machine(), "features": [*simd.get("baseline", []), *simd.get("found", [])]}
