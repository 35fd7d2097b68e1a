"""How effects are written in tables for people."""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1, isfinite, isnan


@dataclass(frozen=True)
class Line:
    """One line of a table of effects: which effect, how it is called, whether it is a log ratio, decimals."""

    effect: str
    label: str
    ratio: bool = False
    digits: int = 1


def percent(ratio: float) -> float:
    """A log ratio as a change in percent."""
    return 100 * expm1(ratio) if ratio < 50 else float("inf")


def signed(number: float, digits: int) -> str:
    """Number with its sign and a true minus; nothing that rounds to zero is negative."""
    if not isfinite(number):
        return "all" if number > 0 else "none"
    text = f"{number:+,.{digits}f}"
    return text.lstrip("+-") if not float(text.replace(",", "")) else text.replace("-", "\u2212")


def cell_of(value: float, line: Line) -> str:
    """One number in a table."""
    number = percent(value) if line.ratio else value
    if isnan(number):
        return "no value"
    return signed(number, line.digits if abs(number) < 20 else 0)
