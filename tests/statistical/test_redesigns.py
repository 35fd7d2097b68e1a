"""Redesigns that nobody scripted: what vendors put on sale after the rules of October 2022 and October 2023 (MODEL R6).

N = 256 worlds, 128 parameter points drawn from the priors with 2 replications each, seed 1. A share of worlds holds if
the lower end of its 90 % interval (points resampled; exact binomial where all worlds agree: .98) reaches .90.
"""

from __future__ import annotations

import numpy as np
import pytest
from confidence import share_low

from abm.calendar import quarter_index, quarter_label
from abm.designs import redesigns, roadmap
from abm.scenario import Scenario

pytestmark = pytest.mark.slow
MOST = 0.90
HALF = 0.5
LINES = ("design_compliance_a", "design_compliance_b")
"""NVIDIA's two lines for China."""


@pytest.fixture(scope="module")
def menu(pack):
    """Designs of the menu that history opens, by id."""
    return {design.id: design for design in redesigns(pack, [Scenario.load("history").policy])}


@pytest.fixture(scope="module")
def shipping(pack):
    """What each die family sells outside China, by family: the first product of the family."""
    found = {}
    for design in sorted(roadmap(pack)["NVIDIA"], key=lambda one: one.available):
        found.setdefault(design.family, design)
    return found


def share_with(results, quarter, fits, lines=LINES):
    """Lower end of the interval of the share of worlds with a fitting design on one of the lines in a quarter."""
    t = quarter_index(quarter)
    on_sale = [results.design_on_sale(line)[:, t] for line in lines]
    found = np.array([any(fits(line[run]) for line in on_sale) for run in range(results.runs)])
    return share_low(results, found)


def only_interconnect_cut(menu, shipping, family):
    """Whether a design is the family's chip with nothing cut but total I/O, to [400, 600) GB/s."""

    def fits(name):
        design = menu.get(str(name))
        if design is None or design.family != family:
            return False
        sold = shipping[family]
        uncut = (design.tpp_law, design.bf16, design.dram_bw) == (sold.tpp_law, sold.bf16, sold.dram_bw)
        return uncut and 400.0 <= design.total_io < 600.0

    return fits


@pytest.mark.parametrize(("line", "family", "first"), [
    ("design_compliance_a", "GA100", "2022Q4"),  # as the A800 of November 2022
    ("design_compliance_b", "GH100", "2023Q1"),  # as the H800 of March 2023
])  # fmt: skip
def test_after_october_2022_only_the_interconnect_is_cut(controls, menu, shipping, line, family, first):
    """From the quarter of the real product to the next rule: TPP and bandwidth as shipped, total I/O in [400, 600)."""
    fits = only_interconnect_cut(menu, shipping, family)
    for t in range(quarter_index(first), quarter_index("2023Q4")):
        assert share_with(controls, quarter_label(t), fits, (line,)) >= MOST


def test_ampere_comes_before_hopper(controls, menu, shipping):
    """In 2022Q4 most worlds have the first and no world has the second: fuses of a new chip take longer."""
    early = controls.design_on_sale("design_compliance_b")[:, quarter_index("2022Q4")]
    hopper = only_interconnect_cut(menu, shipping, "GH100")
    assert not any(hopper(name) for name in early)


def test_after_october_2023_compute_is_cut_and_bandwidth_is_not(controls, menu, pack):
    """As the H20: GH100 with TPP just under 2,400, bandwidth about 4.0 TB/s, I/O uncut; in 2024Q2 where the lag of a
    redesign is short, in 2024Q4 in nearly all worlds.
    """
    family = pack.die_families.one(die_family="GH100")

    def fits(name):
        design = menu.get(str(name))
        return (
            design is not None
            and design.family == "GH100"
            and 2300.0 < design.tpp_law < 2400.0
            and abs(design.dram_bw - 4.0) < 0.1
            and design.total_io == family["total_io_max_gbs"]
        )

    assert share_with(controls, "2024Q2", fits) >= HALF
    assert share_with(controls, "2024Q4", fits) >= MOST


def test_nothing_is_redesigned_before_the_first_rule_or_without_controls(controls, without):
    """No tolerance: no line for China before 2022Q4, none ever without controls."""
    for line in (*LINES, "design_amd"):
        assert (controls.series(line)[:, : quarter_index("2022Q4")] < 0.0).all()
        assert (without.series(line) < 0.0).all()
