"""Write docs/convergence.md and its picture: how the effects depend on the number of firms.

.venv/bin/python docs/convergence.py
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from experiments.convergence import (
    DRAWN,
    REPLICATIONS,
    RUNS,
    SCALE,
    SEED,
    SIZES,
    VARIANTS,
    YEAR,
    Convergence,
    demonstrations,
    draw,
    measure,
)

PAGE = Path(__file__).parent / "convergence.md"
PICTURE = Path(__file__).parent / "convergence.png"
SHOWN = {
    "lead": "effect on the US lead, months", "self_reliance": "effect on self-reliance, percentage points",
    "us_revenue": "effect on US vendors' revenue, 100 ln", "capability_us": "level of US capability, ln FLOP",
}  # fmt: skip
FACTORS = {"lead": 1.0, "self_reliance": 1.0, "us_revenue": 100.0, "capability_us": 1.0}


def lines(found: Convergence) -> Iterator[str]:
    """The page, line by line."""
    yield "# How the effects depend on the number of firms"
    yield ""
    yield (
        f"`history` against `none_0` at the end of {YEAR} in drawn worlds of {SIZES[0]} to {SIZES[-1]:,} AI firms with "
        f"the bloc totals of the default world. {RUNS} pairs at {RUNS // REPLICATIONS} parameter points drawn from the "
        f"posterior, seed {SEED}, the same for every size, in each of {len(DRAWN)} drawn worlds. "
        "*Step* is the mean change from the size before in the same pairs, with the 90 % interval over points; "
        "*between worlds* is the standard deviation of the mean over drawn worlds. The ablation switches "
        f"{' and '.join(SCALE)} off in both arms: the mechanisms whose pace depends on the size of a firm. Written by "
        "`python docs/convergence.py`."
    )
    yield ""
    yield "![Effects by number of firms](convergence.png)"
    yield ""
    yield "| AI firms | three largest firms' share of the plan, China | US |"
    yield "|---:|---:|---:|"
    for size in found.sizes:
        cn, us = found.top[size]
        yield f"| {size:,} | {100 * cn:.0f} % | {100 * us:.0f} % |"
    for name, label in SHOWN.items():
        yield from _table(found, name, label)
    yield from _regimes(found)
    yield from _demonstrated(found)
    yield from _reading()


def _table(found: Convergence, name: str, label: str) -> Iterator[str]:
    factor = FACTORS[name]
    yield ""
    yield f"## {label[0].upper()}{label[1:]}"
    yield ""
    yield "| variant | AI firms | mean | step | 90 % interval | between worlds |"
    yield "|---|---:|---:|---:|---:|---:|"
    for variant in VARIANTS:
        for place, size in enumerate(found.sizes):
            mean = factor * float(found.values[variant, name, size].mean())
            step = ends = ""
            if place:
                gap = found.gap(variant, name, found.sizes[place - 1], size)
                step = f"{factor * gap.mean[0]:+.2f}"
                ends = f"{factor * gap.low[0]:+.2f} to {factor * gap.high[0]:+.2f}"
            apart = factor * found.between(variant, name, size)
            yield f"| {variant} | {size:,} | {mean:.2f} | {step} | {ends} | {apart:.2f} |"


def _regimes(found: Convergence) -> Iterator[str]:
    yield ""
    yield "## Regimes"
    yield ""
    yield "Share of pairs that fall into another regime than in the world with most firms, same points and shocks."
    yield ""
    yield "| variant | " + " | ".join(f"{size:,}" for size in found.sizes[:-1]) + " |"
    yield "|---|" + "---:|" * (len(found.sizes) - 1)
    for variant in VARIANTS:
        moved = " | ".join(f"{100 * found.moved(variant, size, found.sizes[-1]):.0f} %" for size in found.sizes[:-1])
        yield f"| {variant} | {moved} |"


def _demonstrated(found: Convergence) -> Iterator[str]:
    for one in demonstrations(found):
        yield ""
        yield f"## {one.name}"
        yield ""
        yield one.claim
        yield ""
        yield f"| {one.measure} | median | 90 % of pairs |"
        yield "|---|---:|---:|"
        for row in one.rows:
            yield f"| {row.label} | {row.median:.2f} | {row.low:.2f} to {row.high:.2f} |"
        yield ""
        verdict = "Holds" if one.shown else "**Not shown**: holds"
        why = "" if one.shown else f" {one.why}"
        yield f"{verdict} in {100 * one.share:.0f} % of {one.runs} pairs.{why}"


def _reading() -> Iterator[str]:
    yield ""
    yield "## What converges and what does not"
    yield ""
    yield (
        "Orders, clearing and revenue are proportional to size. So the effects on self-reliance and on revenue "
        "settle: their steps shrink, and which firms are drawn averages out (the spread between drawn worlds falls). "
        "The mean effect on the lead moves little from size to size, but not closer in most pairs. Levels of "
        "capability do not settle. Own research counts a firm's money and compute against those that a leading US lab "
        "plans, and it is not shared inside a bloc except by diffusion and distillation. With log-normal sizes of a "
        "fixed spread the three largest firms of a bloc shrink without bound, and they are its frontier. As firms "
        "become many, own research fades in both blocs and both arms. A thousand small labs are another economy than "
        "ten large ones, not a finer picture of it. Levels of capability in drawn worlds must not be compared with "
        "data; the default world, in which large firms stand for themselves, is the one to read."
    )


def main() -> int:
    """Run all sizes and write the page and the picture."""
    found = measure()
    draw(found, PICTURE)
    PAGE.write_text("\n".join(lines(found)) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
