"""Phase diagrams and waves on made sweeps: where points gather, when waves end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import pytest
from made import small

from abm.parameter_index import PARAMETERS
from abm.regimes import NAMES
from experiments.adaptive import adaptive
from experiments.analysis import EFFECT, AnalysisError, Output
from experiments.design import Factor
from experiments.phase import Cell, phase_diagram, pick

LEAD = Output("lead", EFFECT, "2028")
FACTORS = tuple(Factor(PARAMETERS[name], levels=5) for name in ("enforcement", "learning_rate"))


@dataclass
class MadeDriver:
    """Regimes on two sides of a line, by enforcement alone; near the line chance decides."""

    border: float = 0.6
    designs: list = field(default_factory=list)

    def table(self, design, name="sweep"):
        self.designs.append((name, design))
        place = design.values(np.arange(design.points))["enforcement"]
        p = PARAMETERS["enforcement"]
        unit = np.repeat((place - p.low) / (p.high - p.low), design.replications)
        parity = np.arange(unit.size) % 2
        codes = np.where(np.abs(unit - self.border) < 0.01, parity, unit > self.border)
        return SimpleNamespace(
            regimes=lambda horizon: codes.astype(np.int64), output=lambda output: unit - self.border, hash=name,
            status=np.zeros((unit.size, 2)), point=np.arange(unit.size) // design.replications,
        )  # fmt: skip


def grid(**more):
    return small(sampler="grid", factors=FACTORS, replications=4, **more)


def test_points_gather_at_the_border():
    driver = MadeDriver()
    found = phase_diagram(grid(), driver, *FACTORS, "2028", rounds=3)
    assert found.rounds[0] == 25
    assert [name for name, _ in driver.designs] == ["round_0", "round_1", "round_2", "round_3"]
    assert len({design.seed for _, design in driver.designs}) == 4
    unit = found.place[:, 0] / (4 * 8)
    fine = found.place[np.any(found.place % 8 > 0, axis=1)]
    assert np.all(np.abs(fine[:, 0] / 32 - 0.6) <= 0.25 + 1e-9)
    assert np.array_equal(found.regime, (unit > 0.6).astype(int))
    assert np.min(np.abs(unit - 0.6)) < 0.25 / 8


def test_cells_cover_the_plane_once():
    found = phase_diagram(grid(), MadeDriver(), *FACTORS, "2028", rounds=2)
    assert sum(cell.width**2 for cell in found.cells) == (4 * 4) ** 2
    corners = {tuple(place) for place in found.place.tolist()}
    assert all(corner in corners for cell in found.cells for corner in cell.corners)
    assert Cell((0, 0), 4).quarters()[3] == Cell((2, 2), 2)


def test_a_point_whose_worlds_split_evenly_is_bistable():
    found = phase_diagram(grid(), MadeDriver(border=0.5), *FACTORS, "2028", rounds=1)
    on_line = found.place[:, 0] == 4
    assert found.bistable[on_line].all()
    assert not found.bistable[~on_line].any()
    row = next(row for row in found.rows() if row["bistable"])
    assert row["second_share"] == 0.5
    assert row["regime"] in NAMES[:2]


def test_where_others_are_drawn_each_world_has_its_own_draw():
    driver = MadeDriver()
    found = phase_diagram(grid(others="prior"), driver, *FACTORS, "2028", rounds=0)
    ((_, design),) = driver.designs
    assert (design.points, design.replications) == (100, 1)
    assert found.worlds.tolist() == [4] * 25


def test_a_parameter_that_the_study_does_not_vary_is_named():
    with pytest.raises(AnalysisError, match=r"varies no 'enforcment'.*'enforcement'"):
        pick(grid(), "enforcment", 0)
    assert pick(grid(), None, 1).name == "learning_rate"


class Waves:
    """Effects with a known spread."""

    def __init__(self):
        self.designs = []

    def table(self, design, name="sweep"):
        self.designs.append(design)
        worlds = design.points * design.replications
        effect = np.random.default_rng(design.seed).normal(2.0, 4.0, worlds)
        effect[0] = np.nan
        return SimpleNamespace(output=lambda output: effect, point=np.arange(worlds) // design.replications)


def test_waves_end_when_the_effect_is_exact_enough():
    driver = Waves()
    found = adaptive(small(64, 1), driver, LEAD, 0.25)
    assert found.reached
    assert [wave.points for wave in found.waves] == [64 * 2**k for k in range(len(found.waves))]
    assert all(wave.half_width > 0.25 for wave in found.waves[:-1])
    # 1.645 x 4 / sqrt(n) = .25 at n = 693
    assert found.waves[-1].points == 1024
    assert found.waves[-1].failed == len(found.waves)
    assert found.waves[-1].low < 2.0 < found.waves[-1].high


def test_waves_go_on_in_the_sequence_with_new_chance():
    driver, design = Waves(), small(16, 1)
    adaptive(design, driver, LEAD, 1e-6, most=64)
    assert [one.points for one in driver.designs] == [16, 16, 32]
    whole = replace(design, asked=64).values(np.arange(64))["enforcement"]
    joined = np.concatenate([one.table["enforcement"] for one in driver.designs])
    np.testing.assert_array_equal(joined, whole)
    assert len({one.seed for one in driver.designs}) == 3


def test_waves_refuse_what_cannot_go_on():
    with pytest.raises(AnalysisError, match="sampler 'sobol', 'prior' or 'posterior', not 'lhs'"):
        adaptive(small(sampler="lhs"), Waves(), LEAD, 1.0)
    with pytest.raises(AnalysisError, match="must be above 0"):
        adaptive(small(), Waves(), LEAD, 0.0)
