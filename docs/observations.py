"""Write the page that says which series of the data the model measures and about which it is silent, and why.

.venv/bin/python docs/observations.py
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from abm.calendar import periods_of, quarter_label
from abm.operators import LAST_OBSERVED, OPERATORS, silent
from abm.outcomes import data_pack
from abm.tables import text

PAGE = Path(__file__).parent / "observations.md"


def lines() -> Iterator[str]:
    """The page, line by line."""
    rows = data_pack().observations
    periods: dict[str, list[str]] = {}
    for row in rows:
        periods.setdefault(text(row, "series_id"), []).append(text(row, "period"))
    measured = [name for name in OPERATORS if name in periods]
    own = [name for name in OPERATORS if name not in periods]
    yield "# What the model measures as its publisher measures it"
    yield ""
    yield (
        f"`results.observe(name)` gives a statistic in every run and period, with the real numbers to "
        f"{quarter_label(LAST_OBSERVED)} beside it. Of {len(periods)} series in `abm/data/observations.csv` the model "
        f"measures {len(measured)}; about {len(silent())} it is silent, and `observe` gives the reason. "
        "Written by `python docs/observations.py` from `abm/operators.py` and `abm/data/silent.toml`."
    )
    yield ""
    yield "## Measured"
    yield ""
    yield "| series | unit | period | what is measured | from | observed to 2024 |"
    yield "|---|---|---|---|---|---|"
    for name in (*measured, *own):
        one = OPERATORS[name]
        seen = [period for period in periods.get(name, []) if periods_of(period)[-1] <= LAST_OBSERVED]
        uses = ", ".join(f"`{series}`" for series in one.uses)
        yield f"| `{name}` | {one.unit} | {one.period} | {one.definition} | {uses} | {len(seen)} |"
    yield ""
    yield "## Silent"
    yield ""
    yield "| series | unit | reason |"
    yield "|---|---|---|"
    units = {text(row, "series_id"): text(row, "unit") for row in rows}
    for name, why in silent().items():
        yield f"| `{name}` | {units[name]} | {why} |"


def page() -> str:
    """The page."""
    return "\n".join(lines()) + "\n"


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
