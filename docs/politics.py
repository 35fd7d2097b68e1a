"""Write docs/politics.md and its figure: what the US does when it decides by rule, against the same worlds without.

.venv/bin/python docs/politics.py
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from experiments.demonstrations import MOST, REPLICATIONS, RUNS, SEED, Demonstration
from experiments.demonstrations_politics import cycles, draw, run_politics, turns

PAGE = Path(__file__).parent / "politics.md"
FIGURE = Path(__file__).parent / "politics.png"


def lines(one: Demonstration, world: int, example: str) -> Iterator[str]:
    """The page, line by line."""
    yield "# Governments that decide by rule"
    yield ""
    yield (
        "`rule`: the law of October 2022, moved from 2023Q1 on by what the US sees ([ODD.md](../abm/ODD.md), 7); "
        f"{RUNS} worlds at {RUNS // REPLICATIONS} parameter points drawn from the posterior, seed "
        f"{SEED}. A direction is shown if it holds in at least {100 * MOST:.0f} % of worlds. Written by "
        "`python docs/politics.py`."
    )
    yield ""
    yield from one.markdown()
    holds = f"holds in {100 * one.share:.0f} % of {one.runs} worlds (at least {100 * one.low:.0f} %, 90 %)."
    yield f"Shown: {holds}" if one.shown else f"**Not shown in most worlds**: {holds} {one.why}"
    yield ""
    yield f"![Thresholds over the best US line]({FIGURE.name})"
    yield ""
    yield "## One run, decision by decision"
    yield ""
    call = f'simulate("rule", runs={RUNS}, replications={REPLICATIONS}).decisions({world})'
    yield f"World {world}, the one with most turns, from 2022Q4 on: `{call}`."
    yield ""
    yield "```text"
    yield example
    yield "```"


def main() -> int:
    """Run the arms and write the page."""
    ensemble = run_politics()
    draw(ensemble, FIGURE)
    ruled = ensemble.arms["rule"]
    world = int(ruled.world[np.argmax(turns(ruled))])
    found = ruled.decisions(world)
    head, *rows = str(found).splitlines()
    example = "\n".join([head, *(row for row in rows if row >= "2022Q4")])
    PAGE.write_text("\n".join(lines(cycles(ensemble), world, example)) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
