"""Policies: sets of dated instruments, and the counterfactuals made from them (MODEL R1, section 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from abm.calendar import quarter_index, quarter_of, quarter_start
from abm.policy_check import check_timeline
from abm.policy_schema import NOTHING, Clause, EdaStep, Effect, Instrument, ServiceStep, ToolStep
from abm.policy_toml import PolicyError, read_instrument
from abm.scenario_values import nearest_of

DEFAULT_FOLDER = Path(__file__).parent / "data" / "policy"

STANDING_UNTIL = date(2022, 6, 30)
"""Last day of 2022Q2: what was known by then is the standing law of every arm (MODEL section 8)."""


@dataclass(frozen=True)
class Policy:
    """Instruments ordered by their first effect; every change returns a new policy."""

    instruments: tuple[Instrument, ...] = ()

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.instruments, key=lambda one: (one.effective, one.id)))
        object.__setattr__(self, "instruments", ordered)
        seen: set[str] = set()
        for one in ordered:
            if one.id in seen:
                raise PolicyError(f"instrument {one.id!r} occurs twice; give each its own id")
            seen.add(one.id)
        check_timeline(ordered)

    def __len__(self) -> int:
        return len(self.instruments)

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self.instruments)

    def __getitem__(self, name: str) -> Instrument:
        for one in self.instruments:
            if one.id == name:
                return one
        raise PolicyError(f"no instrument {name!r} in the policy{nearest_of(name, self.ids)}")

    @property
    def ids(self) -> tuple[str, ...]:
        """Names of the instruments in order."""
        return tuple(one.id for one in self.instruments)

    def only(self, predicate: Callable[[Instrument], bool]) -> Policy:
        """Keep the instruments for which the predicate is true."""
        return Policy(tuple(one for one in self.instruments if predicate(one)))

    def without(self, ids: str | Iterable[str]) -> Policy:
        """Drop instruments by id; an unknown id is an error."""
        dropped = {ids} if isinstance(ids, str) else set(ids)
        for name in sorted(dropped):
            self[name]
        return self.only(lambda one: one.id not in dropped)

    def with_instruments(self, *added: Instrument | Policy) -> Policy:
        """Add instruments; one with a known id replaces the old one. References of the added ones must resolve."""
        new: dict[str, Instrument] = {}
        for item in added:
            for one in item if isinstance(item, Policy) else (item,):
                new[one.id] = one
        merged = Policy((*(one for one in self.instruments if one.id not in new), *new.values()))
        for one in new.values():
            for name in (*one.supersedes, *((one.enforces,) if one.enforces else ())):
                merged[name]
        return merged

    @cached_property
    def superseded_by(self) -> dict[str, tuple[Instrument, ...]]:
        """For each instrument the later ones that replace its clauses."""
        found: dict[str, list[Instrument]] = {}
        for one in self.instruments:
            for name in one.supersedes:
                found.setdefault(name, []).append(one)
        return {name: tuple(ones) for name, ones in found.items()}

    @cached_property
    def turning_days(self) -> tuple[date, ...]:
        """Days on which the law in force may change."""
        days = {one.effective for one in self.instruments}
        for one in self.instruments:
            for effect in one.effects:
                days.add(effect.effective)
                if effect.end is not None:
                    days.add(effect.end)
        return tuple(sorted(days))

    def in_force(self, day: date) -> list[tuple[Instrument, Effect]]:
        """Effects that bind on the day, oldest first; clauses of superseded instruments are left out."""
        found: list[tuple[Instrument, Effect]] = []
        for one in self.instruments:
            if not one.binds:
                continue
            replaced = any(new.binds and new.replaces_from <= day for new in self.superseded_by.get(one.id, ()))
            found += [(one, effect) for effect in one.effects if effect.on(day) and not (replaced and _is_rule(effect))]
        return found

    def expected(self, day: date, leaks: bool = True) -> list[tuple[Instrument, Effect]]:
        """Effects that are known on the day, by leak or announcement, as if all of them were already in force.

        An instrument that does not bind (arm `none_threat`) is expected until the end of the quarter in which it was
        to take effect: after that nobody believes it.
        """
        found: list[tuple[Instrument, Effect]] = []
        for one in self.instruments:
            if not heard(one, day, leaks):
                continue
            later = (new for new in self.superseded_by.get(one.id, ()) if new.binds or not one.binds)
            replaced = any(heard(new, day, leaks) for new in later)
            for effect in one.effects:
                over = effect.end is not None and effect.end <= day
                lapsed = not one.binds and effect.effective < quarter_start(quarter_of(day))
                if not over and not lapsed and not (replaced and _is_rule(effect)):
                    found.append((one, effect))
        return found


def heard(instrument: Instrument, day: date, leaks: bool) -> bool:
    """Tell whether an instrument is known on the day: announced, or leaked if leaks count."""
    return (instrument.known if leaks else instrument.announced) <= day


def _is_rule(effect: Effect) -> bool:
    """Tell whether a successor replaces the effect: clauses are replaced, levels and listings add up."""
    return isinstance(effect, Clause)


def last_day(quarter: int) -> date:
    """Last day of a quarter; 0 is 2020Q1."""
    return quarter_start(quarter + 1) - timedelta(days=1)


def load_policy(paths: Path | str | Iterable[Path | str] | None = None) -> Policy:
    """Load instruments from TOML files or folders; without an argument the history of the data pack.

    Parameters
    ----------
    paths
        A file, a folder (all its *.toml), or several of either. References between instruments are checked as soon as a
        folder is among them; those of single files when they join a policy (`with_instruments`).

    Raises
    ------
    PolicyError
        One line: file, key, nearest valid name, cure.
    """
    if paths is None:
        paths = DEFAULT_FOLDER
    items = [paths] if isinstance(paths, str | Path) else list(paths)
    files: list[Path] = []
    for item in map(Path, items):
        if item.is_dir():
            found = sorted(item.glob("*.toml"))
            if not found:
                raise PolicyError(f"{item}: no *.toml in this folder")
            files += found
        else:
            files.append(item)
    policy = Policy(tuple(read_instrument(path) for path in files))
    if any(Path(item).is_dir() for item in items):
        check_references(policy)
    return policy


def check_references(policy: Policy) -> None:
    """Refuse `supersedes` and `enforces` that name no instrument of the policy."""
    for one in policy:
        for name in (*one.supersedes, *((one.enforces,) if one.enforces else ())):
            if name not in policy.ids:
                raise PolicyError(f"instrument {one.id!r} refers to unknown {name!r}{nearest_of(name, policy.ids)}")


def check_rows(policy: Policy, rows: Iterable[str]) -> None:
    """Refuse citations of rows that policy_timeline.csv does not have."""
    known = list(rows)
    for one in policy:
        for row in one.rows:
            if row not in known:
                cure = nearest_of(row, known[:8])
                raise PolicyError(f"instrument {one.id!r}: row {row!r} is not in policy_timeline.csv{cure}")


def is_standing(one: Instrument, policy: Policy) -> bool:
    """Tell whether an instrument belongs to every arm.

    So do facts known by 2022Q2, acts that only enforce such a rule, and China's baseline; a user's scenario does not,
    whatever its date.
    """
    if one.side == "china":
        return one.china_side == "baseline"
    if one.enforces is not None and one.enforces in policy.ids:
        return is_standing(policy[one.enforces], policy)
    return one.kind == "fact" and one.known <= STANDING_UNTIL


def none_0(policy: Policy) -> Policy:
    """Law of 2022Q2 for ever: no later rule, signal, allied step or Chinese reaction."""
    return policy.only(lambda one: is_standing(one, policy))


def none_threat(policy: Policy) -> Policy:
    """Keep announcements and leaks, drop effects; Chinese reactions drop as in `none_0`."""
    kept = policy.only(lambda one: one.side != "china" or one.china_side == "baseline")
    return Policy(tuple(one if is_standing(one, policy) else replace(one, binds=False) for one in kept))


_TOOL_EFFECTS = (ToolStep, ServiceStep, EdaStep)


def chips_only(policy: Policy) -> Policy:
    """Later controls on chips, memory, foundries and buyers, with China's answers; none on tools and software."""
    return _filtered(policy, lambda effect: not isinstance(effect, _TOOL_EFFECTS), lambda one: True)


def tools_only(policy: Policy) -> Policy:
    """Later controls on tools, service and design software; none on chips, and no Chinese answer to those."""
    return _filtered(policy, lambda effect: isinstance(effect, _TOOL_EFFECTS), lambda one: one.side != "china")


def _filtered(
    policy: Policy, keep_effect: Callable[[Effect], bool], keep_instrument: Callable[[Instrument], bool]
) -> Policy:
    kept = []
    for one in policy:
        if is_standing(one, policy):
            kept.append(one)
        elif keep_instrument(one) and (effects := tuple(filter(keep_effect, one.effects))):
            kept.append(replace(one, effects=effects))
    return Policy(tuple(kept))


def until(policy: Policy, last: date) -> Policy:
    """Drop what takes effect or ends after the day, so that its law stays for ever; standing instruments stay."""
    kept = []
    for one in policy:
        if is_standing(one, policy):
            kept.append(one)
            continue
        effects = tuple(
            replace(effect, end=None) if effect.end is not None and effect.end > last else effect
            for effect in one.effects
            if effect.effective <= last
        )
        if effects and one.effective <= last:
            kept.append(replace(one, effects=effects))
    return Policy(tuple(kept))


def script_until(policy: Policy, quarter: str = "2026Q3") -> Policy:
    """Follow the script to the quarter's last day, then freeze the law."""
    return until(policy, last_day(quarter_index(quarter)))


def frozen(policy: Policy, quarter: str = "2022Q4") -> Policy:
    """Rules of 2022Q4 for ever."""
    return script_until(policy, quarter)


def lifted(policy: Policy, quarter: str = "2027Q1") -> Policy:
    """From the first day of the quarter the legal state of `none_0`."""
    day = quarter_start(quarter_index(quarter))
    kept = []
    for one in policy:
        if is_standing(one, policy):
            kept.append(one)
            continue
        effects = tuple(
            replace(effect, end=day if effect.end is None else min(effect.end, day))
            for effect in one.effects
            if effect.effective < day
        )
        if effects and one.known < day:
            kept.append(replace(one, effects=effects))
    return Policy(tuple(kept))


def tight(
    policy: Policy,
    model: str = "us_2023_10_advanced_computing",
    first: str = "us_2022_10_advanced_computing",
) -> Policy:
    """Thresholds of October 2023 from October 2022 on, denied where history notified (no NAC).

    Enforcement (.95) is a parameter of the scenario, not of the law.
    """
    late, early = policy[model], policy[first]
    shift = min(clause.effective for clause in late.clauses) - min(clause.effective for clause in early.clauses)
    effects: list[Effect] = [
        replace(
            clause,
            effective=clause.effective - shift,
            status="denied" if clause.status == "nac" else clause.status,
            granted=NOTHING if clause.status == "nac" else clause.granted,
        )
        for clause in late.clauses
    ]
    rest = tuple(effect for effect in late.effects if not _is_rule(effect))
    strict = replace(
        late,
        id=f"{late.id}_tight",
        title=f"{late.title} (moved to {early.effective:%Y-%m}, no NAC)",
        effects=tuple(effects),
        effective=early.effective,
        announced=early.announced,
        leak_lead_months=early.leak_lead_months,
        kind="scenario",
        supersedes=(*late.supersedes, first),
    )
    kept = policy.without(model)
    return kept.with_instruments(strict, replace(late, effects=rest)) if rest else kept.with_instruments(strict)


def sliding(policy: Policy, quarter: str = "2022Q4") -> Policy:
    """Chip thresholds in the form of `tight` and none after the quarter; all else follows the script.

    What the thresholds are in TPP is up to the ratio of the scenario.
    """
    last = last_day(quarter_index(quarter))
    strict = tight(policy)
    return Policy(
        tuple(
            replace(one, effects=tuple(e for e in one.effects if not _is_rule(e) or e.effective <= last))
            for one in strict
            if is_standing(one, strict) or any(not _is_rule(e) or e.effective <= last for e in one.effects)
        )
    )
