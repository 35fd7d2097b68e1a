"""What an AI firm believed, could spend, chose, ordered, got, stored and researched in a quarter, in words."""

from __future__ import annotations

from collections.abc import Iterator

from abm.recording import Call
from abm.telling import Case, closing, number, paragraph, terms
from abm.vocabulary import BLOCS, BUYER_CLASSES, ECOSYSTEMS, GREY, RESEARCH, SERVE, STOCK, TRAIN

MOST_OFFERS = 8
"""Offers told one by one, those with the largest shares; others together."""


def tell_firm(case: Case) -> list[str]:
    """Lines of the text, the heading apart."""
    told: list[Call] = []
    lines = [
        *_who(case), *_belief(case, told), *_budget(case, told), *_offers(case, told), *_market(case),
        *_stock(case, told), *_research(case, told), *_results(case, told),
    ]  # fmt: skip
    return [*lines, *closing(case, told)]


def _who(case: Case) -> list[str]:
    world, firm = case.run.world, case.index
    buyer = BUYER_CLASSES[int(world.buyer_class[case.recording.step, firm])]
    owns = int(world.own_vendor[firm])
    own = f"; owns {case.run.names('vendor')[owns]}" if owns >= 0 else ""
    return paragraph("Who", f"bloc {BLOCS[int(world.bloc[firm])]}, {buyer} buyer under export law{own}")


def _belief(case: Case, told: list[Call]) -> list[str]:
    call = case.recording.last("cutoff_hazard", firm=case.index)
    if call is None:
        return paragraph("Belief", "no fear of a cut-off: rules on sales to China do not touch it")
    told.append(call)
    now, before = call.result, call.arguments["hazard"]
    if call.arguments["cut"] > 0.0:
        why = "a rule that came into force took performance from lines on sale"
    elif call.arguments["signal"] > 0.0:
        why = "a rule is announced that would take performance from lines on sale"
    else:
        why = "no rule came or was announced, so fear fades towards its floor"
    text = f"chance of a cut-off {number(now)} a quarter, {number(before)} before: {why}"
    return paragraph("Belief", f"{text} ({terms(call, ('hazard',))})")


def _budget(case: Case, told: list[Call]) -> list[str]:
    firm = case.index
    call = case.recording.last("planned_budget", firm=firm)
    if call is None:
        return []
    told.append(call)
    words = {
        "plan": "planned spending of the bloc", "share": "the firm's share of it", "shock": "ln of luck with demand",
        "revenue": "AI revenue", "revenue_base": "expected AI revenue", "feedback": "weight of revenue",
    }  # fmt: skip
    parts = ", ".join(f"{words.get(name, name)} {number(value)}" for name, value in call.arguments.items())
    more = [f"waited from before {number(case.before('waiting', firm))}"]
    backlog = float(case.recording.before.backlog[firm, :, 0].sum())
    more.append(f"earmarked for undelivered orders {number(backlog)}")
    more.append(f"debt {number(case.before('credit', firm))}, cash {number(case.before('cash', firm))}")
    return paragraph("Budget", f"{number(call.result)} from {parts}; beside it {', '.join(more)}")


_TITLES = ("legal", "price", "cost", "performance", "software", "value", "risk", "share %", "ordered", "got")
_WIDTHS = (6, 6, 6, 12, 12, 10, 6, 8, 9, 7)

# --- offers -----------------------------------------------------------------------------------------------------------


def _offers(case: Case, told: list[Call]) -> list[str]:
    """A line for each offer that matters, then how much money waits."""
    firm, world = case.index, case.run.world
    rows = []
    for offer in range(world.available.shape[1]):
        train, serve = (_value(case, offer, workload) for workload in (TRAIN, SERVE))
        if train is None or serve is None or not case.design(offer):
            continue
        told.append(train)
        told += case.recording.of("utilisation", firm=firm, offer=offer)[:1]
        shares = [float(world.weight[firm, offer, workload, 0]) for workload in (TRAIN, SERVE)]
        rows.append((sum(shares), train.result, _offer_line(case, offer, train, serve, shares), offer))
    if not rows:
        return []
    rows.sort(key=lambda row: (-row[0], -row[1]))
    told += [call for rule in ("choice_weight", "nest_value") for call in case.recording.of(rule, firm=firm)[:1]]
    names = case.run.names("offer")
    rest = ", ".join(f"{names[offer]} {value:+.1f}" for _, value, _, offer in rows[MOST_OFFERS:])
    head = "".join(f"{title:>{width}}" for title, width in zip(_TITLES, _WIDTHS, strict=True))
    lines = [f"{'Offer':<20}{'design':<18}{head}", *(line for _, _, line, _ in rows[:MOST_OFFERS])]
    return [*lines, *(paragraph("", f"others, value for training: {rest}") if rest else ()), *_choice(case)]


def _choice(case: Case) -> list[str]:
    """What waits for the next quarter, and what law reserves for Chinese chips."""
    firm, world, step = case.index, case.run.world, case.recording.step
    mandate = case.after("mandate", int(world.buyer_class[step, firm]))
    waits = [max(1.0 - float(world.weight[firm, :, workload, 0].sum()), 0.0) for workload in (TRAIN, SERVE)]
    text = (
        f"waits with {_percent(waits[0])} of training and {_percent(waits[1])} of serving money; mandate "
        f"{_percent(mandate)}. Risk: what fear of a cut-off, or of detection on the grey market, takes off the value"
    )
    return paragraph("Choice", text)


def _value(case: Case, offer: int, workload: int) -> Call | None:
    return case.recording.last("offer_value", firm=case.index, offer=offer, workload=workload)


def _offer_line(case: Case, offer: int, train: Call, serve: Call, shares: list[float]) -> str:
    """One offer: law, money, usefulness for training and serving, value, choice, and what came of it."""
    firm, world = case.index, case.run.world
    buyer, side = int(world.buyer_class[case.recording.step, firm]), int(world.side[firm])
    risk = train.result - train.instead(hazard=0.0)
    fresh = _ordered(case, offer)
    got = float(world.delivered[firm, offer, :, 0].sum())
    cells = (
        "grey" if world.offer_kind[offer] == GREY else _percent(case.after("legal", offer, buyer)),
        number(case.after("paying", side, offer)),
        number(train.arguments["cost"]),
        *(f"{number(train.arguments[key])}/{number(serve.arguments[key])}" for key in ("performance", "used")),
        f"{train.result:+.1f}/{serve.result:+.1f}", f"{risk:+.1f}", f"{100 * shares[0]:.0f}/{100 * shares[1]:.0f}",
        number(fresh), number(got),
    )  # fmt: skip
    columns = "".join(f"{cell:>{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))
    return f"{case.run.names('offer')[offer][:19]:<20}{case.design(offer)[:17]:<18}{columns}"


def _ordered(case: Case, offer: int) -> float:
    """USD bn that the firm had on order for an offer before the first two passes: backlog, then fresh money."""
    return sum(float(one[offer].sum()) for one in case.recording.orders.get(case.index, ())[:2])


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


# --- the market, stock, research --------------------------------------------------------------------------------------


def _market(case: Case) -> list[str]:
    firm, world = case.index, case.run.world
    passes = case.recording.orders.get(firm, ())
    names = ("for backlog", "fresh", "offered again", "and again")
    parts = [f"{name} {number(float(one.sum()))}" for name, one in zip(names, passes, strict=False)]
    stored = float(passes[1][:, STOCK].sum()) if len(passes) > 1 else 0.0
    backlog = float(world.backlog[firm, :, 0].sum())
    ends = (
        f"paid for chips {number(case.after('spent', firm))}, waits {number(case.after('waiting', firm))}, "
        f"earmarked for undelivered orders {number(backlog)}, found no chips {number(case.after('unspent', firm))}"
    )
    return paragraph("Market", f"ordered {', '.join(parts)} (for the warehouse {number(stored)}); in the end {ends}")


def _stock(case: Case, told: list[Call]) -> list[str]:
    firm, world = case.index, case.run.world
    cover = case.recording.last("stock_cover", firm=firm)
    money = case.recording.last("stock_money", firm=firm)
    if cover is None or money is None:
        return []
    told += [cover, money]
    held = float(world.warehouse[firm, :, 0].sum())
    return paragraph(
        "Stock",
        f"target {number(cover.result)} quarters of need ({terms(cover)}); orders for the warehouse "
        f"{number(case.after('stock_money', firm))} of {number(money.result)} asked for ({terms(money, ('cover',))}); "
        f"warehouse after {number(held)}",
    )


def _research(case: Case, told: list[Call]) -> list[str]:
    firm = case.index
    budget = case.recording.last("research_budget", firm=firm)
    if budget is None:
        return []
    told.append(budget)
    lines = paragraph("Research", f"money {number(budget.result)} ({terms(budget)})")
    for kind, name in enumerate(RESEARCH):
        parts = [
            f"share {number(case.before('mix', firm, kind))} to {number(case.after('mix', firm, kind))}",
            f"payoff {number(case.after('payoff', firm, kind))}",
            f"attraction {number(case.after('attraction', firm, kind))}",
            *_gains(case, name, told),
        ]
        lines += paragraph("", f"{name.replace('_', ' ')}: {', '.join(parts)}")
    told += [call for rule in ("attraction", "choice", "mixed") for call in case.recording.of(rule, firm=firm)[:1]]
    return lines


def _gains(case: Case, kind: str, told: list[Call]) -> Iterator[str]:
    """What each kind of research gained in the quarter."""
    firm = case.index
    if kind == "efficiency":
        for call in case.recording.of("efficiency_gain", firm=firm):
            told.append(call)
            yield f"own gain {number(call.result)} ln ({terms(call)})"
    elif kind == "porting":
        # of each ecosystem the first call is the gain, the second what of it comes from effort
        asked = case.recording.of("porting_gain", firm=firm)
        gains = {call.place["ecosystem"]: call for call in reversed(asked)}
        for place in sorted(gains):
            call = gains[place]
            told.append(call)
            after = case.after("porting", firm, place)
            yield f"{ECOSYSTEMS[place]} {number(call.arguments['maturity'])} to {number(after)}"
    else:
        for call in case.recording.of("integration_gain", firm=firm):
            told.append(call)
            yield f"integration {number(call.arguments['integration'])} to {number(case.after('integration', firm))}"


def _results(case: Case, told: list[Call]) -> list[str]:
    firm = case.index
    run = case.recording.last("largest_run", firm=firm)
    market = case.recording.of("market_weight", firm=firm)
    told += [call for call in (run, *market) if call is not None]
    training, serving = (number(case.after(name, firm)) for name in ("training", "serving"))
    now, past = (number(one("capability", firm)) for one in (case.after, case.before))
    largest = number(case.after("run_compute", firm))
    text = (
        f"training {training} and serving {serving} thousand A100; largest run {largest}; "
        f"capability {now} ln FLOP, {past} before; served {number(case.after('served', firm))} times its need; "
        f"AI revenue {number(case.after('revenue', firm))}"
    )
    return paragraph("Outcome", text)
