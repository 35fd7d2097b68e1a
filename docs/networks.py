"""Write docs/networks.md: what the effects owe to who knows whom and who supplies whom.

.venv/bin/python docs/networks.py
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from abm.null_networks import OUTSIDE_SHARE
from abm.scenario import Scenario
from experiments.networks import DRAWS, HORIZONS, REPLICATIONS, RUNS, SEED, NullEffect, null_effects

PAGE = Path(__file__).parent / "networks.md"
WORDS = {
    "default": "the model's own networks",
    "rewired": "links of know-how between other firms, all degrees kept (who sees and who is seen by how many)",
    "bloc_shuffled": "the same network of know-how, in which firms change places at random, across blocs",
    "extra_tool_supplier": f"a toolmaker in a country that denies nothing sells and services {100 * OUTSIDE_SHARE:.0f} "
    "% of what each of the three countries sells",
    "one_hub_tools": "all foreign tools come from one country, which denies of each class what the strictest one does",
}
LABELS = {"lead": "US lead, months", "self_reliance": "self-reliance, percentage points"}


def lines(found: Sequence[NullEffect]) -> Iterator[str]:
    """The page, line by line."""
    yield "# What the effects owe to the networks"
    yield ""
    yield (
        f"`history` against `none_0`, {RUNS} pairs of worlds at {RUNS // REPLICATIONS} parameter points drawn from the "
        f"posterior, seed {SEED}. Both arms of a pair have the same network. *Change* is the mean "
        "change of the effect of the controls against the model's own networks in the same worlds, with the 90 % "
        f"interval over points; networks that are drawn are drawn {DRAWS} times, and *drawings* gives the least and "
        "largest mean. *Regime moves* is the share of pairs that fall into another regime. Chosen by "
        '`Scenario.with_network(name)` or `network = "..."` in a scenario file. Written by `python docs/networks.py`.'
    )
    yield ""
    yield "| network | what it is |"
    yield "|---|---|"
    for name, words in WORDS.items():
        yield f"| `{name}` | {words} |"
    for effect, label in LABELS.items():
        for horizon in HORIZONS:
            rows = [one for one in found if (one.effect, one.horizon) == (effect, horizon)]
            yield ""
            yield f"## Effect on {label}, {horizon}"
            yield ""
            yield "| network | median | 5 to 95 % of pairs | change | 90 % interval | drawings | regime moves |"
            yield "|---|---:|---:|---:|---:|---:|---:|"
            yield from (_row(one) for one in rows)
            silent = [one.network for one in rows[1:] if one.low <= 0.0 <= one.high]
            if silent:
                names = ", ".join(f"`{name}`" for name in silent)
                yield ""
                yield f"Not told from zero: {names}."
    yield from _reading()


def _row(one: NullEffect) -> str:
    scale = 100.0 if one.unit == "share" else 1.0
    seen = one.effects
    head = f"| `{one.network}` | {scale * seen.median:.2f} | {scale * seen.low:.2f} to {scale * seen.high:.2f} |"
    if one.network == "default":
        return f"{head} | | | |"
    ends = f"{scale * one.low:+.2f} to {scale * one.high:+.2f}"
    apart = "" if one.drawings[0] == one.drawings[1] else " to ".join(f"{scale * end:+.2f}" for end in one.drawings)
    return f"{head} {scale * one.change:+.2f} | {ends} | {apart} | {100 * one.regime_moves:.0f} % |"


def _reading() -> Iterator[str]:
    yield ""
    yield "## How to read it"
    yield ""
    yield (
        "Algorithms spread from the few leaders of each bloc to everybody, whoever knows whom; the network of know-how "
        "adds only what neighbours have beyond that. So `rewired` and `bloc_shuffled` act through porting know-how and "
        "imitation: with neighbours abroad, Chinese firms see fewer that have ported to Chinese chips. The extra "
        "supplier and the one hub change what the tool rules bind: they move wafers and packages, and through these "
        "what China can buy at home. The hub adds little: "
        "classes of tools are complements, and lithography, which one country makes, is denied by it already. Sales of "
        "the extra supplier are booked with those of the countries whose part it "
        "takes over."
    )


def main() -> int:
    """Run all networks and write the page."""
    found = null_effects(Scenario.load("history"))
    PAGE.write_text("\n".join(lines(found)) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
