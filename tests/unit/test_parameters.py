"""Parameters: the shipped table, strict reading, and draws that depend on seed, name and point alone."""

import csv
import math
import re
import statistics
import time
from pathlib import Path

import numpy as np
import pytest

from abm.parameters import (
    KINDS,
    PRIORS,
    Parameter,
    ParameterError,
    check_values,
    defaults,
    describe,
    draw,
    load_parameters,
    with_ranges,
)

MANY = 20_000
# With 20,000 draws the share below a true quantile has a standard error of at most .0035: four of them.
TOLERANCE = 4 * 0.5 / math.sqrt(MANY)
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)

TABLE = """
[yield_2024]
meaning = "Yield of large dies."
symbol = "y0"
unit = "share"
default = 0.25
low = 0.15
high = 0.5
prior = "triangular"
kind = "measured"
source = "observations.csv ASCEND_YIELD"
moved_by = "yields of 910B and 910C"
"""


# seed 2024, points 0 and 10^12
PINNED = {
    "price_sensitivity": ["0x1.d74cacd3f4cd8p+0", "0x1.6f7e172bb31b2p+1"],
    "diffusion": ["0x1.081a89fa22f6ap-4", "0x1.08437e5ef34f0p-4"],
    "wait_share": ["0x1.51f4418c8a608p-2", "0x1.6d6ac5676deaep-1"],
    "design_growth": ["0x1.80c6240a7f4c8p-4", "0x1.246ea8a04629ap-4"],
    "planned_spending_ratio": ["0x1.147e4b41929a6p+0", "0x1.fb6a87e141303p-1"],
    "smic_wafers_2024": ["0x1.76bd21312cf4cp+4", "0x1.43d3ebd035ab2p+4"],
    "capacity_lag": ["0x1.0000000000000p+2", "0x1.8000000000000p+2"],
    "porting_own": ["0x1.7689929833ab5p-2", "0x1.3251290c47412p-1"],
}


def one(prior: str, low: float, default: float, high: float, name: str = "some_rate") -> Parameter:
    return Parameter(name, "x", "share", default, low, high, prior, "assumed", "judgement", "none", "A rate.")


def written(folder: Path, text: str) -> Path:
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return file


def sample(parameter: Parameter) -> np.ndarray:
    return draw({parameter.name: parameter}, seed=11, points=range(MANY))[parameter.name]


# --- the shipped table


def test_shipped_table_is_complete_in_its_own_words() -> None:
    parameters = load_parameters()
    assert next(iter(parameters)) == "interconnect_weight"
    assert len(parameters) == 197
    assert {p.kind for p in parameters.values()} == set(KINDS)
    assert {p.prior for p in parameters.values()} == set(PRIORS)
    assert all(name == p.name and name.isidentifier() for name, p in parameters.items())


@pytest.mark.parametrize(
    ("name", "low", "default", "high", "prior", "kind"),
    [
        ("price_sensitivity", 1.5, 2.8, 4.5, "uniform", "estimated"),
        ("china_share", 0.09, 0.14, 0.22, "uniform", "scenario"),
        ("wait_share", 0.2, 0.55, 0.9, "beta22", "estimated"),
        ("design_growth", 0.06, 0.10, 0.13, "normal", "measured"),
        ("smic_wafers_2024", 8, 15, 30, "triangular", "measured"),
        ("planned_spending_ratio", 0.7, 1, 1.5, "lognormal", "estimated"),
        ("capacity_lag", 3, 4, 6, "discrete", "measured"),
        ("diffusion", 0.04, 0.12, 0.3, "loguniform", "estimated"),
    ],
)
def test_shipped_values(name: str, low: float, default: float, high: float, prior: str, kind: str) -> None:
    p = load_parameters()[name]
    assert (p.low, p.default, p.high, p.prior, p.kind) == (low, default, high, prior, kind)


def test_floors_of_the_hazard_follow_from_yearly_rates() -> None:
    parameters = load_parameters()
    for name, yearly in (("hazard_floor_listed", 0.6), ("hazard_floor_huawei", 0.9)):
        assert parameters[name].default == pytest.approx(1 - (1 - yearly) ** 0.25, abs=0.005)


def test_diverted_dies_are_the_bank_over_seven_quarters() -> None:
    p = load_parameters()["diverted_dies"]
    assert [7 * p.low, 7 * p.default, 7 * p.high] == pytest.approx([2000, 2450, 2900], rel=0.005)


def test_cited_files_and_series_exist() -> None:
    """A source names a file of the data pack by its name, and a series by an id that the pack holds."""
    folder = Path(__file__).parents[2] / "abm" / "data"
    known: set[str] = set()
    for column, file in (("series_id", "observations.csv"), ("input_id", "input_prices.csv"), ("firm_id", "firms.csv")):
        with (folder / file).open(encoding="utf-8", newline="") as rows:
            known |= {row[column] for row in csv.DictReader(rows)}
    known |= {"ENTITY_LISTED", "CN_SHARED", "CN_OTHER", "CN_DOMESTIC", "US"}  # entities of the other tables
    for p in load_parameters().values():
        text = f"{p.source} {p.moved_by}"
        for file in re.findall(r"\w+\.csv", text):
            assert (folder / file).exists(), f"{p.name}: no file {file}"
        for word in re.findall(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9](?!\w|\*|_)", text):
            assert word in known, f"{p.name}: no row {word}"


def test_describe_has_a_row_per_parameter_in_file_order() -> None:
    parameters = load_parameters()
    rows = describe(parameters)
    assert [row["name"] for row in rows] == list(parameters)
    row = rows[list(parameters).index("yield_2024")]
    assert row["range"] == "0.15 to 0.5"
    assert row["unit"] == "good dies per candidate die"
    assert row["kind"] == "measured"
    assert all(all(row.values()) for row in rows)


# --- strict reading


def test_a_user_file_reads_like_the_shipped_one(tmp_path: Path) -> None:
    p = load_parameters(written(tmp_path, TABLE))["yield_2024"]
    assert (p.low, p.default, p.high, p.unit) == (0.15, 0.25, 0.5, "share")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('unit = "share"\n', "", r"'yield_2024': key 'unit' is missing"),
        ('unit = "share"', 'unit = " "', r"key 'unit' must be a non-empty text"),
        ('unit = "share"', 'unti = "share"', r"unknown key 'unti'; nearest valid key: 'unit'"),
        ("default = 0.25", "default = 0.6", r"key 'default': 0.6 lies outside its range \[0.15, 0.5\] share"),
        ("low = 0.15", "low = 0.7", r"key 'low': 0.7 is above 'high' 0.5"),
        ("low = 0.15", 'low = "0.15"', r"key 'low' must be a number"),
        ("high = 0.5", "high = true", r"key 'high' must be a number"),
        ("high = 0.5", "high = inf", r"key 'high' must be a finite number"),
        ('prior = "triangular"', 'prior = "triangle"', r"unknown prior 'triangle'; nearest valid prior: 'triangular'"),
        ('kind = "measured"', 'kind = "measurd"', r"unknown kind 'measurd'; nearest valid kind: 'measured'"),
        ('prior = "triangular"', 'prior = "discrete"', r"must be whole numbers for prior 'discrete'"),
        ('prior = "triangular"', 'prior = "dirichlet"', r"'group' and 'concentration'"),
        ('prior = "triangular"', 'prior = "triangular"\ngroup = "g"', r"'group' and 'concentration'"),
        ("low = 0.15", "low = 0.25\nhigh = 0.25", r"cannot be read as a parameter file"),
    ],
)
def test_a_bad_table_is_refused_in_one_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TABLE
    file = written(tmp_path, TABLE.replace(old, new))
    with pytest.raises(ParameterError, match=message) as caught:
        load_parameters(file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_value_at_top_level_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="parameter 'speed': must be a table with the keys symbol, unit"):
        load_parameters(written(tmp_path, "speed = 3\n"))
    with pytest.raises(ParameterError, match=r"nowhere\.toml: cannot be read"):
        load_parameters(tmp_path / "nowhere.toml")


def test_ranges_that_a_prior_cannot_take_are_refused(tmp_path: Path) -> None:
    loguniform = TABLE.replace("triangular", "loguniform").replace("low = 0.15", "low = 0")
    with pytest.raises(ParameterError, match="key 'low': 0 must be above 0 for prior 'loguniform'"):
        load_parameters(written(tmp_path, loguniform))
    point = TABLE.replace("low = 0.15", "low = 0.25").replace("high = 0.5", "high = 0.25")
    with pytest.raises(ParameterError, match="needs low < high; a single value has prior 'fixed'"):
        load_parameters(written(tmp_path, point))
    assert load_parameters(written(tmp_path, point.replace("triangular", "fixed")))["yield_2024"].low == 0.25


def test_shares_of_a_group_start_from_one(tmp_path: Path) -> None:
    share = TABLE.replace('"triangular"', '"dirichlet"\ngroup = "split"\nconcentration = 2')
    share = share.replace("low = 0.15", "low = 0").replace("high = 0.5", "high = 1")
    other = share.replace("[yield_2024]", "[rest]").replace("default = 0.25", "default = 0.7")
    with pytest.raises(ParameterError, match=r"group 'split': the defaults of .* sum to 0.95, not 1"):
        load_parameters(written(tmp_path, share + other))
    good = load_parameters(written(tmp_path, share + other.replace("0.7", "0.75")))
    assert (good["rest"].group, good["rest"].concentration) == ("split", 2)


# --- priors: quantiles of 20,000 draws against closed forms; the share below a quantile is right to TOLERANCE


def triangular_share(x: float, low: float, mode: float, high: float) -> float:
    if x <= mode:
        return (x - low) ** 2 / ((high - low) * (mode - low))
    return 1 - (high - x) ** 2 / ((high - low) * (high - mode))


def truncated_share(x: float, mean: float, low: float, high: float) -> float:
    normal = statistics.NormalDist(mean, (high - low) / 3.2897072539029444)
    return (normal.cdf(x) - normal.cdf(low)) / (normal.cdf(high) - normal.cdf(low))


def beta22_share(x: float, low: float, high: float) -> float:
    z = (x - low) / (high - low)
    return 3 * z**2 - 2 * z**3


@pytest.mark.parametrize(
    ("parameter", "share_below"),
    [
        (one("uniform", 2, 3, 6), lambda x: (x - 2) / 4),
        (one("loguniform", 0.005, 0.03, 0.10), lambda x: math.log(x / 0.005) / math.log(20)),
        (one("triangular", 8, 15, 30), lambda x: triangular_share(x, 8, 15, 30)),
        (one("triangular", 8, 8, 30), lambda x: triangular_share(x, 8, 8 - 1e-12, 30)),
        (one("normal", 0.06, 0.10, 0.13), lambda x: truncated_share(x, 0.10, 0.06, 0.13)),
        (one("lognormal", 0.7, 1, 1.5), lambda x: truncated_share(math.log(x), 0, math.log(0.7), math.log(1.5))),
        (one("beta22", 0.2, 0.55, 0.9), lambda x: beta22_share(x, 0.2, 0.9)),
    ],
    ids=lambda value: value.prior if isinstance(value, Parameter) else "",
)
def test_quantiles_of_each_prior(parameter: Parameter, share_below) -> None:  # type: ignore[no-untyped-def]
    values = sample(parameter)
    assert values.dtype == np.float64
    assert parameter.low <= values.min() < values.max() <= parameter.high
    for share in SHARES:
        assert share_below(float(np.quantile(values, share))) == pytest.approx(share, abs=TOLERANCE)


def test_discrete_values_are_whole_and_equally_likely() -> None:
    values, counts = np.unique(sample(one("discrete", 3, 4, 6)), return_counts=True)
    assert values.tolist() == [3, 4, 5, 6]
    assert counts / MANY == pytest.approx([0.25] * 4, abs=TOLERANCE)


def test_fixed_is_never_drawn_and_loguniform_stays_positive() -> None:
    assert set(sample(one("fixed", 0, 0.35, 1))) == {0.35}
    assert sample(one("loguniform", 1e-6, 1e-3, 1)).min() >= 1e-6


def test_porting_shares_are_dirichlet_2_2_1() -> None:
    drawn = draw(load_parameters(), seed=3, points=range(MANY))
    own, network, spill = drawn["porting_own"], drawn["porting_network"], drawn["porting_spill"]
    assert np.max(np.abs(own + network + spill - 1)) < 1e-14
    assert min(own.min(), network.min(), spill.min()) > 0
    # mean a/5; standard deviations .2 and .163, so four standard errors are .0057 and .0047
    assert [own.mean(), network.mean(), spill.mean()] == pytest.approx([0.4, 0.4, 0.2], abs=0.006)
    assert [own.var(), spill.var()] == pytest.approx([0.04, 0.16 / 6], rel=0.05)


def test_parameters_are_drawn_independently() -> None:
    drawn = draw(load_parameters(), seed=5, points=range(2000))
    free = [values for name, values in drawn.items() if np.ptp(values) > 0 and not name.startswith("porting_")]
    correlation = np.corrcoef(np.array(free))
    np.fill_diagonal(correlation, 0)
    # about 4,000 pairs of standard error .022: five of them are exceeded once in some 400 such tables
    assert np.abs(correlation).max() < 5 / math.sqrt(2000)


# --- a value depends on (seed, name, point) alone


def test_batches_and_order_of_points_change_no_bit() -> None:
    parameters = load_parameters()
    whole = draw(parameters, seed=1, points=range(1000))
    alone = draw(parameters, seed=1, points=[613])
    backwards = draw(parameters, seed=1, points=range(999, -1, -1))
    sevens = [draw(parameters, seed=1, points=np.arange(at, min(at + 7, 1000))) for at in range(0, 1000, 7)]
    for name, values in whole.items():
        assert values[613] == alone[name][0]
        assert np.array_equal(values, backwards[name][::-1])
        assert np.array_equal(values, np.concatenate([batch[name] for batch in sevens]))


def test_one_more_parameter_changes_no_other_draw() -> None:
    parameters = load_parameters()
    more = {"newcomer": one("uniform", 0, 0.5, 1, "newcomer"), **dict(reversed(parameters.items()))}
    before, after = draw(parameters, 9, range(200)), draw(more, 9, range(200))
    assert len(after) == len(before) + 1
    assert all(np.array_equal(before[name], after[name]) for name in parameters)


def test_name_and_seed_choose_the_stream() -> None:
    first, second = one("uniform", 0, 0.5, 1, "a"), one("uniform", 0, 0.5, 1, "b")
    drawn = draw({"a": first, "b": second}, 1, range(100))
    again = draw({"a": first}, 2, range(100))
    assert not np.any(drawn["a"] == drawn["b"])
    assert not np.any(drawn["a"] == again["a"])


def test_drawn_bits_stay_as_they_are() -> None:
    """A change here moves every result: say so in the changelog."""
    drawn = draw(load_parameters(), seed=2024, points=[0, 10**12])
    digits = {name: [float(x).hex() for x in drawn[name]] for name in PINNED}
    assert digits == PINNED


def test_two_thousand_points_take_under_a_second() -> None:
    parameters = load_parameters()
    start = time.process_time()
    draw(parameters, 1, range(2000))
    assert time.process_time() - start < 1


# --- values that a user chooses


def test_fixed_values_hold_and_leave_the_others_alone() -> None:
    parameters = load_parameters()
    free, held = draw(parameters, 4, range(50)), draw(parameters, 4, range(50), fixed={"china_share": 0.2})
    assert set(held["china_share"]) == {0.2}
    assert all(np.array_equal(free[name], held[name]) for name in parameters if name != "china_share")


def test_bad_values_are_refused() -> None:
    parameters = load_parameters()
    for fixed, message in (
        ({"learning_rat": 0.2}, "unknown parameter 'learning_rat'; nearest valid name: 'learning_rate'"),
        ({"learning_rate": 0.5}, r"'learning_rate': 0.5 lies outside its range \[0.05, 0.3\] share per doubling"),
        ({"learning_rate": math.nan}, "must be a finite number"),
        ({"learning_rate": "high"}, "'learning_rate': the value must be a number"),
        ({"redesign_lag": 1.5}, r"'redesign_lag': 1.5 must be a whole number in \[1, 3\] quarters"),
        ({"porting_own": 0.8, "porting_spill": 0.3}, r"group 'porting_split': .* sum to 1.1"),
        ({"porting_own": 0.5, "porting_spill": 0.1, "porting_network": 0.1}, r"sum to 0.7"),
    ):
        with pytest.raises(ParameterError, match=message):
            draw(parameters, 1, range(2), fixed=fixed)  # type: ignore[arg-type]
    assert draw(parameters, 1, [0], {"learning_rate": 0.5}, allow_outside=True)["learning_rate"][0] == 0.5
    assert check_values(parameters, {"learning_rate": 0.1}) == {"learning_rate": 0.1}


def test_bad_points_and_seeds_are_refused() -> None:
    parameters = load_parameters()
    for points in ([-1], [0.5], [[1, 2]], 3):
        with pytest.raises(ParameterError, match="points must be a row of whole numbers from 0"):
            draw(parameters, 1, points)  # type: ignore[arg-type]
    for seed in (-1, 1.5, True):
        with pytest.raises(ParameterError, match="seed must be a whole number from 0"):
            draw(parameters, seed, [0])  # type: ignore[arg-type]
    assert draw(parameters, 1, [])["diffusion"].shape == (0,)


def test_a_fixed_share_leaves_the_rest_to_its_group() -> None:
    drawn = draw(load_parameters(), 6, range(100), fixed={"porting_own": 0.7})
    assert drawn["porting_network"] + drawn["porting_spill"] == pytest.approx(np.full(100, 0.3))
    middle = defaults(load_parameters(), range(3), fixed={"porting_own": 0.7})
    assert middle["porting_network"] == pytest.approx([0.2] * 3)
    assert middle["porting_spill"] == pytest.approx([0.1] * 3)


def test_defaults_are_the_table() -> None:
    parameters = load_parameters()
    middle = defaults(parameters, range(4), fixed={"max_cover": 2})
    assert all(set(middle[name]) == {p.default} for name, p in parameters.items() if name != "max_cover")
    assert set(middle["max_cover"]) == {2.0}


def test_narrower_ranges() -> None:
    parameters = load_parameters()
    narrow = with_ranges(
        parameters, {"learning_rate": (0.1, 0.15), "diffusion": (0.05, 0.08, 0.1), "enforcement": (0.8, 0.8)}
    )
    assert (narrow["learning_rate"].low, narrow["learning_rate"].default) == (0.1, 0.15)
    assert narrow["diffusion"].default == 0.08
    assert (narrow["enforcement"].prior, narrow["enforcement"].default) == ("fixed", 0.8)
    assert parameters["learning_rate"].default == 0.2
    assert list(narrow) == list(parameters)
    drawn, before = draw(narrow, 2, range(500)), draw(parameters, 2, range(500))
    assert 0.1 <= drawn["learning_rate"].min() < drawn["learning_rate"].max() <= 0.15
    assert np.array_equal(drawn["attrition"], before["attrition"])


def test_ranges_that_do_not_narrow_are_refused() -> None:
    parameters = load_parameters()
    for ranges, message in (
        ({"learning_rate": (0.0, 0.2)}, r"\[0, 0.2\] must lie inside its range \[0.05, 0.3\]"),
        ({"learning_rate": (0.2, 0.1)}, "must lie inside its range"),
        ({"learning_rate": (0.1, 0.29, 0.2)}, "key 'default': 0.29 lies outside its range"),
        ({"learning_rate": 0.2}, r"takes \(low, high\)"),
        ({"porting_own": (0.1, 0.2)}, "is a share of group 'porting_split'"),
        ({"redesign_lag": (1, 2.5)}, "must be whole numbers"),
        ({"lerning_rate": (0.1, 0.2)}, "nearest valid name: 'learning_rate'"),
    ):
        with pytest.raises(ParameterError, match=message):
            with_ranges(parameters, ranges)  # type: ignore[arg-type]
