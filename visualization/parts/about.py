"""What the laboratory is, how to read it, what it bounds, and whom to cite."""

from __future__ import annotations

from typing import Any

import solara

from abm import __version__
from abm.simulation import shipped_pack
from visualization.limits import FIRST_PAIRS, MOST_PAIRS, PAIRS_AN_HOUR
from visualization.markup import escaped, panel, words

TEXT = """
<h3>What is simulated</h3>
<p>Chinese and foreign AI firms, chip vendors and the nodes of the chip supply chain act quarter by quarter from
2020 to 2032 under dated rules. Every world runs twice, with the rules and under the law of 2022Q2; both runs
share every draw of chance and every parameter, so their difference is what the rules do.</p>
<h3>How to read a verdict</h3>
<p>A verdict names a horizon, a regime, a probability with an interval, what it rests on and how many worlds. A
regime crosses three signs: the US lead, Chinese output that the rules induce (or leverage lost), and US
vendors' revenue. Bands say how far worlds differ, not how well the model is known.</p>
<h3>What it is not</h3>
<p>After 2026Q3 all is scenario, not forecast. Observations end with 2024Q4.</p>
<h3>What the page may ask</h3>
<p>{first:,} pairs of worlds after every change, up to {most:,} on request, at most {hour:,} an hour for a page.
Nothing of a visitor is stored on the server; the address of the page holds the state. No code of a visitor is
run.</p>
<h3>Version</h3>
<p>chip-curbs {version}, data {data}. MIT licence; data under their own licences. Please cite the version, the
scenario, the number of worlds and the seed: <a href="download/CITATION.cff">CITATION.cff</a>. Nothing is
fetched from elsewhere.</p>
"""


@solara.component
def AboutPart() -> Any:  # noqa: N802
    """One page of text."""
    text = TEXT.format(
        first=FIRST_PAIRS, most=MOST_PAIRS, hour=PAIRS_AN_HOUR, version=escaped(__version__),
        data=escaped(shipped_pack().checksum[:12]),
    )  # fmt: skip
    return panel("about", "About the laboratory", "", [words(text)], wide=True)
