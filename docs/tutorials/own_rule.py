"""Write a rule of your own, ask what it makes of a chip, and see what it does.

A rule is a TOML file: thresholds, buyers, dates, licence regime. No code is needed, and a mistake is an error that
names file, key and cure. Here: what if memory bandwidth had been limited along with compute in 2023?
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from abm import Scenario, classify, compare

RULE = """
id = "us_2023_12_bandwidth"
title = "Licence above 2 TB/s of memory bandwidth"
actor = "US BIS"
jurisdiction = "US"
side = "us"
category = "chips"
citation = "a scenario of this tutorial"
kind = "scenario"
announced = 2023-10-17
effective = 2023-12-01

[[clause]]
name = "memory bandwidth"
status = "licence"
review = "presumption_of_denial"
when = ["dram_bandwidth >= 2000"]
"""

with TemporaryDirectory() as folder:
    file = Path(folder) / "bandwidth.toml"
    file.write_text(RULE, encoding="utf-8")
    stricter = Scenario.load("history").with_policy(file)

print("The rule joins the script:", [one for one in stricter.policy.ids if one.startswith("us_2023_12")])
print("H20 in 2024, as history has it:", classify("H20 (96GB)", "2024-06-30").status, "(it has 4 TB/s)")

pair = compare(stricter, "none_0", runs=32, seed=1)
plain = compare("history", "none_0", runs=32, seed=1)
for year in (2024, 2026, 2028):
    extra = pair.effects(year)["us_revenue_china"].values - plain.effects(year)["us_revenue_china"].values
    lead = pair.effects(year)["lead"].values - plain.effects(year)["lead"].values
    print(f"{year}: China revenue {100 * extra.mean():+.1f} log points, lead {lead.mean():+.2f} months against history")
