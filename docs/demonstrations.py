"""Write docs/demonstrations.md: what the model shows, and what it does not, each against its ablation.

.venv/bin/python docs/demonstrations.py
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from experiments.demonstrations import MOST, REPLICATIONS, RUNS, SEED, Demonstration, demonstrations, run_ensemble

PAGE = Path(__file__).parent / "demonstrations.md"


def lines(found: Sequence[Demonstration]) -> Iterator[str]:
    """The page, line by line."""
    yield "# What the model shows, each against its ablation"
    yield ""
    yield (
        f"Arms share their worlds: {RUNS} worlds at {RUNS // REPLICATIONS} parameter points drawn from the priors, "
        f"seed {SEED}; nothing is fitted. A direction is shown if it holds in at least {100 * MOST:.0f} % of worlds. "
        "Numbers are medians and 90 % of worlds. Written by `python docs/demonstrations.py`; the directions that are "
        "shown are asserted by `tests/statistical/test_demonstrations.py`. The demonstration that needs a regulator "
        "who reacts stands in [politics.md](politics.md); those on equal firms and on the number of firms are not here."
    )
    yield ""
    yield "| demonstration | shown | % of worlds | at least, 90 % | N worlds | points |"
    yield "|---|---|---:|---:|---:|---:|"
    for one in found:
        verdict = "yes" if one.shown else "**no**"
        yield f"| {one.name} | {verdict} | {100 * one.share:.0f} | {100 * one.low:.0f} | {one.runs} | {one.points} |"
    for one in found:
        yield ""
        yield f"## {one.name}"
        yield ""
        yield one.claim
        yield ""
        yield f"| {one.measure} | median | 90 % of worlds |"
        yield "|---|---:|---:|"
        for row in one.rows:
            ends = "" if row.low != row.low else f"{row.low:.3g} to {row.high:.3g}"
            yield f"| {row.label} | {row.median:.3g} | {ends} |"
        yield ""
        if one.shown:
            yield f"Holds in {100 * one.share:.0f} % of {one.runs} worlds."
        else:
            yield f"**Not shown**: holds in {100 * one.share:.0f} % of {one.runs} worlds. {one.why}".rstrip()


def main() -> int:
    """Run the arms and write the page."""
    PAGE.write_text("\n".join(lines(demonstrations(run_ensemble()))) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
