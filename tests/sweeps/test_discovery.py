"""PRIM and CART find boxes that were put there, and none where there is only chance."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.discovery import Cases, box_of, choose, discover, paste, peel, simplify
from experiments.trees import leaves

NAMES = ("a", "b", "c", "d")


def cases(inside, outside, points=1500, worlds=4, seed=3):
    """The regime comes out with chance `inside` where a > .6 and b < .4, else with chance `outside`."""
    generator = np.random.default_rng(seed)
    x = generator.random((points, 4))
    chance = np.where((x[:, 0] > 0.6) & (x[:, 1] < 0.4), inside, outside)
    hits = generator.binomial(worlds, chance).astype(float)
    return Cases(NAMES, x, hits, np.full(points, float(worlds)))


def limits(box):
    return {f"{name} {sign}": bound for name, sign, bound, _ in box.limits}


def test_a_box_that_is_there_is_found_with_its_bounds():
    given = cases(0.9, 0.03)
    found = discover(given, "made", "2028", boxes=1)
    box = found.boxes[0]
    assert set(limits(box)) == {"a >=", "b <="}
    assert limits(box)["a >="] == pytest.approx(0.6, abs=0.05)
    assert limits(box)["b <="] == pytest.approx(0.4, abs=0.05)
    assert box.density > 0.8
    assert box.coverage > 0.75
    assert np.nanmax(box.quasi_p) < 1e-6
    stable = found.stability
    assert stable.share["a >="] == stable.share["b <="] == 1.0
    assert stable.low["a >="] <= limits(box)["a >="] <= stable.high["a >="]
    assert stable.density > 0.8
    assert all(share < 0.5 for name, share in stable.share.items() if name[0] in "cd")


def test_coverage_density_and_mass_are_counted_in_worlds():
    given = Cases(("a",), np.array([[0.1], [0.5], [0.9]]), np.array([1.0, 2.0, 0.0]), np.array([2.0, 2.0, 1.0]))
    box = box_of(np.array([0.3]), np.array([np.inf]), given, given)
    assert (box.coverage, box.density, box.mass) == (2 / 3, 2 / 3, 3 / 5)


def test_where_there_is_only_chance_no_restriction_stands():
    given = cases(0.3, 0.3)
    box = simplify(choose(peel(given, given), 0.5), given, given)
    assert len(box.limits) <= 2
    honest = cases(0.3, 0.3, seed=4)
    again = box_of(box.low, box.high, honest, honest)
    assert again.density < 0.4


def test_peeling_never_lowers_density_and_keeps_the_least_mass():
    given = cases(0.9, 0.03)
    steps = peel(given, given)
    density = [one.density for one in steps]
    assert density == sorted(density)
    assert steps[0].coverage == steps[0].mass == 1.0
    assert steps[-1].mass >= 0.05


def test_pasting_gives_back_what_peeling_took_too_much():
    given = cases(1.0, 0.0)
    low, high = np.array([0.6, -np.inf, -np.inf, -np.inf]), np.array([np.inf, 0.2, np.inf, np.inf])
    tight = box_of(np.where(np.isfinite(low), 0.4, low), high, given, given)
    wide = paste(tight, given, given)
    assert wide.mass >= tight.mass
    assert wide.density >= tight.density


def test_a_density_that_is_asked_for_is_reached_if_it_can_be():
    given = cases(0.9, 0.1)
    steps = peel(given, given)
    assert choose(steps, 0.8).density >= 0.8
    assert choose(steps, 0.999) is max(steps, key=lambda one: one.density)


def test_parameters_of_few_values_are_peeled_by_whole_values():
    generator = np.random.default_rng(1)
    x = np.column_stack([generator.integers(0, 4, 800), generator.random(800)]).astype(float)
    given = Cases(("steps", "noise"), x, (x[:, 0] == 3).astype(float), np.ones(800))
    found = discover(given, "made", "2028", boxes=1).boxes[0]
    assert limits(found) == {"steps >=": 3.0}
    assert (found.coverage, found.density) == (1.0, 1.0)


def test_a_tree_finds_the_same_box():
    given = cases(0.9, 0.03)
    best = leaves(given)[0]
    assert limits(best)["a >="] == pytest.approx(0.6, abs=0.05)
    assert limits(best)["b <="] == pytest.approx(0.4, abs=0.05)
    assert best.density > 0.8
    again = leaves(given)[0]
    np.testing.assert_array_equal(best.low, again.low)


def test_two_boxes_are_found_one_after_the_other():
    generator = np.random.default_rng(8)
    x = generator.random((2000, 4))
    hits = ((x[:, 0] > 0.8) | ((x[:, 1] < 0.2) & (x[:, 0] < 0.6))).astype(float)
    found = discover(Cases(NAMES, x, hits, np.ones(2000)), "made", "2028", density=0.95, boxes=3).boxes
    assert len(found) >= 2
    assert sum(box.coverage for box in found) > 0.9
    assert sum(box.coverage for box in found) <= 1.0 + 1e-12
