"""How sure a number is: quantiles, shares over parameter points, waiting times."""

import numpy as np
import pytest

from abm.intervals import cluster_means, cluster_shares, first_lasting, independent_groups, spread


def rng(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def test_spread_leaves_out_failed_runs_and_counts_the_rest() -> None:
    found = spread(np.asarray([np.nan, *range(101)]))
    assert (found.median, found.low, found.high) == pytest.approx((50.0, 5.0, 95.0))
    assert found.n == 101
    assert spread(np.full(3, np.nan)).n == 0
    assert np.isnan(spread(np.zeros(0)).median)


def test_spread_with_infinities_takes_sample_values() -> None:
    found = spread(np.asarray([-np.inf, 1.0, 2.0, np.inf, np.inf]))
    assert (found.median, found.low, found.high) == (2.0, -np.inf, np.inf)


def test_shares_of_runs() -> None:
    found = cluster_shares(np.asarray([0, 0, 1, 2]), np.asarray([7, 7, 8, 9]), 4)
    assert found.probability.tolist() == [0.5, 0.25, 0.25, 0.0]
    assert (found.runs, found.clusters, found.mixed) == (4, 3, 0)
    assert np.all(found.low <= found.probability)
    assert np.all(found.probability <= found.high)


def test_interval_of_points_is_wider_than_that_of_independent_runs() -> None:
    """40 points whose 10 replications agree are worth 40 runs, not 400."""
    point = np.repeat(np.arange(40), 10)
    codes = np.repeat(rng(1).integers(0, 2, 40), 10)
    nested, flat = cluster_shares(codes, point, 2), cluster_shares(codes, np.arange(400), 2)
    width, narrow = nested.high[0] - nested.low[0], flat.high[0] - flat.low[0]
    assert width / narrow == pytest.approx(np.sqrt(10), rel=0.15)
    assert nested.effective == pytest.approx(40, rel=0.03)
    assert flat.effective == pytest.approx(400, rel=0.01)


def test_interval_covers_the_truth_in_about_nine_of_ten_samples() -> None:
    """200 samples of 60 points x 4 runs with point probabilities Beta(1, 1): between 84 and 95 % hold the true .5."""
    generator, held = rng(5), 0
    for _ in range(200):
        chance = np.repeat(generator.uniform(size=60), 4)
        codes = (generator.uniform(size=240) < chance).astype(np.int64)
        found = cluster_shares(codes, np.repeat(np.arange(60), 4), 2)
        held += bool(found.low[1] <= 0.5 <= found.high[1])
    assert 168 <= held <= 190


def test_nothing_seen_is_not_nothing_possible() -> None:
    found = cluster_shares(np.zeros(160, dtype=np.int64), np.repeat(np.arange(20), 8), 2)
    assert found.high[1] == pytest.approx(1 - 0.1 ** (1 / 20))
    assert found.low[0] == pytest.approx(0.1 ** (1 / 20))
    assert (found.high[0], found.low[1]) == (1.0, 0.0)
    assert found.effective == 20


def test_mixed_points_are_counted() -> None:
    found = cluster_shares(np.asarray([0, 1, 1, 1]), np.asarray([0, 0, 1, 1]), 2)
    assert found.mixed == 1


def test_no_runs_give_no_shares() -> None:
    found = cluster_shares(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), 3)
    assert np.isnan(found.probability).all()
    assert (found.runs, found.effective) == (0, 0.0)


def test_the_same_table_twice() -> None:
    codes, point = rng(2).integers(0, 3, 80), np.repeat(np.arange(20), 4)
    first, second = cluster_shares(codes, point, 3), cluster_shares(codes, point, 3)
    assert (first.low.tobytes(), first.high.tobytes()) == (second.low.tobytes(), second.high.tobytes())


def test_runs_are_independent_where_all_points_have_the_same_parameters() -> None:
    point, world = np.asarray([0, 0, 1, 1]), np.arange(4)
    alike, drawn = {"beta": np.full(4, 2.8)}, {"beta": np.asarray([2.0, 2.0, 3.0, 3.0])}
    assert independent_groups(point, world, alike).tolist() == [0, 1, 2, 3]
    assert independent_groups(point, world, drawn).tolist() == [0, 0, 1, 1]


def spells(*rows: str) -> np.ndarray:
    return np.asarray([[letter == "x" for letter in row] for row in rows])


def test_a_spell_must_last_four_quarters() -> None:
    inside = spells("..xxx.xxxx..", "xxxx........", ".........xxx", "........xxxx", "............")
    found = first_lasting(inside, np.ones(5, dtype=bool))
    assert found.quarter.tolist() == [6, 0, 8, 8, 8]
    assert found.observed.tolist() == [True, True, False, True, False]
    assert found.share == 0.6


def test_unknown_runs_are_no_runs() -> None:
    found = first_lasting(spells("xxxxx", "....."), np.asarray([False, True]))
    assert np.isnan(found.quarter[0])
    assert (found.n, found.share) == (1, 0.0)


def test_kaplan_meier_by_hand() -> None:
    found = first_lasting(spells("xxxx....", "..xxxx..", "..xxxx..", "........"), np.ones(4, dtype=bool))
    steps, alive = found.survival()
    assert steps.tolist() == [0, 1, 2, 3, 4]
    assert alive.tolist() == [0.75, 0.75, 0.25, 0.25, 0.25]
    assert found.median() == 2


def test_median_beyond_the_record_is_unknown() -> None:
    found = first_lasting(spells("xxxx....", "........", "........"), np.ones(3, dtype=bool))
    assert found.median() is None
    with pytest.raises(ValueError, match="too short"):
        first_lasting(spells("xxx"), np.ones(1, dtype=bool))


def test_survival_has_counts_at_risk_and_an_interval_around_it() -> None:
    found = first_lasting(spells("xxxx....", "..xxxx..", "..xxxx..", "........"), np.ones(4, dtype=bool))
    curve = found.curve(np.asarray([0, 1, 2, 3]))
    assert curve.alive.tolist() == [0.75, 0.75, 0.25, 0.25, 0.25]
    assert curve.at_risk.tolist() == [4, 3, 3, 1, 1]
    assert curve.begun.tolist() == [1, 0, 2, 0, 0]
    assert np.all((curve.low <= curve.alive) & (curve.alive <= curve.high))
    assert curve.low[-1] == 0.0  # a resample may miss the only run in which nothing begins


def test_survival_of_points_is_as_wide_as_points_are_few() -> None:
    """100 runs of 4 points that agree within a point are worth 4."""
    begins = np.repeat([True, True, False, False], 25)
    found = first_lasting(np.repeat(begins[:, None], 8, axis=1), np.ones(100, dtype=bool))
    by_point, by_run = found.curve(np.repeat(np.arange(4), 25)), found.curve(np.arange(100))
    assert by_point.alive.tolist() == by_run.alive.tolist()
    assert by_point.high[0] - by_point.low[0] > 3 * (by_run.high[0] - by_run.low[0])
    nothing = first_lasting(np.ones((1, 8), dtype=bool), np.zeros(1, dtype=bool)).curve(np.zeros(1, dtype=np.int64))
    assert (nothing.steps.size, nothing.clusters) == (0, 0)


def test_means_of_clusters() -> None:
    values = np.asarray([[1.0, np.nan], [3.0, np.nan], [5.0, 2.0]])
    found = cluster_means(values, np.asarray([0, 0, 1]))
    assert found.mean.tolist() == [3.0, 2.0]
    assert found.n.tolist() == [3, 1]
    assert found.clusters == 2
    assert (found.low[0], found.high[0]) == (2.0, 5.0)  # two points: either alone, or both
    assert np.isnan(cluster_means(np.zeros((0, 2)), np.zeros(0, dtype=np.int64)).mean).all()
    nobody = cluster_means(np.full((2, 1), np.nan), np.asarray([0, 1]))
    assert np.isnan([nobody.mean[0], nobody.low[0], nobody.high[0]]).all()


def test_means_of_parts_add_up_in_every_resample() -> None:
    part, other, point = rng(3).normal(size=(60, 2)), rng(4).normal(size=(60, 2)), np.repeat(np.arange(15), 4)
    whole = cluster_means(part + other, point)
    assert whole.mean == pytest.approx(cluster_means(part, point).mean + cluster_means(other, point).mean)
