"""Law compiled to arrays: what the kernel reads in each quarter (MODEL R1, and section 2 on shares of a quarter)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.calendar import QUARTERS, quarter_days, quarter_index, quarter_start
from abm.court import Court, Floats, State
from abm.generations import Design
from abm.policy import Policy, check_rows, last_day, none_0
from abm.policy_schema import BARRING_LISTS, Listing, SubsidyStep
from abm.policy_toml import PolicyError
from abm.tables import DataPack
from abm.vocabulary import NO_CAP, PRIVATE

LABEL = "instrument_of"


@dataclass(frozen=True, eq=False)
class LawTables:
    """The law of one arm by quarter t (T = 52), design d, buyer class c, tool jurisdiction j (US, NL, JP), class k.

    Each array in force is weighted by days; its `announced_` twin is the state at the end of the quarter as if all
    rules known by then, leaked ones too, were already in force; `published` leaves leaks out.

    Attributes
    ----------
    open, announced, published : (T, D, C)
        Share of the quarter in which a design may be delivered; a licence counts with its granted share, an unknown
        classification as a licence with nothing granted (see `unknown`). Class foreign is always 1.
    licence_free : (T, D)
        Share of the quarter in which a private Chinese buyer needs neither licence nor notification.
    duty, revenue_share, volume_cap : (T, D)
        Import duty and revenue share on sales to China; China sales over US sales of the product, 9 = no cap.
    gate, mandate : (T, C)
        Share of orders for US chips that China allows; share of purchases that must be domestic.
    tool_denial, announced_tool_denial : (T, 3, 3)
        Denied share of tools for advanced Chinese fabs.
    foreign_fab_tool_denial : (T,)
        Denied share of US tools for foreign-owned fabs in China.
    node_floor_nm : (T,)
        Finest node that lithography leaves, 0 = none.
    service_denial, hbm_open, hbm_co_packaged_open, diversion_open, eda : (T,)
        Denied service of installed tools; share of HBM stacks, and of HBM on a logic die, that may be imported; 1
        while foundry intermediaries reach listed designers; denied design software.
    foundry_open, announced_foundry_open : (T, D)
        Share of the quarter in which foundries with US tools may make the design for its Chinese designer.
    buyer_open : mapping of firm to (T,)
        For firms that a footnote names: share of the quarter in which they may buy chips made with US tools.
    cloud : (T,)
        Share of rented compute abroad that firms with headquarters in China may not use.
    subsidy : (T,)
        USD bn a quarter from China's funds.
    first_signal : int
        First quarter in which anything known or in force differs from the law of 2022Q2 (`none_0`), -1 if never.
    instrument_of : (T, D)
        What decides for a private Chinese buyer at the quarter's end, "" if nothing does.
    unknown : names of designs whose class is unknown in some quarter.
    """

    open: Floats
    announced: Floats
    published: Floats
    licence_free: Floats
    duty: Floats
    revenue_share: Floats
    volume_cap: Floats
    gate: Floats
    mandate: Floats
    tool_denial: Floats
    foreign_fab_tool_denial: Floats
    node_floor_nm: Floats
    service_denial: Floats
    hbm_open: Floats
    hbm_co_packaged_open: Floats
    foundry_open: Floats
    diversion_open: Floats
    eda: Floats
    subsidy: Floats
    announced_tool_denial: Floats
    announced_service_denial: Floats
    announced_hbm_open: Floats
    announced_foundry_open: Floats
    announced_eda: Floats
    announced_gate: Floats
    cloud: Floats
    announced_cloud: Floats
    buyer_open: Mapping[str, Floats]
    first_signal: int
    instrument_of: NDArray[np.object_]
    unknown: tuple[str, ...]


def compile_law(
    policy: Policy,
    designs: Sequence[Design],
    pack: DataPack | None = None,
    freeze_from: int | str | None = None,
    denial_level: float = 0.5,
    grant_level: float = 0.5,
) -> LawTables:
    """Compile a policy to the arrays of one arm.

    Parameters
    ----------
    policy
        Instruments; see `abm.policy` for the counterfactuals.
    designs
        The table of designs; its order is the order of axis d.
    pack
        If given, timeline rows that the instruments cite must exist in it.
    freeze_from
        Quarter (index or label) from which the law of the last day before it stays for ever.
    denial_level, grant_level
        Where in the judged ranges of denials and mandates, and of granted and gated shares, to stand: 0 is the low
        end, .5 the middle, 1 the high end.
    """
    if pack is not None:
        check_rows(policy, [str(row["id"]) for row in pack.policy_timeline])
    last = _frozen_from(freeze_from)
    court = Court(designs, denial_level, grant_level)
    tables = _arrays(policy, court, last)
    return LawTables(
        **tables,
        buyer_open=_buyers(policy, last),
        subsidy=_funds(policy),
        first_signal=_first_difference(tables, _arrays(none_0(policy), court, last)),
        unknown=tuple(court.unknown),
    )


def _frozen_from(quarter: int | str | None) -> int:
    if quarter is None:
        return QUARTERS
    index = quarter_index(quarter) if isinstance(quarter, str) else quarter
    if not 1 <= index <= QUARTERS:
        raise PolicyError(f"freeze_from {quarter!r} must lie between 2020Q2 (1) and 2033Q1 ({QUARTERS})")
    return index


_IN_FORCE = (
    "open", "licence_free", "duty", "revenue_share", "volume_cap", "gate", "mandate", "tool_denial",
    "foreign_fab_tool_denial", "node_floor_nm", "service_denial", "hbm_open", "hbm_co_packaged_open",
    "foundry_open", "diversion_open", "eda", "cloud",
)  # fmt: skip

_ANNOUNCED = ("tool_denial", "service_denial", "hbm_open", "foundry_open", "eda", "gate", "cloud")


def _arrays(policy: Policy, court: Court, last: int) -> dict[str, Any]:
    """Stack the law in force and the law known over the quarters."""
    states = _states(policy, court, last)
    in_force = [_weighted(t, states, last) for t in range(QUARTERS)]
    days = [last_day(min(t, last - 1)) for t in range(QUARTERS)]
    expected = {day: court.state(policy.expected(day)) for day in dict.fromkeys(days)}
    printed = {day: court.state(policy.expected(day, leaks=False)) for day in dict.fromkeys(days)}

    def stack(quarters: Sequence[State], key: str) -> Any:
        return np.stack([np.asarray(state[key]) for state in quarters])

    known = [expected[day] for day in days]
    return {
        **{key: stack(in_force, key) for key in (*_IN_FORCE, LABEL)},
        **{f"announced_{key}": stack(known, key) for key in _ANNOUNCED},
        "announced": stack(known, "open"),
        "published": stack([printed[day] for day in days], "open"),
    }


def _first_difference(tables: Mapping[str, Any], standing: Mapping[str, Any]) -> int:
    """First quarter in which anything known or in force differs from the standing law, -1 if none does."""
    differs = np.zeros(QUARTERS, dtype=bool)
    for key, values in tables.items():
        differs |= (values != standing[key]).reshape(QUARTERS, -1).any(axis=1)
    return int(np.argmax(differs)) if differs.any() else -1


def _funds(policy: Policy) -> Floats:
    """USD bn a quarter that China's funds pay out, each evenly over its years."""
    paid = np.zeros(QUARTERS)
    for fund in (effect for one in policy if one.binds for effect in one.effects if isinstance(effect, SubsidyStep)):
        stop = fund.effective + timedelta(days=round(365.25 * fund.years))
        rate = fund.usd_bn / (stop - fund.effective).days
        stop = stop if fund.end is None else min(stop, fund.end)
        for t in range(QUARTERS):
            paid[t] += rate * max(0, (min(stop, quarter_start(t + 1)) - max(fund.effective, quarter_start(t))).days)
    return paid


def _states(policy: Policy, court: Court, last: int) -> list[tuple[date, State]]:
    """State of the law from each day on which it changes."""
    end = quarter_start(last)
    days = [quarter_start(0), *(day for day in policy.turning_days if quarter_start(0) < day < end)]
    return [(day, court.state(policy.in_force(day))) for day in sorted(set(days))]


def _weighted(t: int, states: Sequence[tuple[date, State]], last: int) -> State:
    """Mean of a quarter over its days; labels are those of its last day."""
    start, stop = quarter_start(t), quarter_start(t + 1)
    if t >= last:
        return states[-1][1]
    parts: list[tuple[int, State]] = []
    for place, (day, state) in enumerate(states):
        until = states[place + 1][0] if place + 1 < len(states) else date.max
        days = (min(until, stop) - max(day, start)).days
        if days > 0:
            parts.append((days, state))
    if len(parts) == 1:
        return parts[0][1]
    mixed: State = {key: _mean([(days, state[key]) for days, state in parts]) for key in parts[0][1] if key != LABEL}
    return mixed | _terms_of_sale(parts)


def _terms_of_sale(parts: Sequence[tuple[int, State]]) -> State:
    """Duty, share and cap of a quarter: those of the days on which the design could be delivered, and the label."""
    last = parts[-1][1]
    opened = [(days, state["open"][:, PRIVATE]) for days, state in parts]
    total = _mean(opened)
    terms: State = {LABEL: last[LABEL]}
    for key in ("duty", "revenue_share"):
        owed = _mean([(days, share * state[key]) for (days, share), (_, state) in zip(opened, parts, strict=True)])
        terms[key] = np.where(total > 0.0, owed / np.where(total > 0.0, total, 1.0), last[key])
    caps = [
        np.where(share > 0.0, state["volume_cap"], NO_CAP) for (_, share), (_, state) in zip(opened, parts, strict=True)
    ]
    terms["volume_cap"] = np.minimum.reduce(caps)
    return terms


def _mean(parts: Sequence[tuple[int, Any]]) -> Floats:
    """Mean weighted by days; days of one value count together, so a day on which nothing changes has no effect."""
    value = np.asarray(parts[0][1], dtype=float)
    days, total, length = (
        np.full(value.shape, float(parts[0][0])),
        np.zeros(value.shape),
        sum(part[0] for part in parts),
    )
    for more, following in parts[1:]:
        same = np.asarray(following) == value
        total = np.where(same, total, total + days * value)
        days = np.where(same, days + more, more)
        value = np.where(same, value, following)
    return np.where(days == length, value, (total + days * value) / length)


def _buyers(policy: Policy, last: int) -> dict[str, Floats]:
    """Firms named by footnotes 1 and 4, and the share of each quarter in which they may still buy."""
    named = dict.fromkeys(
        firm
        for one in policy
        for effect in one.effects
        if isinstance(effect, Listing) and effect.list in BARRING_LISTS
        for firm in effect.firms
    )
    days = [quarter_start(0), *(day for day in policy.turning_days if day > quarter_start(0))]
    barred = [
        (
            day,
            {
                firm
                for _, e in policy.in_force(day)
                if isinstance(e, Listing) and e.list in BARRING_LISTS
                for firm in e.firms
            },
        )
        for day in days
    ]
    return {
        firm: np.array(
            [_open_days(firm, min(t, last - 1), barred) / quarter_days(min(t, last - 1)) for t in range(QUARTERS)]
        )
        for firm in named
    }


def _open_days(firm: str, t: int, barred: Sequence[tuple[date, set[str]]]) -> int:
    """Days of a quarter on which no footnote names the firm."""
    start, stop, free = quarter_start(t), quarter_start(t + 1), 0
    for place, (day, firms) in enumerate(barred):
        until = barred[place + 1][0] if place + 1 < len(barred) else stop
        if firm not in firms:
            free += max(0, (min(until, stop) - max(day, start)).days)
    return free
