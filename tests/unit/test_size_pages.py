"""The pages on convergence and on networks say what their measures hold."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import abm
from abm.intervals import spread
from experiments.convergence import OUTCOMES, VARIANTS, Convergence, demonstrations, draw
from experiments.networks import HORIZONS, NullEffect

DOCS = Path(abm.__file__).parents[1] / "docs"
SIZES = (16, 64, 256)


def page(name):
    """The script of a page as a module."""
    spec = importlib.util.spec_from_file_location(f"{name}_page", DOCS / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def settling(step=2.0):
    """Effects that move by `step` from 16 to 64 firms and by half of it from 64 to 256; two drawn worlds, six pairs."""
    levels = {16: 0.0, 64: step, 256: 1.5 * step}
    shifts = np.array([[0.0], [0.5]]) + np.arange(6)[None, :]
    values = {
        (variant, name, size): levels[size] + shifts if name != "regime" else np.full((2, 6), float(size > 16))
        for variant in VARIANTS
        for name in OUTCOMES
        for size in SIZES
    }
    return Convergence(SIZES, values, np.arange(6) // 2, dict.fromkeys(SIZES, (0.5, 0.6)))


def test_steps_are_measured_in_the_same_pairs():
    found = settling()
    variant = next(iter(VARIANTS))
    gap = found.gap(variant, "lead", 16, 64)
    assert (gap.mean[0], gap.low[0], gap.high[0]) == pytest.approx((2.0, 2.0, 2.0))
    assert found.between(variant, "lead", 64) == pytest.approx(np.std([0.0, 0.5], ddof=1))
    assert found.moved(variant, 16, 256) == 1.0
    assert found.moved(variant, 64, 256) == 0.0


def test_a_smaller_last_step_counts_as_convergence_and_a_larger_one_does_not():
    assert [one.shown for one in demonstrations(settling())] == [True, True]
    found = settling()
    away = {key: -values if key[2] == 16 else 3.0 * values for key, values in found.values.items()}
    assert not any(one.shown for one in demonstrations(Convergence((64, 256), away, found.points, found.top))), (
        "with one step there is nothing to compare"
    )


def test_the_page_on_convergence_has_every_number(tmp_path):
    found = settling()
    text = "\n".join(page("convergence").lines(found))
    assert "| all mechanisms | 64 | 4.75 | +2.00 | +2.00 to +2.00 | 0.35 |" in text
    assert "| 16 | 50 % | 60 % |" in text
    assert "| all mechanisms | 100 % | 0 % |" in text
    assert "Holds in 100 % of 6 pairs." in text
    draw(found, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 10_000


def test_the_page_on_networks_says_what_cannot_be_told_from_zero():
    def row(network, effect, horizon, low, high):
        ends = (0.1, 0.3) if network == "rewired" else (0.2, 0.2)
        unit = "months" if effect == "lead" else "pp"
        return NullEffect(network, effect, unit, horizon, spread(np.arange(5.0)), 0.2, low, high, ends, 0.25)

    found = [
        row(network, effect, horizon, *ends)
        for network, ends in (("default", (0.0, 0.0)), ("rewired", (-0.1, 0.5)), ("one_hub_tools", (0.1, 0.3)))
        for effect in ("lead", "self_reliance")
        for horizon in HORIZONS
    ]
    text = "\n".join(page("networks").lines(found))
    assert text.count("Not told from zero: `rewired`.") == 4
    assert "| `rewired` | 2.00 | 0.20 to 3.80 | +0.20 | -0.10 to +0.50 | +0.10 to +0.30 | 25 % |" in text
    assert "| `one_hub_tools` | 2.00 | 0.20 to 3.80 | +0.20 | +0.10 to +0.30 |  | 25 % |" in text
