"""Write docs/lab_series.png: the charts that the browser laboratory shows first, as a static figure.

.venv/bin/python docs/lab_figures.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import abm
from abm.backfire import HORIZONS
from visualization.figures import write_series

RUNS, SEED = 256, 1


def main() -> int:
    """Run the pairs and draw."""
    pair = abm.compare("history", runs=RUNS, seed=SEED, leverage=HORIZONS)
    _, svg = write_series(pair, Path(__file__).parent, "lab_series")
    svg.unlink()  # the page shows the other
    return 0


if __name__ == "__main__":
    sys.exit(main())
