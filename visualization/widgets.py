"""Views of the browser laboratory as widgets: network, fan charts, verdict, strategies, reasons, timeline, transport.

Each is an anywidget, so it works in Solara and in Jupyter alike. Views of one `group` share what they show, the clock
and the crosshair, all of it in the browser: a whole paired run is sent once (by `Feed`, or by the view itself) and is
played and scrubbed without the server. Scripts are hand-written modules in `visualization/assets`; an application
serves that folder and says where (`serve_from`); otherwise each widget carries its scripts with it.

In Solara: `Feed.element(pair=encode(pair, run), fan=encode_fan(pair))` once a page, and for example
`FanChart.element(chart="lead", on_run=show)`. In Jupyter: `network(pair)`, `fan_chart(pair, "lead")`, `verdict(pair)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anywidget
import traitlets as t

from abm.backfire import Comparison
from abm.schema import nearest
from visualization.bundle import css_text, loader, module_text
from visualization.payload import encode, encode_fan
from visualization.specs import CHARTS, describe
from visualization.tables import ternary_table, tornado_table, verdict_table
from visualization.timeline import timeline_rows

THEMES = ("auto", "light", "dark")
"""`auto` follows the reader's system, and `data-theme` of the page's root element where there is one."""
ARMS = ("controls", "without", "difference")
DETAILS = ("auto", "agents", "groups")
"""What nodes stand for; `auto` shows groups where the view is narrow."""

_served: list[str] = []


def serve_from(url: str | None) -> None:
    """Say under which path of the same host `visualization.bundle.ASSETS` is served, such as "/static/views/".

    Widgets made afterwards fetch their scripts there, once a page, instead of carrying them. None: they carry them.
    """
    _served[:] = [] if url is None else [url if url.endswith("/") else f"{url}/"]


class View(anywidget.AnyWidget):
    """What all views have in common.

    Attributes
    ----------
    group : views of one group share data, clock, crosshair and the node that is isolated.
    theme : one of `THEMES`.
    pair, fan : what `visualization.payload.encode` and `encode_fan` gave; b"" where a `Feed` of the group brings it.
    """

    module = ""
    _esm = t.Unicode().tag(sync=True)
    _css = t.Unicode().tag(sync=True)
    group = t.Unicode("main").tag(sync=True)
    theme = t.Enum(THEMES, "auto").tag(sync=True)
    pair = t.Bytes(b"").tag(sync=True)
    fan = t.Bytes(b"").tag(sync=True)

    @t.default("_esm")
    def _scripts(self) -> str:
        return loader(self.module, _served[0]) if _served else module_text(self.module)

    @t.default("_css")
    def _styles(self) -> str:
        return "" if _served else css_text()


class Feed(View):
    """Brings data to the views of a group; shows nothing."""

    module = "feed"


class Network(View):
    """Supply network of one paired run on fixed tiers: width = USD bn a quarter, colour and shape = bloc.

    Attributes
    ----------
    arm : with the controls, without them, or the difference.
    detail : agents, or groups of them.
    selected : id of the node that is isolated (click, Enter), "" for none; in and out.
    """

    module = "network"
    arm = t.Enum(ARMS, "controls").tag(sync=True)
    detail = t.Enum(DETAILS, "auto").tag(sync=True)
    selected = t.Unicode("").tag(sync=True)


class FanChart(View):
    """One quantity over time: 50 and 90 % of pairs in both arms, observations, rules, and the run that is on show.

    Attributes
    ----------
    chart : id of a chart of `visualization.specs.CHARTS`.
    run : place in the ensemble of the line that was clicked, -1 before; out.
    compact : lower, for pages with many charts.
    """

    module = "fan"
    chart = t.Unicode("lead").tag(sync=True)
    spec = t.Dict().tag(sync=True)
    run = t.Int(-1).tag(sync=True)
    compact = t.Bool(False).tag(sync=True)

    @t.default("spec")
    def _described(self) -> dict[str, Any]:
        return describe(self.chart)

    @t.validate("chart")
    def _known(self, proposal: Mapping[str, Any]) -> str:
        name = str(proposal["value"])
        if name not in CHARTS:
            raise t.TraitError(f"chart {name!r} is unknown{nearest(name, CHARTS)}")
        return name

    @t.observe("chart")
    def _redescribe(self, _: Any) -> None:
        self.spec = describe(self.chart)


class Verdict(View):
    """Probabilities of the eleven regimes and of `undefined` at a horizon, as a bar with labels and intervals.

    Attributes
    ----------
    table : what `visualization.tables.verdict_table` gives.
    before : the same before the last change, to show what it changed; {} for none.
    horizon : one of the table's horizons, such as "2030"; in and out.
    """

    module = "verdict"
    table = t.Dict().tag(sync=True)
    before = t.Dict().tag(sync=True)
    horizon = t.Unicode("2028").tag(sync=True)


class StrategyMix(View):
    """Research mix of AI firms over time: efficiency, porting, full-stack integration, as firms or in all.

    Attributes
    ----------
    firm : id of a firm, or a bloc ("CN", "US", "ROW"); in and out.
    arm : with the controls or without them.
    """

    module = "strategy"
    firm = t.Unicode("CN").tag(sync=True)
    arm = t.Enum(ARMS[:2], "controls").tag(sync=True)


class Tornado(View):
    """Which parameters move an effect or the verdict most; `table` is of `visualization.tables.tornado_table`.

    `selected` is the parameter that was clicked or entered, "" before; out.
    """

    module = "tornado"
    table = t.Dict().tag(sync=True)
    selected = t.Unicode("").tag(sync=True)


class Ternary(View):
    """For which weights of lead, independence and revenue the controls lose; `table` of `tables.ternary_table`."""

    module = "ternary"
    table = t.Dict().tag(sync=True)


class TimelineEditor(View):
    """Instruments of the law as blocks on a time axis that can be moved, stretched, eased, dropped.

    Attributes
    ----------
    rows : what `visualization.timeline.timeline_rows` gives.
    policy : changes made, {instrument id: {"start", "end", "severity", "off"}}, in and out. "start" and "end" are
        quarters such as "2023Q1", "severity" a share from 0 to 1 of what the instrument denies, "off" true if it is
        dropped. Keys that are as the law has them are left out, and so are instruments without changes.
    """

    module = "timeline"
    rows: t.List[Any] = t.List().tag(sync=True)
    policy = t.Dict().tag(sync=True)


class Transport(View):
    """Play, step, speed and a slider with the dates of rules.

    Attributes
    ----------
    quarter : such as "2024Q3"; written when playing stops or the slider rests, never while it plays; in and out.
    """

    module = "transport"
    quarter = t.Unicode("").tag(sync=True)


# --- for notebooks ----------------------------------------------------------------------------------------------------


def network(pair: Comparison, run: int = 0, **traits: Any) -> Network:
    """The supply network of one paired run with its transport bar.

    Parameters
    ----------
    pair : a comparison, of `abm.compare`.
    run : place of the run in the comparison, from 0.
    traits : such as `theme="dark"`, `detail="groups"`, `arm="difference"`.
    """
    return Network(pair=encode(pair, run), **{"group": f"network {id(pair)} {run}", **traits})


def fan_chart(pair: Comparison, chart: str = "lead", run: int = 0, **traits: Any) -> FanChart:
    """One chart of `visualization.specs.CHARTS` over all pairs; `run` is drawn as a line.

    Fan charts of the same comparison share their crosshair.
    """
    group = {"group": f"fan {id(pair)}"}
    own = encode(pair, run, (chart,), network=False)
    return FanChart(chart=chart, pair=own, fan=encode_fan(pair, (chart,)), **{**group, **traits})


def verdict(pair: Comparison, horizon: int | str = 2028, **traits: Any) -> Verdict:
    """Regimes with probabilities and intervals at a horizon that the reader can change."""
    return Verdict(table=verdict_table(pair), horizon=str(horizon), **traits)


def strategy_mix(pair: Comparison, run: int = 0, **traits: Any) -> StrategyMix:
    """Research mix of the AI firms in one paired run."""
    return StrategyMix(pair=encode(pair, run), **{"group": f"network {id(pair)} {run}", **traits})


def tornado(pair: Comparison, horizon: int | str = 2028, effect: str = "lead", **traits: Any) -> Tornado:
    """Which parameters move an effect most, over the points of the comparison."""
    return Tornado(table=tornado_table(pair, horizon, effect), **traits)


def ternary(pair: Comparison, horizon: int | str = 2028, **traits: Any) -> Ternary:
    """For which weights the controls lose, and how surely."""
    return Ternary(table=ternary_table(pair, horizon), **traits)


def timeline_editor(scenario: str = "history", **traits: Any) -> TimelineEditor:
    """Instruments of a scenario's law, to be edited; what was changed is in its trait `policy`."""
    return TimelineEditor(rows=timeline_rows(scenario), **traits)


def transport(group: str = "main", **traits: Any) -> Transport:
    """A transport bar for the views of a group."""
    return Transport(group=group, **traits)
