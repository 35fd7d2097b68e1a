"""What is measured in one run, on paths whose answers are known by hand."""

from collections.abc import Iterator

import numpy as np
import pytest
from made_results import made

from abm.backfire import Comparison
from abm.outcomes import (
    FIRST_SIGNAL,
    OUTCOMES,
    PAST,
    capability_past,
    first_reach,
    lead_between,
    lead_months,
    log_ratio,
    outcome,
    present_value,
    share,
    total_since,
    year_sum,
)
from abm.results import ResultsError

T = np.arange(20.0)


def row(*values: float) -> np.ndarray:
    return np.asarray([values], dtype=float)


def test_lag_of_four_quarters_is_twelve_months() -> None:
    us_past, us = 0.5 * (np.arange(-8.0, 0.0)[None, :]), 0.5 * T[None, :]
    found = lead_months(us - 2.0, us, us_past - 2.0, us_past)
    assert found.months == pytest.approx(np.full((1, 20), 12.0))
    assert not found.censored.any()


def test_lead_of_china_is_negative() -> None:
    us = 0.5 * T[None, :]
    found = lead_months(us + 1.0, us, us[:, :8] - 3.0, us[:, :8] - 4.0)
    assert found.months == pytest.approx(np.full((1, 20), -6.0))


def test_blocs_at_the_same_level_have_no_lead() -> None:
    assert lead_months(T[None, :], T[None, :]).months == pytest.approx(np.zeros((1, 20)))


def test_level_before_the_history_is_a_flagged_bound() -> None:
    us = 0.5 * T[None, :]
    found = lead_months(us - 2.0, us)
    assert found.months[0, :6] == pytest.approx([0.0, 3.0, 6.0, 9.0, 12.0, 12.0])
    assert found.censored[0, :6].tolist() == [True, True, True, True, False, False]


def test_interpolates_between_quarters_and_takes_the_first_date_of_a_plateau() -> None:
    us, china = row(0.0, 4.0, 4.0, 4.0, 8.0), row(0.0, 0.0, 1.0, 4.0, 5.0)
    found = lead_months(china, us)
    assert found.months[0] == pytest.approx([0.0, 3.0, 5.25, 6.0, 2.25])  # 3 (2 - .25), 3 (3 - 1), 3 (4 - 3.25)


def test_a_fall_does_not_undo_what_was_reached() -> None:
    us, china = row(0.0, 2.0, 4.0, 4.0), row(0.0, 2.0, 1.0, 1.0)
    assert lead_months(china, us).months[0] == pytest.approx([0.0, 0.0, 3.0, 6.0])


def test_lead_does_not_depend_on_the_scale_of_capability() -> None:
    rng = np.random.Generator(np.random.PCG64(3))
    us, china = (np.cumsum(rng.uniform(0.0, 1.0, (5, 30)), axis=1) for _ in range(2))
    assert lead_months(0.45 * china, 0.45 * us).months == pytest.approx(lead_months(china, us).months)


def test_unknown_run_stays_unknown_and_spoils_no_other() -> None:
    us = np.stack([0.5 * T, np.full(20, np.nan)])
    found = lead_months(us - 1.0, us)
    assert found.months[0, 2:] == pytest.approx(np.full(18, 6.0))
    assert np.isnan(found.months[1]).all()
    assert not found.censored[1].any()


def test_paths_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(1, 19\)"):
        lead_months(T[None, 1:], T[None, :])


@pytest.mark.parametrize(("level", "position", "outside"), [(1.0, 0.0, True), (2.0, 0.0, False), (3.0, 0.5, False),
                                                           (6.0, 2.0, False), (7.0, 2.0, True)])  # fmt: skip
def test_first_reach(level: float, position: float, outside: bool) -> None:
    found, held = first_reach(row(2.0, 4.0, 6.0), np.asarray([level]))
    assert (found[0], held[0]) == (position, outside)


def test_history_is_best_compute_less_progress_to_come() -> None:
    us, china = capability_past("US", np.asarray([0.2, 0.3])), capability_past("CN", np.asarray([0.2]))
    assert us.shape == (2, -PAST)
    assert us[:, 0] == pytest.approx([50.29 - 12 * 0.2, 50.29 - 12 * 0.3])  # 2017Q1
    assert us[0, -1] == pytest.approx(51.85 - 0.2)  # 2019Q4
    assert china[0, 0] == pytest.approx(46.05 - 12 * 0.2)  # held before the first row, 2017Q4
    assert china[0, 5] == pytest.approx(46.05 + 1.1 * 2 / 4 - 7 * 0.2)  # 2018Q2, between 2017Q4 and 2018Q4


def test_lead_of_2020_reaches_into_the_history() -> None:
    """China's 49.61 of 2020Q1 lies between the US in 2019Q1 (50.43 - 4 x .25) and 2019Q2 (50.495 - 3 x .25)."""
    run = made(capability_cn=49.61 + 0.5 * np.arange(52), capability_us=52.975 + 0.5 * np.arange(52))
    below, above = 50.43 - 0.25 * 4, 50.495 - 0.25 * 3
    assert below < 49.61 < above
    quarters_ago = 4 - (49.61 - below) / (above - below)
    assert lead_between(run, run).months[0, 0] == pytest.approx(3 * quarters_ago)
    assert not lead_between(run, run).censored.any()


def test_cross_term_takes_each_path_from_its_own_arm() -> None:
    slow = made(capability_cn=52.0 + 0.5 * np.arange(52), capability_us=60.0 + 0.5 * np.arange(52))
    fast = made(capability_cn=54.0 + 0.5 * np.arange(52), capability_us=62.0 + 0.5 * np.arange(52))
    late = slice(30, None)
    assert lead_between(slow, fast).months[:, late] == pytest.approx(np.full((2, 22), 60.0))
    assert lead_between(fast, slow).months[:, late] == pytest.approx(np.full((2, 22), 36.0))


def test_present_value_discounts_from_2022q3() -> None:
    flow = np.ones((1, 20))
    value = present_value(flow)[0]
    assert FIRST_SIGNAL == 10
    assert value[:10].tolist() == [0.0] * 10
    assert value[10] == 1.0
    assert value[14] == pytest.approx(1 + 1.08**-0.25 + 1.08**-0.5 + 1.08**-0.75 + 1 / 1.08)


def test_sums_to_date() -> None:
    flow = np.arange(1.0, 13.0)[None, :]
    assert np.isnan(year_sum(flow)[0, :3]).all()
    assert year_sum(flow)[0, 3:6].tolist() == [10.0, 14.0, 18.0]
    assert total_since(flow)[0, 9:].tolist() == [0.0, 11.0, 23.0]
    assert np.isnan(total_since(np.full((1, 12), np.nan))).all()


def test_log_ratio_at_its_edges() -> None:
    a = np.asarray([2.0, 0.0, 0.0, 3.0, -1.0, np.nan])
    b = np.asarray([1.0, 0.0, 1.0, 0.0, 1.0, 1.0])
    found = log_ratio(a, b)
    assert found[:4].tolist() == [np.log(2.0), 0.0, -np.inf, np.inf]
    assert np.isnan(found[4:]).all()


def test_share_of_nothing_is_unknown() -> None:
    found = share(np.asarray([1.0, 0.0]), np.asarray([4.0, 0.0]))
    assert found[0] == 0.25
    assert np.isnan(found[1])


def test_self_reliance_of_a_year_weights_quarters_by_compute() -> None:
    run = made(quarters=4, domestic_compute_bought=[0, 0, 0, 30.0], compute_bought_cn=[10.0, 20.0, 40.0, 30.0])
    assert run["self_reliance"].values[0].tolist() == [0.0, 0.0, 0.0, 1.0]
    assert run["self_reliance_year"].values[0, 3] == pytest.approx(0.3)


def test_every_outcome_has_the_shape_of_a_series() -> None:
    run = made(runs=3, capability_cn=50.0, capability_us=51.0, compute_cn=1.0, compute_us=2.0, compute_world=4.0)
    for name in OUTCOMES:
        assert run[name].values.shape == (3, 52), name
    assert run["compute_ratio"].values[0, 0] == 2.0
    assert run["compute_share_cn"].values[0, 0] == 0.25
    assert run["capability_gap"].values[0, 0] == 1.0


def test_a_user_adds_an_outcome_in_three_lines() -> None:
    @outcome("USD bn", "twice the budget")
    def double_budget(run):  # type: ignore[no-untyped-def]
        return 2.0 * run.series("budget_cn")

    try:
        run = made(budget_cn=3.0)
        assert "double_budget" in run.names
        assert (run["double_budget"].values[0, 0], run["double_budget"].unit) == (6.0, "USD bn")
        outcome("USD bn", "the same, typed again")(double_budget)
        assert run["double_budget"].meaning == "the same, typed again"
        with pytest.raises(ValueError, match="outcome 'lead': the name is taken"):
            outcome("months", "not the shipped one")(renamed("lead"))
    finally:
        del OUTCOMES["double_budget"]


def renamed(name: str):  # type: ignore[no-untyped-def]
    def compute(run):  # type: ignore[no-untyped-def]
        return run.series("budget_cn")

    compute.__name__ = name
    return compute


@pytest.fixture
def _shipped_only() -> Iterator[None]:
    """Outcomes of a test are gone after it."""
    before = dict(OUTCOMES)
    yield
    OUTCOMES.clear()
    OUTCOMES.update(before)


@pytest.mark.usefixtures("_shipped_only")
def test_an_outcome_may_have_one_value_a_run_or_one_by_firm() -> None:
    @outcome("USD bn", dims=("run",))
    def largest_budget(run):  # type: ignore[no-untyped-def]
        """Largest budget of any quarter."""
        return run["budget_cn"].values.max(axis=1)

    @outcome("USD bn", "spending since 2020", dims=("run", "quarter", "firm"))
    def firm_total(run):  # type: ignore[no-untyped-def]
        return run["firm_spending"].values.cumsum(axis=1)

    run = made(budget_cn=3.0)
    once = run["largest_budget"]
    assert (once.dims, once.values.shape, once.meaning) == (("run",), (2,), "Largest budget of any quarter.")
    assert run["firm_total"].dims == ("run", "quarter", "firm")
    assert "largest_budget" not in run.to_frame().columns
    assert "firm_total" in run.to_frame(["firm_total"]).columns
    with pytest.raises(ResultsError, match="to_frame: largest_budget has the dimensions"):
        run.to_frame(["largest_budget"])


@pytest.mark.usefixtures("_shipped_only")
@pytest.mark.parametrize(
    ("gives", "says"),
    [
        (
            lambda run: run.series("budget_cn"),
            r"outcome 'wrong': gives an array of shape \(2, 52\), \(run 2\) expected",
        ),
        (lambda run: 1.0, r"gives an array of shape \(\), \(run 2\) expected"),
        (lambda run: None, r"gives an array of shape \(\), \(run 2\) expected"),
        (lambda run: ["a", "b"], "must give an array of numbers"),
        (lambda run: [[1.0], [1.0, 2.0]], "must give an array of numbers"),
    ],
)
def test_an_outcome_of_the_wrong_shape_is_refused_in_one_line(gives, says: str) -> None:  # type: ignore[no-untyped-def]
    gives.__name__ = "wrong"
    outcome("any", "wrong", dims=("run",))(gives)
    with pytest.raises(ResultsError, match=says) as refused:
        made(budget_cn=3.0)["wrong"]
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"unit": "months"}, "say what it measures"),
        ({"unit": "", "meaning": "x"}, "say what it measures"),
        ({"unit": "months", "meaning": "x", "dims": ("quarter", "run")}, "dims must be the run, then any of quarter"),
        ({"unit": "months", "meaning": "x", "dims": ("run", "offer")}, "dims must be the run, then any of quarter"),
        ({"unit": "months", "meaning": "x", "dims": "run"}, "dims must be the run, then any of quarter"),
    ],
)
def test_an_outcome_that_does_not_say_what_it_is_is_refused(given, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=f"outcome 'mine': {says}"):
        outcome(**given)(renamed("mine"))
    assert "mine" not in OUTCOMES


@pytest.mark.usefixtures("_shipped_only")
def test_an_outcome_of_a_user_is_an_effect_of_a_comparison() -> None:
    @outcome("USD bn", "twice the budget")
    def double_budget(run):  # type: ignore[no-untyped-def]
        return 2.0 * run.series("budget_cn")

    pair = Comparison(made(budget_cn=3.0), made(budget_cn=2.0))
    effect = pair.effects(2028)["double_budget"]
    assert (effect.unit, effect.spread.median, effect.controls[0], effect.counterfactual[0]) == (
        "USD bn",
        2.0,
        6.0,
        4.0,
    )
    assert "compute_ratio" not in pair.effects(2028)
