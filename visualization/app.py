"""The laboratory as a Solara application: which parts stand on which page."""

from __future__ import annotations

from typing import Any

import solara

from visualization.lab import Laboratory
from visualization.markup import Guard, block
from visualization.parts.about import AboutPart
from visualization.parts.assumptions import AssumptionsPart
from visualization.parts.branch import BranchPart
from visualization.parts.compare import ComparePart
from visualization.parts.effects import EffectsPart
from visualization.parts.header import HeaderPart, banner
from visualization.parts.network import NetworkPart
from visualization.parts.policy import PolicyPart
from visualization.parts.report import ReportPart
from visualization.parts.series import SeriesPart
from visualization.parts.strategies import StrategiesPart
from visualization.parts.takeaway import TakeawayPart
from visualization.parts.tour import TourPart
from visualization.parts.verdict import VerdictPart
from visualization.parts.why import WhyPart
from visualization.session import Session, opened
from visualization.widgets import Feed

FIRST = (
    ("Verdict", VerdictPart), ("Effects", EffectsPart), ("Guided tour", TourPart), ("Supply network", NetworkPart),
    ("Series", SeriesPart), ("Why", WhyPart),
)  # fmt: skip
"""Parts of the first page that show what follows, in the order of reading."""
CONTROLS = (("Policy timeline", PolicyPart), ("Assumptions", AssumptionsPart), ("Branch", BranchPart))
"""What a visitor changes; a sheet on a phone."""
LAST = (("Strategies", StrategiesPart), ("Take away", TakeawayPart))


def use_link() -> tuple[Session, tuple[str, ...]]:
    """The session of the address, once."""
    search = solara.use_router().search
    found: tuple[Session, tuple[str, ...]] = solara.use_memo(lambda: opened(search or ""), [])
    return found


@solara.component
def Explore() -> Any:  # noqa: N802
    """The laboratory itself."""
    session, problems = use_link()
    lab = solara.use_memo(lambda: Laboratory.opened(session, problems), [])

    def begin() -> Any:
        lab.start()
        return lab.close

    solara.use_effect(begin, [])
    first, controls, last = (
        [Guard(title, part, lab).key(title) for title, part in parts] for parts in (FIRST, CONTROLS, LAST)
    )
    sheet = block("div", controls, "lab-sheet", id="controls")
    head = Guard("Header", HeaderPart, lab)
    data = Guard("Data", FeedPart, lab)
    return block("div", [head, data, block("main", [*first, sheet, *last], "lab-page")], "lab")


@solara.component
def FeedPart(lab: Laboratory) -> Any:  # noqa: N802
    """Data for the views, sent once for each run and each ensemble."""
    view, digest = lab.view.value, lab.digest.value
    return Feed.element(pair=view.payload, fan=b"" if digest is None else digest.fan)


@solara.component
def Compare() -> Any:  # noqa: N802
    """Up to four scenarios side by side."""
    session, _ = use_link()
    return block("div", [block("main", [Guard("Compare", ComparePart, session)], "lab-page")], "lab")


@solara.component
def Report() -> Any:  # noqa: N802
    """The reproduction report."""
    return block("div", [block("main", [Guard("Report", ReportPart)], "lab-page")], "lab")


@solara.component
def About() -> Any:  # noqa: N802
    """About the laboratory."""
    return block("div", [block("main", [Guard("About", AboutPart)], "lab-page")], "lab")


@solara.component
def Layout(children: Any = ()) -> Any:  # noqa: N802
    """What all pages share."""
    search = solara.use_router().search
    return block("div", [banner(search or ""), *children], "lab-all")


routes = [
    solara.Route("/", component=Explore, label="Do the AI-chip curbs backfire?", layout=Layout),
    solara.Route("compare", component=Compare, label="Compare scenarios"),
    solara.Route("report", component=Report, label="Reproduction report"),
    solara.Route("about", component=About, label="About the laboratory"),
]
