"""What explanations of all kinds of agents share: the recorded quarter of one agent, and numbers and lines in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from textwrap import wrap

from abm.origins import origins, rule_source
from abm.parameter_index import NAMES, PARAMETERS
from abm.recording import Call, Recording
from abm.view import RunView
from abm.vocabulary import BLOCS, RESEARCH, TOOL_CLASSES

WIDTH = 120
MARGIN = 12
"""Columns of the text, and of the labels before it."""
UNITS = "Money in USD bn a quarter, chips in thousand, prices in thousand USD a chip; pairs are training/serving."
FOUND = ("measured", "estimated")
"""Kinds of parameters that the text names; those assumed are counted."""


@dataclass(frozen=True, eq=False)
class Case:
    """One agent in a recorded quarter; `run` views the state after it."""

    run: RunView
    recording: Recording
    kind: str
    index: int
    name: str

    def before(self, array: str, *place: int) -> float:
        """A number of the state before the quarter."""
        return float(getattr(self.recording.before, array)[(*place, 0)])

    def after(self, array: str, *place: int) -> float:
        """A number of the state after it."""
        return self.run.number(array, *place)

    def design(self, offer: int) -> str:
        """Design on sale in an offer."""
        found = self.run.design(offer)
        return "" if found is None else found.id

    def place_names(self, place: Mapping[str, int]) -> dict[str, str]:
        """Names of the places for which a rule was asked."""
        found = {}
        for name, index in place.items():
            if name == "design":
                found[name] = self.run.plan.designs[index].id if index >= 0 else ""
            elif name in ("kind", "tool", "bloc"):
                found[name] = {"kind": RESEARCH, "tool": TOOL_CLASSES, "bloc": BLOCS}[name][index]
            else:
                found[name] = self.run.names(name)[index]
        return found


def number(value: float) -> str:
    """A number as a person writes it: three digits that count, thousands apart."""
    if value != value or abs(value) == float("inf"):  # noqa: PLR0124  (NaN)
        return "none"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    text = f"{value:.3g}"
    return f"{value:.1e}" if "e" in text else text


def terms(call: Call, leave: Iterable[str] = ()) -> str:
    """Arguments of a call: name and number."""
    skip = set(leave)
    return ", ".join(
        f"{name.replace('_', ' ')} {number(value)}" for name, value in call.arguments.items() if name not in skip
    )


def named(call: Call) -> str:
    """A rule with its reference: offer_value (MODEL R8)."""
    references = rule_source(call).references
    return f"{_with_replacement(call)} ({', '.join(references)})"


def _with_replacement(call: Call) -> str:
    """Name of a rule, and of what stands for it in this scenario."""
    mine = call.replaced_by
    return call.rule if mine is None else f"{call.rule} replaced by {mine}"


def told(call: Call, what: str = "", unit: str = "") -> str:
    """One decision in a line: what it is, what came out, from which terms, by which rule."""
    unit = f" {unit}" if unit else ""
    return f"{what or call.rule} {number(call.result)}{unit} from {terms(call)}: {named(call)}"


def paragraph(label: str, text: str) -> list[str]:
    """Lines under a label in the margin."""
    return wrap(
        text, WIDTH, initial_indent=f"{label:<{MARGIN}}", subsequent_indent=" " * MARGIN, break_long_words=False
    )


def parameters_behind(case: Case, calls: Iterable[Call]) -> dict[str, float]:
    """Parameters that the arguments of some calls were made of, with their values in the run."""
    found: dict[str, float] = {}
    seen = set()
    for call in calls:
        if (call.rule, call.sites[0].instruction, call.place.get("workload")) in seen:
            continue
        seen.add((call.rule, call.sites[0].instruction, call.place.get("workload")))
        for origin in origins(call).values():
            for name in origin.parameters:
                found[name] = case.after("parameter", NAMES.index(name))
    return found


def closing(case: Case, calls: Iterable[Call]) -> list[str]:
    """The rules that were told with their references, and the parameters behind them by kind."""
    shown = list(calls)
    by_reference: dict[str, dict[str, None]] = {}
    for call in shown:
        by_reference.setdefault(", ".join(rule_source(call).references), {}).setdefault(_with_replacement(call))
    rules = (f"{', '.join(names)} ({reference})" for reference, names in by_reference.items())
    by_kind: dict[str, list[str]] = {}
    for name, value in parameters_behind(case, shown).items():
        by_kind.setdefault(PARAMETERS[name].kind, []).append(f"{name} {number(value)}")
    told = [f"{kind}: {', '.join(by_kind[kind])}" for kind in FOUND if kind in by_kind]
    counted = [f"{len(values)} {kind}" for kind, values in by_kind.items() if kind not in FOUND]
    return [
        *paragraph("Rules", "; ".join(rules) or "none"),
        *paragraph("Parameters", f"{'; '.join(told + counted) or 'none'}. All with their sources: --json"),
    ]
