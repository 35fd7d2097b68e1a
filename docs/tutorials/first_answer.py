"""Do the curbs backfire? A first answer with a horizon, a probability and what it rests on.

Every world is simulated twice, with the rules and without them. Both runs share their parameters and every draw of
chance, so the difference is what the rules do. 64 pairs are few: use 1,000 for anything that is quoted.
"""

from __future__ import annotations

import abm

pair = abm.compare("history", "none_0", runs=64, seed=1)

for year in (2026, 2028, 2032):
    effects = pair.effects(year)
    lead, share, revenue = (effects[name].spread for name in ("lead", "self_reliance", "us_revenue"))
    print(f"{year}: US lead {lead.median:+.1f} months ({lead.low:+.1f} to {lead.high:+.1f} in 90 % of {lead.n} pairs),")
    print(f"      domestic share {share.median:+.0f} points ({share.low:+.0f} to {share.high:+.0f}),")
    low, middle, high = (100 * bound for bound in (revenue.low, revenue.median, revenue.high))
    print(f"      ln revenue of US vendors {middle:+.1f} points ({low:+.1f} to {high:+.1f})")

print("\nRegimes at the end of 2028, with 90 % intervals over parameter points:")
for row in pair.regimes(2028).rows:
    if row.probability > 0.0:
        print(f"  {row.regime:28} {100 * row.probability:3.0f} % ({100 * row.low:.0f} to {100 * row.high:.0f})")
backfire = pair.regimes(2028)["full backfire"]
print(f"  full backfire: {100 * backfire.probability:.0f} %, at most {100 * backfire.high:.0f} %")

table = pair.reclassification(2028)
changed = dict(zip(table.factors, table.changed, strict=True))
print(
    f"\nWith bands half as wide {100 * changed[0.5]:.0f} % of the pairs change their regime, with bands twice as wide"
)
print(f"{100 * changed[2.0]:.0f} %: a verdict near a band is a matter of the band.")
