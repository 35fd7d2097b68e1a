"""Write docs/demonstrations.md: what the model shows, and what it does not, each against its ablation.

.venv/bin/python docs/demonstrations.py
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from abm.scenario import Scenario
from abm.simulation import compare
from experiments.demonstration_figures import draw
from experiments.demonstrations import MOST, REPLICATIONS, RUNS, SEED, Demonstration, run_ensemble
from experiments.further import every
from experiments.signs import BAND, HORIZONS, LEAST, Sign, markdown, signs

PAGE = Path(__file__).parent / "demonstrations.md"
PICTURE = Path(__file__).parent / "demonstrations.png"
SIGN_RUNS, SIGN_REPLICATIONS = 1024, 8
COLOURS = 64


def lines(found: Sequence[Demonstration]) -> Iterator[str]:
    """The page, line by line."""
    yield "# What the model shows, each against its ablation"
    yield ""
    yield (
        f"Arms share their worlds: {RUNS} worlds at {RUNS // REPLICATIONS} parameter points drawn from the posterior, "
        f"seed {SEED}; nothing is fitted. A direction is shown if it holds in at least {100 * MOST:.0f} % of worlds. "
        "Numbers are medians and 90 % of worlds. Written by `python docs/demonstrations.py`; the directions that are "
        "shown are asserted by `tests/statistical/test_demonstrations.py`. The demonstration that needs a regulator "
        "who reacts stands in [politics.md](politics.md), that on the number of firms in "
        "[convergence.md](convergence.md)."
    )
    yield ""
    yield f"![Each mechanism beside its ablation: medians and the middle half of worlds]({PICTURE.name})"
    yield ""
    yield "| demonstration | shown | % of worlds | at least, 90 % | N worlds | points |"
    yield "|---|---|---:|---:|---:|---:|"
    for one in found:
        verdict = "yes" if one.shown else "**no**"
        yield f"| {one.name} | {verdict} | {100 * one.share:.0f} | {100 * one.low:.0f} | {one.runs} | {one.points} |"
    for one in found:
        yield ""
        yield from one.markdown()
        if one.shown:
            yield f"Holds in {100 * one.share:.0f} % of {one.runs} worlds."
        else:
            yield f"**Not shown**: holds in {100 * one.share:.0f} % of {one.runs} worlds. {one.why}".rstrip()


def sign_lines(found: Sequence[Sign]) -> Iterator[str]:
    """Which sign the controls give China's research."""
    yield ""
    yield "## Research and what comes of it: no sign is settled"
    yield ""
    yield (
        f"The causal literature disagrees on both signs (MODEL 1). `history` against `none_0`, {SIGN_RUNS} pairs at "
        f"{SIGN_RUNS // SIGN_REPLICATIONS} points drawn from the priors, means over {SIGN_REPLICATIONS} replications a "
        f"point, seed {SEED}; none: within {100 * BAND:g} %. Shares of points with 90 % intervals. Each sign of "
        f"research money and of own ideas has at least {100 * LEAST:g} % of points in {HORIZONS[-1]} "
        "(`tests/statistical/test_signs.py`)."
    )
    yield ""
    yield markdown(found).rstrip()


def main() -> int:
    """Run the arms, write the page and draw its picture."""
    ensemble = run_ensemble()
    found = every(ensemble)
    history = Scenario.load("history").with_beliefs("prior")
    pair = compare(history, "none_0", SIGN_RUNS, SEED, replications=SIGN_REPLICATIONS)
    table = [one for horizon in HORIZONS for one in signs(pair, horizon)]
    PAGE.write_text("\n".join([*lines(found), *sign_lines(table)]) + "\n", encoding="utf-8")
    draw(found, ensemble, PICTURE)
    with Image.open(PICTURE) as picture:
        small = picture.convert("RGB").quantize(COLOURS)
    small.save(PICTURE, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
