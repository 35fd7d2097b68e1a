"""Write docs/mechanisms.md: what each effect of the controls owes to each mechanism.

.venv/bin/python docs/mechanisms.py
"""

from __future__ import annotations

import sys
from pathlib import Path

from abm.scenario import Scenario
from abm.threat import threat_and_rule
from experiments.ablations import contributions, markdown, threat_markdown

PAGE = Path(__file__).parent / "mechanisms.md"
RUNS, SEED, YEAR = 256, 1, 2032

HEAD = (
    "# What the effects owe to each mechanism\n\n"
    f"`history` against `none_0` at the end of {YEAR}, {RUNS} pairs of worlds at {RUNS // 8} parameter points drawn "
    f"from the posterior, seed {SEED}, thresholds fixed after the script. Each cell is the effect of the controls with "
    "the mechanism less the effect without it, in the same worlds: median, and 5 to 95 % of pairs. Where the band "
    "holds zero the sign is not settled; it has no bound where one arm makes no Chinese chip. *Regime moves* is the "
    "share of pairs that fall into another regime without "
    "the mechanism. What each switch does stands in [ODD.md](../abm/ODD.md), section 7. Written by "
    "`python docs/mechanisms.py`; `curbs ablate` gives the table for any scenario and horizon.\n\n"
)
BOTH = (
    "## Off in both arms\n\n"
    "How much smaller or larger the effect of the controls would be in a world without the mechanism.\n\n"
)
ONE = (
    "\n## Off in the arm with controls alone\n\n"
    "How much of the effect runs through the mechanism in the controlled world. These numbers also hold what the "
    "mechanism does without any controls, so they are large where it matters everywhere (`efficiency`, "
    "`knowledge_spillovers`). `firm_heterogeneity` belongs to the world that both arms share and is not here.\n\n"
)
THREAT = (
    "\n## Threat and rules apart\n\n"
    "The threat alone is `none_threat` less `none_0`: leaks and announcements, but no rule ever takes effect. The "
    "rules are `history` less `none_threat`. In each pair both add up to the whole effect; medians need not. "
    "`abm.threat_and_rule` gives the table for any scenario and horizon.\n\n"
)


def main() -> int:
    """Run all ablations and write the page."""
    found = contributions(Scenario.load("history"), "none_0", RUNS, SEED, YEAR)
    parts = threat_and_rule("history", RUNS, SEED)
    text = HEAD + BOTH + markdown(found, "both") + ONE + markdown(found, "controls") + THREAT
    PAGE.write_text(text + threat_markdown(parts, ("2024", "2028", str(YEAR))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
