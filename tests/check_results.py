"""Check a results folder of `curbs run`: complete, sound, and made of this data pack. Called by .ci/run.

.venv/bin/python -m tests.check_results results/history
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from abm.backfire import HORIZONS, Comparison
from abm.results import Results
from abm.tables import load_pack

FILES = (
    "gates.csv",
    "manifest.json",
    "picture.png",
    "picture.svg",
    "quantiles.csv",
    "regimes.csv",
    "summary.csv",
    "summary.json",
)
CONTINUATIONS = ("freeze_abs", "freeze_rel", "rule")


def rows(path):
    """Rows of a CSV file as dictionaries."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def faults(folder):
    """What is wrong with the folder, one line each."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        return [f"no {name}" for name in missing]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    found = [
        f"{name} is not the file of the manifest"
        for name, digest in manifest["files"].items()
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest
    ]
    if manifest["data_checksum"] != load_pack().checksum:
        found.append("the data pack has another checksum than the manifest")
    with Image.open(folder / "picture.png") as picture:
        if min(picture.size) < 600 or picture.convert("L").getextrema() == (255, 255):
            found.append(f"the picture is too small or blank: {picture.size}")
    found += _regime_faults(rows(folder / "regimes.csv"))
    if not any(row["effect"] == "lead" and row["median"] for row in rows(folder / "summary.csv")):
        found.append("summary.csv has no effect on the lead")
    if not any(row["observed"] for row in rows(folder / "quantiles.csv")):
        found.append("quantiles.csv has no observation beside the model")
    for continuation in CONTINUATIONS:
        found += _run_faults(folder / "runs" / continuation, manifest)
    return found


def _regime_faults(table):
    """Probabilities are a partition at every horizon under every continuation."""
    sums = {}
    for row in table:
        key = (row["continuation"], row["horizon"])
        sums[key] = sums.get(key, 0.0) + float(row["probability"])
    expected = {(continuation, horizon) for continuation in CONTINUATIONS for horizon in HORIZONS}
    found = [f"regimes.csv lacks {key}" for key in sorted(expected - set(sums))]
    return found + [f"probabilities of {key} add to {total}" for key, total in sums.items() if abs(total - 1.0) > 1e-9]


def _run_faults(folder, manifest):
    """Runs are all there, broke no law, and pair."""
    arms = [Results.load(folder / name) for name in ("controls", "counterfactual")]
    found = [f"{folder.name}: {arm.runs} runs" for arm in arms if arm.runs != manifest["runs"]]
    found += [f"{folder.name}: {arm.failed}" for arm in arms if arm.failed.count]
    if not np.isfinite(Comparison(*arms).effects(2028)["lead"].values).any():
        found.append(f"{folder.name}: no pair has an effect on the lead")
    return found


def main():
    """Say what is wrong; 1 if anything is."""
    folder = Path(sys.argv[1])
    found = faults(folder)
    sys.stdout.write("\n".join(found or [f"{folder} is complete and sound"]) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
