"""Bring the picture and the printed results of the README, and the pages of this folder, up to date with the model.

    .venv/bin/python docs/refresh.py

The README shows what `curbs run history` gives for 256 pairs and seed 1.
"""

from __future__ import annotations

import re
import sys
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from rich.console import Console

from abm.scenario import CONTINUATIONS, Scenario
from experiments.crossing import cross
from experiments.panels import draw
from experiments.report import HORIZONS, print_summary, summarise
from experiments.runs import Pair, Request, manifest, run_pairs

ROOT = Path(__file__).parents[1]
README, PICTURE = ROOT / "README.md", ROOT / "docs" / "history.png"
RESULTS = re.compile(r"(<!-- results: .*? -->\n```text\n)(.*?)(```\n<!-- end of results -->)", re.DOTALL)
RUNS, SEED, REPLICATIONS = 256, 1, 2
COLOURS = 128


def request() -> Request:
    """What `curbs run history` runs."""
    scenarios = [Scenario.load("history").with_continuation(name) for name in CONTINUATIONS]
    others = [one.counterfactual("none_0") for one in scenarios]
    return Request(scenarios, others, RUNS, SEED, REPLICATIONS, leverage=HORIZONS)


def printed(pairs: list[Pair], wanted: Request) -> str:
    """The tables as the command prints them."""
    out = StringIO()
    print_summary(summarise(pairs, cross(wanted, pairs)), console=Console(file=out, width=116))
    return "\n".join(line.rstrip() for line in out.getvalue().strip().splitlines()) + "\n"


def main() -> int:
    """Write the picture, the block of results, and the pages that have scripts of their own."""
    import calibration  # noqa: PLC0415  (beside this file, found when it runs as a script)
    import convergence  # noqa: PLC0415
    import demonstrations  # noqa: PLC0415
    import lab_figures  # noqa: PLC0415
    import mechanisms  # noqa: PLC0415
    import networks  # noqa: PLC0415
    import observations  # noqa: PLC0415
    import politics  # noqa: PLC0415
    import prior  # noqa: PLC0415
    import validation  # noqa: PLC0415

    wanted = request()
    pairs = run_pairs(wanted, quiet=True)
    with TemporaryDirectory() as folder:
        draw(pairs, Path(folder), manifest(pairs, wanted))
        with Image.open(Path(folder) / "picture.png") as picture:
            picture.convert("RGB").quantize(COLOURS).save(PICTURE, optimize=True)
    text = README.read_text(encoding="utf-8")
    README.write_text(RESULTS.sub(lambda found: found[1] + printed(pairs, wanted) + found[3], text), encoding="utf-8")
    pages = (observations, prior, calibration, validation, demonstrations, mechanisms, politics, networks, convergence)
    return max(page.main() for page in (*pages, lab_figures))


if __name__ == "__main__":
    sys.exit(main())
