"""What each Chinese firm keeps of its training compute, by ownership of a chip maker, with and without integration."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from abm.calendar import quarter_index
from abm.outcomes import FIRST_SIGNAL, log_ratio
from abm.results import Results
from abm.worldfile import FirmEntry, load_world_file
from experiments.reproducing.drawing import bands
from experiments.reproducing.findings import Columns, Findings, Floats, Integers, Number, median_of, share_of, worlds_of
from experiments.reproducing.setting import Setting

END = quarter_index("2028Q4")
HISTORY, NONE, ALONE, ALONE_NONE = "history", "none_0", "no full stack", "none_0, no full stack"
SWITCH = "full_stack"
OWN, PARTNER, WITHOUT, APART = "own chips", "partner", "no own chips", "other law"
"""Groups of firms; those under another law are shown and not counted."""
LEAST = 0.05
"""ln compute: an advantage below this is none."""
PERCENT = 100.0
TRAINING, CAPABILITY = "firm_training", "firm_capability"


def measure(setting: Setting) -> Findings:
    """Loss by firm and group, the advantage of owners, and what integration adds to it."""
    history = setting.scenario()
    arms = {HISTORY: history, ALONE: history.without(SWITCH)}
    arms |= {NONE: history.counterfactual(NONE), ALONE_NONE: arms[ALONE].counterfactual(NONE)}
    found = setting.run(arms)
    points = found[HISTORY].point
    known = np.all([one.ok for one in found.values()], axis=0)
    advantage = _advantage(found, HISTORY, NONE)
    alone = _advantage(found, ALONE, ALONE_NONE)
    now, without = advantage[:, END], alone[:, END]
    known &= np.isfinite(now) & np.isfinite(without)
    worlds = worlds_of(found[HISTORY], (now > LEAST) & (now > without), known)
    numbers = (
        median_of("advantage", "compute that owners keep beyond others", "%", _percent(now), points),
        median_of("advantage_alone", "the same without integration", "%", _percent(without), points),
        median_of("integration", "what integration adds to it", "pp", _percent(now) - _percent(without), points),
        median_of("advantage_mean", "advantage, firms of a group counted alike", "%",
                  _percent(_mean_advantage(found)), points),
        median_of("capability", "effective compute that owners keep beyond others", "%",
                  _percent(_capability(found)), points),
        share_of("any", "share of worlds in which owners keep more than others", now > 0.0, points, known),
        share_of("adds", "share of worlds in which integration adds to it", now > without, points, known),
        *_losses(found, points),
    )  # fmt: skip
    tables = {
        "advantage": bands(_percent(advantage), FIRST_SIGNAL - 4, END + 1),
        "alone": bands(_percent(alone), FIRST_SIGNAL - 4, END + 1),
        "table": _table(found, points),
    }
    return Findings(numbers, tables, worlds, _notes(numbers, tables["table"]))


@lru_cache(maxsize=1)
def groups() -> dict[str, str]:
    """Group of each Chinese firm of the default world, by id."""
    return {firm.id: _group(firm) for firm in load_world_file().firms if firm.bloc == "CN"}


def _group(firm: FirmEntry) -> str:
    if firm.state_owned or firm.hazard_floor != "other" or not firm.us_chips:
        return APART
    return OWN if firm.owns else PARTNER if firm.partner else WITHOUT


def _members(*names: str) -> tuple[str, ...]:
    return tuple(firm for firm, group in groups().items() if group in names)


def _kept(found: dict[str, Results], arm: str, other: str, *firms: str) -> Floats:
    """Change of the training compute of some firms together, ln; not defined before they have any."""
    change = log_ratio(found[arm].by_firm(TRAINING, *firms), found[other].by_firm(TRAINING, *firms))
    return np.where(np.isfinite(change), change, np.nan)


def _advantage(found: dict[str, Results], arm: str, other: str) -> Floats:
    """ln of what owners keep over what others of their legal class keep, weighted by size."""
    owners, rest = (_kept(found, arm, other, *_members(*names)) for names in ((OWN,), (PARTNER, WITHOUT)))
    return owners - rest


def _mean_advantage(found: dict[str, Results]) -> Floats:
    """The same at the horizon with every firm counted alike."""
    owners, rest = (
        np.mean([_kept(found, HISTORY, NONE, firm)[:, END] for firm in _members(*names)], axis=0)
        for names in ((OWN,), (PARTNER, WITHOUT))
    )
    return np.asarray(owners - rest)


def _capability(found: dict[str, Results]) -> Floats:
    """The same for capability: mean over firms, ln effective compute."""
    owners, rest = (
        np.mean([found[HISTORY].by_firm(CAPABILITY, firm)[:, END] - found[NONE].by_firm(CAPABILITY, firm)[:, END]
                 for firm in _members(*names)], axis=0)
        for names in ((OWN,), (PARTNER, WITHOUT))
    )  # fmt: skip
    return np.asarray(owners - rest)


def _losses(found: dict[str, Results], points: Integers) -> tuple[Number, ...]:
    """Change of training compute by group."""
    return tuple(
        median_of(f"change_{group.replace(' ', '_')}", f"change of training compute, {label}", "%",
                  _percent(_kept(found, HISTORY, NONE, *_members(group))[:, END]), points)
        for group, label in ((OWN, "owners of a chip maker"), (PARTNER, "firms with a chip partner"),
                             (WITHOUT, "firms without either"), (APART, "firms under another law"))
    )  # fmt: skip


def _table(found: dict[str, Results], points: Integers) -> Columns:
    """Change of compute by firm, and what integration changes about it."""
    table: Columns = {"firm": list(groups()), "group": list(groups().values())}
    changes, added = [], []
    for firm in groups():
        now = _percent(_kept(found, HISTORY, NONE, firm)[:, END])
        alone = _percent(_kept(found, ALONE, ALONE_NONE, firm)[:, END])
        changes.append(median_of(firm, firm, "%", now, points))
        added.append(median_of(firm, firm, "pp", now - alone, points))
    for column, values in (("compute_change_percent", changes), ("integration_adds_pp", added)):
        table |= {column: [one.value for one in values], f"{column}_low": [one.low for one in values],
                  f"{column}_high": [one.high for one in values]}  # fmt: skip
    return table


def _percent(change: Floats) -> Floats:
    return PERCENT * np.expm1(change)


def _notes(numbers: tuple[Number, ...], table: Columns) -> tuple[str, ...]:
    by_name = {one.name: one for one in numbers}
    worst = int(np.argmin(np.asarray(table["compute_change_percent"], dtype=np.float64)))
    barred = [firm.id for firm in load_world_file().firms if not firm.us_chips]
    return (
        f"Owners change by {by_name['change_own_chips'].text}, firms of their legal class without chips of their own "
        f"by {by_name['change_no_own_chips'].text}; partners by {by_name['change_partner'].text}.",
        f"Of all firms {table['firm'][worst]} loses most in the median world, "
        f"{-table['compute_change_percent'][worst]:.0f} % of its training compute"
        + (": it may buy Chinese chips only, which run short as others turn to them and memory is denied."
           if table["firm"][worst] in barred else "."),
    )  # fmt: skip
