"""What chip vendors, supply nodes and regulators decided in a quarter, in words."""

from __future__ import annotations

from collections.abc import Mapping

from abm.explain_politics import PHASES, RULED, SCRIPTED, by_rule, tell_rule
from abm.network import node_output
from abm.policy_schema import Instrument
from abm.recording import Call
from abm.telling import Case, closing, named, number, paragraph, terms, told
from abm.vocabulary import BUYER_CLASSES, CN, COMPLIANCE, GREY, PRIVATE, SERVE, TRAIN, US, US_NEST

BEST = 3
"""Candidates for a redesign that are told, best first."""
ROLE_RULES: Mapping[str, tuple[str, ...]] = {
    "tools": ("tool_class_access", "complements"),
    "foundry_cn": ("worn_tools", "tool_class_access", "complements", "defect_density", "die_yield"),
    "memory": ("bank_need", "packages"),
    "packaging_cn": ("packages",),
    "packaging_world": ("capacity_step", "planned_output", "scarce_claim"),
}
"""Rules by which a role of supply nodes acts, by the beginning of the role."""
_CHAIN = {
    "stock_cover": "quarters of need in banks",
    "bank_need": "chips a quarter that banks are for",
    "packages": "packages started",
}
_PACE = {
    "research_ratio": "R&D over what the reference pace needs",
    "catch_up": "catching up, ln a quarter",
    "design_pace": "growth of the next design, ln a quarter",
}
REACTING = "react"
"""Phase in which states answer one another."""
BLOC_OF = {"CN": CN, "US": US}
"""Bloc whose AI firms a regulator's state may mobilise."""
ADDED_UP = ("denied", "joint_stringency", "tenancy_open")
"""Rules by which the law of all regulators is added up."""


# --- vendors ----------------------------------------------------------------------------------------------------------


def tell_vendor(case: Case) -> list[str]:
    """Lines of the text, the heading apart."""
    shown: list[Call] = []
    lines = [
        *_belief(case, shown), *_lines(case, shown), *_redesigns(case, shown), *_chain(case, shown),
        *_pace(case, shown), *_accounts(case),
    ]  # fmt: skip
    return [*lines, *closing(case, shown)]


def _belief(case: Case, shown: list[Call]) -> list[str]:
    call = case.recording.last("cutoff_hazard", vendor=case.index)
    if call is None:
        return []
    shown.append(call)
    text = f"chance of losing its inputs {number(call.result)} a quarter, {number(call.arguments['hazard'])} before"
    return paragraph("Belief", f"{text} ({terms(call, ('hazard',))})")


def _lines(case: Case, shown: list[Call]) -> list[str]:
    """Every line on sale: design, performance, prices, cost, law, sales."""
    world = case.run.world
    head = (
        f"{'Line':<20}{'design':<26}{'legal in China':>15}{'perform.':>13}{'list':>8}{'China':>8}{'cost':>8}"
        f"{'sold China':>12}{'abroad':>9}"
    )
    lines = [head]
    for offer in _places(case):
        if not case.design(offer):
            lines.append(f"{case.run.names('offer')[offer][:19]:<20}nothing on sale")
            continue
        shown += case.recording.of("list_price", offer=offer)[:1] + case.recording.of("price_in_china", offer=offer)[:1]
        power = "/".join(number(float(world.performance[offer, workload, 0])) for workload in (TRAIN, SERVE))
        columns = [
            number(case.after(name, offer))
            for name in ("price", "price_china", "unit_cost", "sold_china", "sold_abroad")
        ]
        grey = world.offer_kind[offer] == GREY
        legal = "grey" if grey else f"{100 * case.after('legal', offer, PRIVATE):.0f} %"
        widths = (8, 8, 8, 12, 9)
        rest = "".join(f"{text:>{width}}" for text, width in zip(columns, widths, strict=True))
        lines.append(
            f"{case.run.names('offer')[offer][:19]:<20}{case.design(offer)[:25]:<26}{legal:>15}{power:>13}{rest}"
        )
    for call in [one for one in shown if one.rule == "price_in_china"][:1]:
        lines += paragraph("Price", f"of {case.design(call.place['offer'])}: {told(call, 'in China')}")
    return lines


def _places(case: Case) -> list[int]:
    return [place for place, vendor in enumerate(case.run.world.offer_vendor) if vendor == case.index]


def _redesigns(case: Case, shown: list[Call]) -> list[str]:
    """Designs weighed for each line that law touches, and which was started."""
    lines: list[str] = []
    world, names = case.run.world, case.run.names("offer")
    for offer in _places(case):
        if world.offer_kind[offer] != COMPLIANCE:
            continue
        weighed = {
            case.run.plan.designs[call.place["design"]].id: call
            for call in case.recording.of("redesign_value", offer=offer)
            if "design" in call.place
        }
        waiting, before = case.after("redesign_wait", offer), case.before("redesign_wait", offer)
        target = case.run.design(offer, "redesign_target")
        state = "nothing in work"
        if waiting > 0.0 and target is not None:
            state = f"{'starts' if before == 0.0 else 'works on'} {target.id}, on sale in {waiting:.0f} quarters"
        best = sorted(weighed.items(), key=lambda item: -item[1].result)[:BEST]
        shown += [call for _, call in best]
        margins = ", ".join(f"{name} {number(call.result)}" for name, call in best)
        weigh = f"; expected margins: {margins}" if margins else "; no news of law, none weighed"
        lines += paragraph("Redesign", f"{names[offer]}: {state}{weigh}")
    for call in [one for one in shown if one.rule == "redesign_value"][:1]:
        lines += paragraph("", f"the first from {terms(call)}")
    return lines


def _chain(case: Case, shown: list[Call]) -> list[str]:
    """A Chinese designer's banks and packages."""
    vendor = case.index
    if case.run.world.vendor_us[vendor] > 0.0:
        return []
    parts = []
    for rule, what in _CHAIN.items():
        call = case.recording.last(rule, vendor=vendor)
        if call is not None:
            shown.append(call)
            parts.append(f"{what} {number(call.result)} ({terms(call)})")
    holds = {
        "die_bank": "thousand dies in bank", "hbm_bank": "million stacks of HBM in bank",
        "wafers": "thousand wafers started", "foreign_wafers": "thousand dies bought abroad",
        "made": "thousand packages finished",
    }  # fmt: skip
    parts.append(", ".join(f"{number(case.after(name, vendor))} {what}" for name, what in holds.items()))
    return paragraph("Chain", "; ".join(parts))


def _pace(case: Case, shown: list[Call]) -> list[str]:
    lines: list[str] = []
    for rule, what in _PACE.items():
        call = case.recording.last(rule, vendor=case.index)
        follows = rule == "catch_up" and case.run.world.vendor_us[case.index] < 1.0
        if call is not None and (follows or rule != "catch_up"):  # US vendors set the pace, Chinese ones follow
            shown.append(call)
            lines += paragraph("Research" if not lines else "", f"{what} {number(call.result)} ({terms(call)})")
    return lines


def _accounts(case: Case) -> list[str]:
    names = {
        "vendor_revenue": "revenue", "vendor_revenue_china": "from China", "vendor_profit": "profit",
        "vendor_rd": "R&D", "vendor_cash": "cash", "orders_smooth": "orders of the main line, averaged",
    }  # fmt: skip
    parts = [f"{what} {number(case.after(name, case.index))}" for name, what in names.items()]
    return paragraph("Outcome", ", ".join(parts))


# --- supply nodes -----------------------------------------------------------------------------------------------------


def _role(case: Case) -> str:
    return str(case.run.plan.world.nodes[case.index].role)


def node_calls(case: Case) -> tuple[Call, ...]:
    """Rules by which the node's role acts, and those asked for the node itself."""
    role = _role(case)
    rules = {rule for start, names in ROLE_RULES.items() if role.startswith(start) for rule in names}
    return tuple(call for call in case.recording.calls if _concerns(call, case.index, rules))


def _concerns(call: Call, node: int, rules: set[str]) -> bool:
    """Whether a rule was asked for this node, or for its role without naming a node or an AI firm."""
    if "node" in call.place:
        return call.place["node"] == node
    return call.rule in rules and "firm" not in call.place


def tell_node(case: Case) -> list[str]:
    """Lines of the text, the heading apart."""
    role, calls = _role(case), node_calls(case)
    capacity, output, unit = node_output(case.run, case.name, role)
    limit = "no limit in the model" if capacity == float("inf") else f"capacity {number(capacity)}"
    lines = paragraph("Role", f"{role.replace('_', ' ')}: {limit}, output {number(output)} {unit or '(not followed)'}")
    if not calls:
        note = "no rule decides for this node: its flow follows from its customers and the law, or is not followed"
        return lines + paragraph("Decisions", note)
    rows: dict[str, None] = {}
    for call in calls:
        where = case.place_names(call.place)
        label = " ".join(where.get(name, "") for name in ("vendor", "offer", "design", "tool")).strip()
        rows.setdefault(f"{call.rule}{f' {label}' if label else ''}: {number(call.result)} from {terms(call)}")
    for text in list(rows)[:12]:
        lines += paragraph("", text)
    if len(rows) > 12:
        lines += paragraph("", f"{len(rows) - 12} more")
    return [*lines, *closing(case, {call.rule: call for call in calls}.values())]


# --- regulators -------------------------------------------------------------------------------------------------------


def regulator_calls(case: Case) -> tuple[Call, ...]:
    """Rules of the phases in which the rules are set; those of another state's answers apart."""
    mine = BLOC_OF.get(_country(case))
    return tuple(call for call in case.recording.calls if _regulates(call, mine))


def _country(case: Case) -> str:
    """Jurisdiction of the regulator."""
    return str(case.run.plan.pack.firms.one(firm_id=case.name)["country"])


def _regulates(call: Call, mine: int | None) -> bool:
    """Whether a call is one of all regulators, or an answer of the state whose bloc is `mine`."""
    phases = [site.code.co_name for site in call.sites]
    answered = REACTING in phases
    return call.place.get("bloc", CN) == mine if answered else any(name in PHASES for name in phases)


def tell_regulator(case: Case) -> list[str]:
    """Lines of the text, the heading apart: instruments of the regulator, and what all rules add up to."""
    mine, today = _country(case), case.run.today
    policy = case.run.policy
    force = [one for one, _ in policy.in_force(today) if one.jurisdiction == mine]
    known = [one for one, _ in policy.expected(today) if one.jurisdiction == mine and one not in force]
    lines = paragraph("Acts", RULED if by_rule(case) else SCRIPTED)
    lines += _answers(case, mine)
    lines += paragraph("In force", "; ".join(_instrument(one) for one in dict.fromkeys(force)) or "nothing")
    lines += paragraph("Announced", "; ".join(_instrument(one) for one in dict.fromkeys(known)) or "nothing")
    shown: list[Call] = []
    lines += tell_rule(case, mine, shown)
    lines += _denial(case, mine)
    measured = [call for call in regulator_calls(case) if call.rule in ADDED_UP]
    text = (
        f"stringency {number(case.after('stringency'))} (known rules {number(case.after('stringency_known'))}): "
        "performance and inputs that all rules together deny China, 0 to 1; "
        f"cut {case.after('cut'):.0f}, signal {case.after('signal'):.0f}"
    )
    lines += paragraph("Adds up to", text)
    for call in measured[-6:]:
        lines += paragraph("", f"{named(call)} {number(call.result)} from {terms(call)}")
    return [*lines, *closing(case, [*shown, *measured])]


def _instrument(one: Instrument) -> str:
    return f"{one.id} ({one.effective}, {one.citation})"


def _denial(case: Case, jurisdiction: str) -> list[str]:
    """What is open to private buyers in China, line by line, and China's own gate."""
    world, run = case.run.world, case.run
    names = run.names("offer")
    legal = [
        f"{names[offer]} {case.design(offer)} {100 * case.after('legal', offer, PRIVATE):.0f} %"
        for offer in range(len(names))
        if world.offer_nest[offer] == US_NEST and case.design(offer)
    ]
    lines = paragraph("Open", f"to private Chinese buyers: {', '.join(legal)}")
    if jurisdiction == "CN":
        for name in ("gate", "mandate"):
            parts = ", ".join(
                f"{buyer} {100 * case.after(name, place):.0f} %" for place, buyer in enumerate(BUYER_CLASSES)
            )
            lines += paragraph("", f"China's own {name}: {parts}")
    return lines


def _answers(case: Case, jurisdiction: str) -> list[str]:
    """What the state saw of the last quarter, and what it set and pays in answer."""
    if jurisdiction not in BLOC_OF:
        return []
    step, bloc = case.recording.step, BLOC_OF[jurisdiction]
    if jurisdiction == "US":
        saw = f"a lead of {number(case.before('lead'))} months, {number(case.before('lead_before'))} a quarter earlier"
        gives = ""
    else:
        ruled = case.run.world.law_china_rule[case.run.arm, step] > 0.0
        saw = (
            f"stringency {number(case.before('stringency_smooth'))}, averaged; readiness of its chip makers "
            f"{number(case.after('readiness'))} ({number(case.before('readiness'))} before)"
        )
        gives = (
            f"subsidies of {number(case.after('subsidy'))} set aside and {number(case.after('subsidy_paid'))} paid "
            f"({number(case.after('subsidy_total'))} in all), {100 * case.after('price_support'):.0f} % of the price "
            f"of Chinese chips; minerals withheld {100 * case.after('counter_control'):.0f} %; mandate and "
            f"counter-controls {'answer by rule' if ruled else 'follow the script'}, "
            f"gate: {case.run.scenario.china_gate} after it; "
        )
    lines = paragraph("Saw", saw)
    gives += (
        f"AI firms get {number(case.after('mobilised', bloc))} of public money "
        f"({number(case.after('mobilised_total', bloc))} in all)"
    )
    return [*lines, *paragraph("Sets", gives)]
