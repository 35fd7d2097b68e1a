"""Exact conversions between units of one quantity: thousand to million, USD mn to USD bn, shares to percent."""

from __future__ import annotations

SCALES = {
    "thousand": 1e3, "k": 1e3, "million": 1e6, "mn": 1e6, "billion": 1e9, "bn": 1e9,
}  # fmt: skip
"""Words for powers of ten, before or after the thing counted."""
ALIKE = {
    "percent": ("share", 0.01), "per cent": ("share", 0.01), "%": ("share", 0.01), "share": ("share", 1.0),
    "fraction": ("share", 1.0), "months": ("months", 1.0), "quarters": ("months", 3.0), "years": ("months", 12.0),
}  # fmt: skip
"""Units that stand for a multiple of another one."""


def factor(unit: str, wanted: str) -> float | None:
    """What a number in one unit is multiplied by to be in another; None if they measure different things."""
    (base, size), (other, other_size) = _parts(unit), _parts(wanted)
    if base != other or not base:
        return None
    # powers of ten are divided the way round that keeps them whole, so that the product is the exact one
    return size / other_size if size >= other_size else 1.0 / (other_size / size)


def spellings(wanted: str) -> tuple[str, ...]:
    """Units that convert to one, as examples for a message."""
    base, _ = _parts(wanted)
    alike = [name for name, (one, _) in ALIKE.items() if one == base]
    if alike:
        return tuple(alike)
    if base in ("USD", "RMB"):
        return tuple(f"{base} {word}" for word in ("bn", "mn", "thousand"))
    return (base, f"thousand {base}", f"million {base}")


def _parts(unit: str) -> tuple[str, float]:
    """What is measured, and how much of it the unit is."""
    words = unit.split()
    if " ".join(words) in ALIKE:
        return ALIKE[" ".join(words)]
    size, rest = 1.0, []
    for word in words:
        if word in SCALES:
            size *= SCALES[word]
        else:
            rest.append(word)
    return " ".join(rest), size
