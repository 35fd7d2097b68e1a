"""How do I run a sweep? A study is a TOML file; its runs go to a folder that no crash can harm; its table is yours.

The same from the command line: `curbs sweep mine.toml --out sweep`, killed and started again as often as you like.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from experiments.analysis import EFFECT, Output
from experiments.drive import Driver
from experiments.study import load_study

STUDY = """
description = "Does stricter enforcement lengthen the US lead?"
arms = ["history", "none_0"]

[design]
sampler = "sobol"
others = "posterior"       # every other parameter is drawn anew at each point, so that many points are needed
points = 64
replications = 2

[levers]
enforcement = [0.3, 0.9]

[outcomes]
names = ["lead", "smuggled_year"]
horizons = [2028]
"""

with TemporaryDirectory() as folder:
    path = Path(folder) / "mine.toml"
    path.write_text(STUDY, encoding="utf-8")
    design = load_study(path)
    print(f"{design.points} points x {design.replications} worlds x {len(design.arms)} arms = {design.runs} runs")
    table = Driver(Path(folder)).table(design)

enforcement = table.inputs.values()["enforcement"]
print(f"{table.worlds} worlds, {table.failures['worlds']} failed")
for name, output in (
    ("lead, months", Output("lead", EFFECT, "2028")),
    ("thousand chips smuggled in the year", Output("smuggled_year", "history", "2028")),
):
    values = table.by_point(table.output(output))
    lax, strict = values[enforcement < 0.5], values[enforcement > 0.7]
    error = np.hypot(lax.std(ddof=1) / np.sqrt(lax.size), strict.std(ddof=1) / np.sqrt(strict.size))
    change = strict.mean() - lax.mean()
    print(f"{name} in 2028: {lax.mean():.1f} where lax, {strict.mean():.1f} where strict,")
    print(f"  a change of {change:+.1f}, standard error {error:.1f} over {lax.size} and {strict.size} points")
