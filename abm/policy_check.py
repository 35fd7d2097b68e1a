"""Timelines that cannot be: effects that end before they start, rules that contradict or replace each other."""

from __future__ import annotations

from collections.abc import Sequence

from abm.policy_schema import Effect, GateStep, Instrument, Level, MandateStep
from abm.policy_toml import PolicyError


def check_timeline(instruments: Sequence[Instrument]) -> None:
    """Refuse what no date order can sort out.

    Raises
    ------
    PolicyError
        One line that names instrument, key and cure.
    """
    for one in instruments:
        for effect in one.effects:
            if effect.end is not None and effect.end < effect.effective:
                raise PolicyError(
                    f"instrument {one.id!r}: key 'end' ({effect.end}) lies before 'effective' ({effect.effective}); "
                    "move one of them"
                )
    _check_succession(instruments)
    _check_levels(instruments)


def _check_succession(instruments: Sequence[Instrument]) -> None:
    """No instrument replaces itself, and no two each other."""
    by_id = {one.id: one for one in instruments}
    for one in instruments:
        for name in one.supersedes:
            if name == one.id:
                raise PolicyError(f"instrument {one.id!r}: key 'supersedes' names itself; remove it")
            if name in by_id and one.id in by_id[name].supersedes:
                raise PolicyError(
                    f"instrument {one.id!r}: key 'supersedes' names {name!r}, which supersedes it in turn; "
                    "keep that of the later one"
                )


def _check_levels(instruments: Sequence[Instrument]) -> None:
    """Of gates and mandates the latest counts: two from one day must agree on a class of buyers."""
    found: dict[tuple[object, ...], tuple[str, Level]] = {}
    for one in instruments:
        for effect in one.effects:
            key, buyers, level = _level(effect)
            if level is None:
                continue
            for buyer in buyers:
                place = (key, buyer, effect.effective)
                other, theirs = found.setdefault(place, (one.id, level))
                if theirs != level:
                    raise PolicyError(
                        f"instrument {one.id!r}: key {key!r} for {buyer} buyers contradicts {other!r} of the same day "
                        f"({effect.effective}); change a date, or drop one of the two"
                    )


def _level(effect: Effect) -> tuple[str, tuple[str, ...], Level | None]:
    """Key, buyers and level of a gate or mandate; no level for other effects."""
    if isinstance(effect, GateStep):
        return "allowed", effect.buyers, effect.allowed
    if isinstance(effect, MandateStep):
        return "floor", effect.buyers, effect.floor
    return "", (), None
