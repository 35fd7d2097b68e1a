"""Take away: data, the scenario with the command that reproduces it, figures, citation; and a scenario file to open."""

from __future__ import annotations

from typing import Any

import solara

from visualization import controls
from visualization.controls import Form, use_control
from visualization.downloads import FILES, command, python_lines
from visualization.lab import Laboratory
from visualization.limits import FIRST_PAIRS, UPLOAD
from visualization.markup import block, escaped, panel, words
from visualization.session import FILE, encode, uploaded

WHAT = {
    "regimes.csv": f"regimes by horizon, {FIRST_PAIRS} pairs (CSV)",
    "effects.csv": "headline effects by horizon (CSV)",
    "run.csv": "the run on show, all series, both arms (CSV)",
    "worlds.parquet": f"all series of {FIRST_PAIRS} pairs (Parquet)",
    FILE: "the scenario (TOML)",
    "scenario.zip": "scenario, changed rules and the command (ZIP)",
    "CITATION.cff": "citation",
}


@solara.component
def TakeawayPart(lab: Laboratory) -> Any:  # noqa: N802
    """Links, the command, and an upload."""
    session = lab.view.value.session
    query = escaped(encode(session))
    links = "".join(
        f'<li><a href="download/{name}?{query}" download>{escaped(name)}</a> {escaped(text)}</li>'
        for name, text in WHAT.items()
        if name in FILES
    )
    text = (
        f'<ul class="lab-links">{links}</ul><p>Every chart can be saved as SVG, PNG and CSV from its own menu.</p>'
        "<h3>The command that reproduces this</h3>"
        f'<pre class="lab-code" tabindex="0">{escaped(command(session))}</pre>'
        f'<details><summary>The same in Python</summary><pre class="lab-code" tabindex="0">'
        f"{escaped(python_lines(session))}</pre></details>"
    )

    def act(_name: str, value: Any) -> None:
        if value["text"] is None:
            lab.complain(
                f"{value['name']} has {value['size']:,} bytes, at most {UPLOAD:,}; a scenario file is much shorter"
            )
            return
        try:
            found = uploaded(str(value["text"]).encode("utf-8"))
        except ValueError as error:
            lab.complain(f"{value['name']}: {error}")
            return
        lab.show(found)

    form = use_control(
        Form, act, place="takeaway",
        fields=[controls.upload("scenario", "Open a scenario file (TOML)", ".toml", UPLOAD)],
    )  # fmt: skip
    return panel(
        "takeaway", "Take away", "Files of exactly what the page shows.", [words(text), block("div", [form])]
    )  # fmt: skip
