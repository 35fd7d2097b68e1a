"""The reproduction report, where it was made; else how to make it."""

from __future__ import annotations

from typing import Any

import solara

from visualization.downloads import REPORT, REPORTS, has_report
from visualization.markup import block, escaped, panel, words


@solara.component
def ReportPart() -> Any:  # noqa: N802
    """The report in a frame of its own, without scripts."""
    if not has_report():
        text = (
            f"<p>There is no <code>{escaped(REPORTS / REPORT)}</code> in the folder in which the laboratory started. "
            "It holds every claim of the article with verdict, horizon and interval. Make it, then load this page "
            "again:</p>"
            f'<pre class="lab-code" tabindex="0">curbs reproduce --out {escaped(REPORTS)}</pre>'
        )
        return panel("report", "Reproduction report", "", [words(text)], wide=True)
    frame = block(
        "iframe",
        [],
        "lab-frame",
        src=f"reproduction/{REPORT}",
        title="Reproduction report",
        sandbox="allow-same-origin",
    )
    link = words(f'<p><a href="reproduction/{REPORT}" target="_blank" rel="noopener">Open it alone</a></p>')
    return panel(
        "report", "Reproduction report", "Every claim with its verdict, horizon and interval.", [link, frame], wide=True
    )
