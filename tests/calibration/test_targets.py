"""The file of targets: what it refuses, how tolerances and scales come about, what it leaves out."""

from __future__ import annotations

import numpy as np
import pytest

from abm.calendar import periods_of
from abm.operators import LAST_OBSERVED, OPERATORS, known_facts
from abm.scenario import Scenario
from abm.simulation import simulate
from experiments.calibration.fit import fit_from
from experiments.calibration.targets import FILE, NORMAL_90, TargetError, load_targets

TEXT = FILE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def targets():
    return load_targets()


def changed(tmp_path, *pairs):
    text = TEXT
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "targets.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[AMD_DCGPU_REV_Y]", "[AMD_DCGPU_REV_X]", "unknown series 'AMD_DCGPU_REV_X'; did you mean"),
        ('transform = "linear"\ntolerance = 4.0', 'transform = "lin"\ntolerance = 4.0', "unknown transform 'lin'"),
        ("tolerance = 4.0", "tolerance = 0.0", "'IDC_SHARE_DOM': key 'tolerance' must be above 0"),
        ("weight = 1.0", "weight = 1.5", "key 'weight' must lie above 0 and at most at 1"),
        ("floor = 8.0", "floor = -1.0", "key 'floor' must not be below 0"),
        ("floor = 8.0", "flor = 8.0", "unknown key 'flor'; did you mean 'floor'"),
        ('group = "AMD"\n', "", "'AMD_DCGPU_REV_Y': key 'group' is missing"),
        ('periods = ["2024"]', 'periods = ["2025"]', "'BAIDU_CAPEX': key 'periods': no fact in '2025'"),
        ("left_out]\n", 'left_out]\nIDC_UNITS = "x"\n', "'IDC_UNITS' is both a target and left out"),
        ('AMD_DCGPU_REV = "part', 'IDC_DOM_UNITS = "part', "neither a target nor left out"),
        ('"bandwidth_weight",', '"bandwith_weight",', "unknown parameter 'bandwith_weight'; did you mean"),
        ('"bandwidth_weight",', '"wait_value",', "key 'free' must name at least one parameter, and none twice"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path, old, new, told):
    if "neither" in told:
        old, new = 'AMD_DCGPU_REV = "part of AMD_DCGPU_REV_Y"\n', ""
    with pytest.raises(TargetError) as error:
        load_targets(changed(tmp_path, (old, new)))
    assert told in str(error.value)
    assert "targets.toml" in str(error.value)
    assert "\n" not in str(error.value)


def test_every_measured_series_is_a_target_or_left_out_with_a_reason(targets):
    told = {name for name in OPERATORS if known_facts(name)}
    assert told == set(targets.series) | set(targets.left_out)
    assert all(targets.left_out.values())


def test_no_fact_is_later_than_2024(targets):
    assert max(periods_of(one.period)[-1] for one in targets.targets) == LAST_OBSERVED
    assert max(periods_of(one.period)[-1] for one in targets.up_to("2023Q4").targets) < LAST_OBSERVED - 3
    assert targets.up_to("2023Q4").last_step < targets.last_step


def test_tolerances_are_half_of_a_90_percent_range(targets):
    by_name = {one.name: one for one in targets.targets}
    billing = by_name["NVDA_CHINA_REV_BILL 2022Q4"]
    assert billing.inside(0.954 * 1.199)
    assert not billing.inside(0.954 * 1.201)
    assert billing.inside(0.954 * 1.43, times=2.0)
    assert by_name["IDC_SHARE_DOM 2024"].inside(33.9)
    assert not by_name["IDC_SHARE_DOM 2024"].inside(34.1)
    # the source's own range is the wider one, and a floor comes on top
    ascend = by_name["ASCEND_UNITS 2023"]
    assert ascend.sd * NORMAL_90 == pytest.approx(np.log(200 / 50) / 2)
    flow = by_name["CN_NVDA_H100E_FLOW 2022Q3"]
    assert flow.sd * NORMAL_90 == pytest.approx(np.hypot(np.log(5.35 / 2.23) / 2, np.log1p(8.0 / 3.45)))


def test_what_is_not_there_counts_as_a_twentieth(targets):
    one = targets.targets[0]
    assert one.fit_scale(np.array([0.0]))[0] == pytest.approx(np.log(0.05 * one.observed))
    assert one.own_scale(one.fit_scale(np.array([1.5])))[0] == pytest.approx(1.5)


def test_statistics_are_those_of_the_operators(targets):
    results = simulate(Scenario.load("history"), runs=8, seed=3, replications=1)
    found = targets.measure(results)
    assert found.shape == (8, len(targets))
    place = targets.names.index("IDC_SHARE_DOM 2024")
    assert found[:, place] == pytest.approx(results.observe("IDC_SHARE_DOM").at("2024"))
    fit = fit_from(targets.targets, found)
    assert fit.rows[place].median == pytest.approx(np.median(found[:, place]))
    assert sum(inside for _, _, inside, _ in fit.by_group()) == fit.inside
    assert {row.target.name for row in fit.far} == {
        row.target.name for row in fit.rows if row.verdict.endswith("twice")
    }
