"""Values of a scenario file: each reader returns the value or raises ValueError with what is wrong and the cure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

from abm.calendar import QUARTERS, quarter_index, quarter_label


def nearest_of(word: object, names: Iterable[str]) -> str:
    """End of a complaint about an unknown word: the name that is meant, or all names."""
    known = list(names)
    close = get_close_matches(str(word), known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; valid: {', '.join(known)}"


def text(value: Any) -> str:
    """A text that says something."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"must be a non-empty text, not {value!r}")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """Texts."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"must be a list of texts, not {value!r}")
    return tuple(value)


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {value!r}")
    return value


def number(value: Any) -> float:
    """A number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number, not {value!r}")
    return float(value)


def quarter(value: Any) -> str:
    """A quarter of the model, such as 2026Q3."""
    label = text(value)
    if not 0 <= quarter_index(label) < QUARTERS:
        raise ValueError(f"{label} lies outside {quarter_label(0)} to {quarter_label(QUARTERS - 1)}")
    return label


def choice(names: tuple[str, ...]) -> Callable[[Any], str]:
    """Reader of one of some names."""

    def read(value: Any) -> str:
        if value not in names:
            raise ValueError(f"{value!r} is unknown{nearest_of(value, names)}")
        return str(value)

    return read


def table(value: Any) -> dict[str, Any]:
    """Values by name."""
    if not isinstance(value, dict):
        raise ValueError("must be a table, [parameters]")
    return value
