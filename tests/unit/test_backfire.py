"""Paired effects, regimes and time to backfire on pairs made by hand."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from made_results import made

from abm.backfire import HEADLINES, HORIZONS, Comparison
from abm.outcomes import FIRST_SIGNAL
from abm.results import ResultsError, UnknownNameError

T = np.arange(52.0)
BASE: dict[str, Any] = {
    "capability_us": 60.0 + 0.5 * T,
    "capability_cn": 58.0 + 0.5 * T,
    "domestic_output": 10.0,
    "domestic_compute_bought": 10.0,
    "compute_bought_cn": 40.0,
    "us_vendor_revenue": 20.0,
    "us_vendor_revenue_china": 4.0,
    "us_vendor_profit": 8.0,
    "us_vendor_rd": 2.0,
    "us_frontier": 1.0,
}


def pair(runs: int = 2, failed: Any = None, replications: int = 1, **controls: Any) -> Comparison:
    """Counterfactual of BASE, where the lead is 12 months, against controls that differ in the series given."""
    without = made(runs, replications=replications, **BASE)
    return Comparison(made(runs, replications=replications, failed=failed, **(BASE | controls)), without)


def after(before: float, then: float, start: int = FIRST_SIGNAL) -> np.ndarray:
    return np.where(start <= T, then, before)


def test_arms_under_the_same_rules_have_no_effect() -> None:
    same = pair()
    effects = same.effects(2028)
    for name in effects:
        known = effects[name].values[~np.isnan(effects[name].values)]
        assert np.all(known == 0.0), name
    assert same.regimes(2028)["neutral"].probability == 1.0
    assert all(found.median is None and found.probability == 0.0 for found in same.time_to_backfire().values())


def test_change_of_the_lead_splits_into_china_slowed_and_us_changed() -> None:
    """China 1 lower is 2 quarters later, the US .5 lower is 1 quarter: 12 + 6 - 3 = 15 months."""
    both = pair(capability_cn=57.0 + 0.5 * T, capability_us=59.5 + 0.5 * T)
    effects = both.effects("2030Q2")
    assert effects.horizon == "2030Q2"
    assert effects["lead"].controls == pytest.approx([15.0, 15.0])
    assert effects["lead"].counterfactual == pytest.approx([12.0, 12.0])
    assert effects["lead"].values == pytest.approx([3.0, 3.0])
    assert effects["lead_china_slowed"].values == pytest.approx([6.0, 6.0])
    assert effects["lead_us_changed"].values == pytest.approx([-3.0, -3.0])
    assert effects["capability_cn"].values == pytest.approx([-1.0, -1.0])


def test_a_lead_from_before_the_history_is_a_bound() -> None:
    """Without algorithmic progress the US of 2017Q1 (50.29) stood above China until 2019Q4 (49.05)."""
    early = pair(capability_cn=30.0 + 0.0 * T)
    still = early.controls.parameters | {"algorithmic_progress": np.zeros(2)}
    early = Comparison(dataclasses.replace(early.controls, parameters=still), early.counterfactual)
    effect = early.effects(2026)["lead"]
    assert effect.controls is not None
    assert effect.controls == pytest.approx([3 * (27 + 12)] * 2)
    assert effect.censored is not None
    assert effect.censored.all()
    assert early.summary([2026])[0].censored == 2
    assert early.controls["lead_censored"].values[:, 27].tolist() == [1.0, 1.0]


def test_output_compares_the_last_four_quarters_and_the_sum() -> None:
    doubled = pair(domestic_output=after(10.0, 20.0, 34))  # doubled from 2028Q3: half of the year to 2028Q4
    effects = doubled.effects(2028)
    assert effects["domestic_output"].values == pytest.approx(np.log([60 / 40] * 2))
    before = 10 * (36 - FIRST_SIGNAL)
    assert effects["domestic_output_total"].values == pytest.approx(np.log([(before + 20) / before] * 2))
    assert doubled.effects(2029)["domestic_output"].values == pytest.approx(np.log([2.0] * 2))


def test_self_reliance_splits_into_denial_and_inducement() -> None:
    """Imports fall from 30 to 10, domestic chips rise from 10 to 15: 25 % to 50 % by denial, to 60 % by inducement."""
    effects = pair(domestic_compute_bought=15.0, compute_bought_cn=25.0).effects(2026)
    assert effects["self_reliance"].values == pytest.approx([35.0, 35.0])
    assert effects["self_reliance"].counterfactual == pytest.approx([25.0, 25.0])
    assert effects["self_reliance_denial"].values == pytest.approx([25.0, 25.0])
    assert effects["self_reliance_inducement"].values == pytest.approx([10.0, 10.0])


def test_vendors_lose_in_present_value() -> None:
    effects = pair(us_vendor_revenue=18.0, us_vendor_revenue_china=1.0, us_vendor_profit=7.0).effects(2026)
    assert effects["us_revenue"].values == pytest.approx(np.log([0.9, 0.9]))
    assert effects["us_revenue_china"].values == pytest.approx(np.log([0.25, 0.25]))
    weights = sum(1.08 ** -(k / 4) for k in range(28 - FIRST_SIGNAL))
    assert effects["us_profit"].values == pytest.approx([-weights, -weights])
    assert effects["us_research"].values == pytest.approx([0.0, 0.0])


def test_half_domestic_comes_earlier() -> None:
    """Full from step 20: the year to step 21 is half domestic.  The other arm, from step 30, passes at 31."""
    controls = made(2, **(BASE | {"domestic_compute_bought": after(0.0, 40.0, 20)}))
    without = made(2, **(BASE | {"domestic_compute_bought": after(0.0, 40.0, 30)}))
    effect = Comparison(controls, without).effects(2032)["half_domestic_earlier"]
    assert effect.values.tolist() == [10.0, 10.0]
    assert effect.censored is not None
    assert not effect.censored.any()
    never = Comparison(controls, made(2, **BASE)).effects(2032)["half_domestic_earlier"]
    assert never.values.tolist() == [48.0 - 21.0] * 2  # at least: the record ends
    assert never.censored is not None
    assert never.censored.all()


def test_regime_at_the_horizon() -> None:
    curbs: dict[str, Any] = {
        "capability_cn": after(0.0, 0.5, 40) + BASE["capability_cn"],  # the lead shrinks by 3 months from 2030
        "domestic_output": after(10.0, 20.0, 20),
        "us_vendor_revenue": 18.0,
    }
    backfired = pair(**curbs)
    early, late = backfired.regimes(2026), backfired.regimes(2032)
    assert early["decoupled for nothing"].probability == 1.0
    assert late["full backfire"].probability == 1.0
    assert (late.horizon, late.runs, late.failed) == ("2032Q4", 2, 0)
    assert "leverage was not measured" in late.decoupling_rests_on
    with pytest.raises(UnknownNameError, match="full backfire"):
        late["full backfires"]


def test_time_to_backfire_is_the_first_quarter_that_stays_outside() -> None:
    """One quarter of low output does not reset the four-quarter sum; the lead falls from 2030Q1 on in run 0 alone."""
    cn = np.stack([BASE["capability_cn"] + after(0.0, 0.5, 40), BASE["capability_cn"]])
    found = pair(capability_cn=cn, domestic_output=after(10.0, 20.0, 20)).time_to_backfire()
    assert found["lead"].waiting.quarter.tolist() == [40.0, 48.0]
    assert found["lead"].waiting.observed.tolist() == [True, False]
    assert (found["lead"].median, found["lead"].probability) == ("2030Q1", 0.5)
    assert found["domestic_output"].waiting.quarter.tolist() == [21.0, 21.0]  # ln 50/40 < .25 < ln 60/40
    assert found["us_revenue"].median is None


def test_wider_bands_turn_a_regime_into_neutral() -> None:
    runs = pair(us_vendor_revenue=np.asarray([[20.0 * np.exp(-0.02)], [20.0 * np.exp(-0.05)]]))
    found = runs.reclassification("2030")
    assert found.factors == (0.5, 1.0, 2.0)
    assert found.changed.tolist() == [0.5, 0.0, 0.5]
    costly, neutral = found.names.index("costly, no effect"), found.names.index("neutral")
    assert found.moves[0][neutral, costly] == 1
    assert found.moves[2][costly, neutral] == 1
    assert found.moves.sum(axis=(1, 2)).tolist() == [2, 2, 2]
    assert [table.bands for table in found.tables] == [0.5, 1.0, 2.0]


def test_a_failed_run_leaves_both_arms_and_is_counted() -> None:
    revenue = np.asarray([[18.0], [1.0], [18.0]])
    found = pair(3, failed={1: (30, 0)}, us_vendor_revenue=revenue)
    assert found.failed == 1
    effect = found.effects(2026)["us_revenue"]
    assert np.isnan(effect.values).tolist() == [False, True, False]
    assert np.isnan(effect.counterfactual[1])  # type: ignore[index]
    table = found.regimes(2026)
    assert (table.runs, table.failed, table.codes[1]) == (2, 1, -1)
    assert sum(row.probability for row in table.rows) == pytest.approx(1.0)
    summary = {line.effect: line for line in found.summary([2026])}
    assert (summary["us_revenue"].n, summary["us_revenue"].failed) == (2, 1)
    assert summary["us_revenue"].median == pytest.approx(np.log(0.9))
    assert found.reclassification(2026).moves.sum(axis=(1, 2)).tolist() == [2, 2, 2]
    assert found.time_to_backfire()["us_revenue"].waiting.n == 2


def test_all_runs_failed_is_no_crash() -> None:
    found = pair(2, failed={0: (3, 1), 1: (4, 2)})
    assert found.regimes(2026).runs == 0
    assert np.isnan(found.summary([2026])[0].median)
    assert np.isnan(found.reclassification(2026).changed).all()
    assert found.time_to_backfire()["lead"].median is None


def test_points_with_several_replications_count_as_points() -> None:
    revenue = np.repeat([18.0, 20.0], 4)[:, None]
    found = pair(8, replications=4, us_vendor_revenue=revenue)
    drawn = {"beta": np.repeat([2.0, 3.0], 4)}
    nested = Comparison(dataclasses.replace(found.controls, parameters=found.controls.parameters | drawn),
                        found.counterfactual)  # fmt: skip
    assert (nested.regimes(2026).points, nested.regimes(2026).effective) == (2, pytest.approx(1.0))
    assert found.regimes(2026).points == 8  # every point has the same parameters: runs differ by chance alone


def test_summary_has_every_headline_at_every_horizon() -> None:
    lines = pair(us_vendor_revenue=18.0).summary()
    assert [(line.horizon, line.effect) for line in lines] == [(f"{h}Q4", name) for h in HORIZONS for name in HEADLINES]
    lead = lines[0]
    assert (lead.median, lead.controls, lead.counterfactual, lead.n, lead.unit) == (0.0, 12.0, 12.0, 2, "months")


@pytest.mark.parametrize(("horizon", "message"), [("2033", "2032Q4"), ("soon", "neither a year"), (2019, "outside")])
def test_bad_horizon_is_refused_in_one_line(horizon: Any, message: str) -> None:
    with pytest.raises(ResultsError, match=message):
        pair().effects(horizon)


def test_runs_that_are_no_pairs_are_refused() -> None:
    with pytest.raises(ResultsError, match="different worlds"):
        Comparison(made(2), made(3))
    with pytest.raises(ResultsError, match="quarters"):
        Comparison(made(2), made(2, quarters=20))
    with pytest.raises(ResultsError, match="seed"):
        Comparison(made(2), dataclasses.replace(made(2), seed=2))


def test_unknown_effect_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="'us_revenue'"):
        pair().effects(2026)["us_revenu"]


def test_saved_comparison_opens_again(tmp_path: Any) -> None:
    before = pair(us_vendor_revenue=18.0)
    after_ = Comparison.load(before.save(tmp_path / "pair"))
    assert after_.controls.record.tobytes() == before.controls.record.tobytes()
    assert after_.regimes(2026).rows == before.regimes(2026).rows
    assert sorted(path.name for path in (tmp_path / "pair").iterdir()) == ["controls", "counterfactual"]


def test_decomposition_of_self_reliance_at_a_horizon() -> None:
    """China bought 40, 10 of them at home. Denied 20 imports: 10 of 20 at home; the 10 more it made: 20 of 30."""
    found = pair(compute_bought_cn=after(40.0, 30.0), domestic_compute_bought=after(10.0, 20.0)).decompose(
        "self_reliance"
    )
    whole, denial, inducement = found.at(2028)
    assert [one.part for one in (whole, denial, inducement)] == ["whole", "denial", "inducement"]
    assert whole.mean == pytest.approx(100 * 20 / 30 - 25.0)
    assert denial.mean == pytest.approx(50.0 - 25.0)
    assert inducement.mean == pytest.approx(100 * 20 / 30 - 50.0)
    assert (whole.unit, whole.pairs.n, whole.points) == ("pp", 2, 2)
    assert found.at("2022Q2")[0].mean == 0.0


def test_parts_add_up_in_every_pair_and_quarter() -> None:
    generator = np.random.Generator(np.random.PCG64(5))
    home = generator.uniform(1.0, 9.0, size=(6, 52))
    found = pair(6, compute_bought_cn=home + generator.uniform(0.1, 30.0, size=(6, 52)), domestic_compute_bought=home)
    for name in ("self_reliance", "lead"):
        split = found.decompose(name)
        total = sum(part.values for part in split.parts.values())
        known = ~np.isnan(split.whole.values)
        assert np.allclose(total[known], split.whole.values[known], rtol=1e-9, atol=1e-9)
        means = split.by_quarter
        assert np.allclose(sum(means[part].mean for part in split.parts)[8:], means["whole"].mean[8:])
    with pytest.raises(UnknownNameError, match="'self_relianse'; nearest valid name: 'self_reliance'"):
        found.decompose("self_relianse")


def test_time_to_backfire_is_a_survival_curve_by_dimension() -> None:
    """Two pairs whose output doubles from 2024Q1 on, two where it never moves."""
    doubled = np.where((np.arange(4) < 2)[:, None] & (T >= 16), 40.0, 10.0)
    found = pair(4, domestic_output=doubled).time_to_backfire()
    output = found["domestic_output"]
    curve = output.survival
    assert output.quarters[0] == "2020Q1"
    assert curve.alive[-1] == 0.5
    begins = int(np.flatnonzero(curve.begun)[0])
    assert curve.begun[begins] == 2
    assert 16 <= begins <= 19  # a year's output passes the band some quarters after the jump
    assert output.surviving(2022)[0] == 1.0
    alive, low, high = output.surviving(2032)
    assert (alive, low, high) == (0.5, 0.0, 1.0)
    assert found["lead"].surviving(2032)[0] == 1.0
    assert np.isnan(pair(1, failed={0: (30, 0)}).time_to_backfire()["lead"].surviving(2030)[0])
