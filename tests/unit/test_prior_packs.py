"""Prior packs: what they move, what they refuse, and the weights that turn draws of one prior into those of another."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.integrate import quad

from abm.parameters import ParameterError, draw, load_parameters
from abm.prior_packs import (
    PriorPack,
    density_ratio,
    effective_size,
    list_prior_packs,
    load_prior_pack,
    read_prior_pack,
)

SHIPPED = load_parameters()
POINTS = 20_000
HAWK = """
description = "ours"
[enforcement]
default = 0.8
low = 0.5
high = 0.95
prior = "triangular"
why = "because"
"""


def drawn(parameters, seed):
    """Draws of some parameters alone, which have the values that they have among all."""
    return draw(dict(parameters), seed, range(POINTS))


def test_two_packs_ship_and_move_the_same_parameters_in_opposite_ways():
    packs = {name: read_prior_pack(name) for name in list_prior_packs()}
    hawk, dove = packs["hawk"], packs["dove"]
    assert set(hawk.moved) == set(dove.moved)
    assert len(hawk.moved) >= 10
    shipped, *ends = (
        drawn(table, 1) for table in ({name: SHIPPED[name] for name in hawk.moved}, hawk.moved, dove.moved)
    )
    for name in hawk.moved:
        low, high = sorted(np.median(end[name]) for end in ends)
        assert low < np.median(shipped[name]) < high, name
        assert all(len(pack.why[name]) > 40 for pack in (hawk, dove))


def test_all_other_parameters_keep_their_priors_and_their_draws():
    hawk = load_prior_pack("hawk")
    assert list(hawk) == list(SHIPPED)
    others = [name for name in SHIPPED if name not in read_prior_pack("hawk").moved]
    assert all(hawk[name] == SHIPPED[name] for name in others)
    ours, theirs = draw(hawk, 3, range(8)), draw(SHIPPED, 3, range(8))
    assert all((ours[name] == theirs[name]).all() for name in others)


@pytest.mark.parametrize("name", sorted(list_prior_packs()))
def test_weighed_draws_of_the_shipped_prior_are_draws_of_the_pack(name):
    """Means by weights and by drawing anew agree within four standard errors of the weighted ones."""
    pack = read_prior_pack(name)
    values = drawn({moved: SHIPPED[moved] for moved in pack.moved}, 5)
    weights = density_ratio(pack, values)
    anew = drawn(pack.moved, 6)
    assert weights.mean() == pytest.approx(1.0, abs=4 * weights.std() / np.sqrt(POINTS))
    for moved in pack.moved:
        mean = np.average(values[moved], weights=weights)
        error = values[moved].std() / np.sqrt(effective_size(weights))
        assert mean == pytest.approx(anew[moved].mean(), abs=4 * error), moved
    assert 0.01 < effective_size(weights) / POINTS < 0.2


def test_effective_size_by_hand():
    """(1 + 1 + 2)^2 / (1 + 1 + 4)."""
    assert effective_size(np.array([1.0, 1.0, 2.0])) == pytest.approx(16 / 6)


def test_a_triangular_prior_over_a_uniform_one_by_hand():
    """At its mode the triangle of .5, .8, .95 has density 2 / .45; the shipped prior is even over .3 to .95."""
    moved = dataclasses.replace(SHIPPED["enforcement"], prior="triangular", low=0.5, default=0.8, high=0.95)
    pack = PriorPack("ours", "", {"enforcement": moved}, {"enforcement": "because"})
    found = density_ratio(pack, {"enforcement": np.array([0.4, 0.65, 0.8])})
    assert found == pytest.approx([0.0, 0.65 / 0.45, 2 * 0.65 / 0.45])


@pytest.mark.parametrize("prior", ["uniform", "loguniform", "triangular", "normal", "lognormal", "beta22"])
def test_every_density_integrates_to_one(prior):
    """Against a shipped prior that is even over its range the ratio integrates to the width of the range."""
    shipped = SHIPPED["enforcement"]
    moved = dataclasses.replace(shipped, prior=prior, low=0.4, default=0.6, high=0.9)
    pack = PriorPack("ours", "", {"enforcement": moved}, {})
    whole, _ = quad(
        lambda x: float(density_ratio(pack, {"enforcement": np.array([x])})[0]), 0.3, 0.95, points=[0.4, 0.6, 0.9]
    )
    assert whole == pytest.approx(shipped.high - shipped.low, rel=1e-6)


def test_a_reaction_that_may_be_absent_keeps_or_loses_its_zero():
    """Shipped: 0 with probability one half, else even to .5."""
    shipped = SHIPPED["mobilisation_cn"]
    weaker = dataclasses.replace(shipped, high=0.25)
    certain = dataclasses.replace(shipped, prior="uniform", low=0.1, default=0.2)
    values = {"mobilisation_cn": np.array([0.0, 0.2, 0.4])}
    assert density_ratio({**SHIPPED, "mobilisation_cn": weaker}, values) == pytest.approx([1.0, 2.0, 0.0])
    assert density_ratio({**SHIPPED, "mobilisation_cn": certain}, values) == pytest.approx([0.0, 2.5, 2.5])


def test_whole_numbers_have_probabilities():
    shipped = SHIPPED["redesign_lag"]
    faster = dataclasses.replace(shipped, high=2)
    found = density_ratio({**SHIPPED, "redesign_lag": faster}, {"redesign_lag": np.array([1.0, 2.0, 3.0])})
    assert found == pytest.approx([1.5, 1.5, 0.0])


def test_values_are_asked_for_and_must_lie_in_the_shipped_range():
    with pytest.raises(ParameterError, match="'rd_revenue_elasticity': its prior is moved, but no values"):
        density_ratio(read_prior_pack("hawk"), {})
    values = draw(SHIPPED, 1, range(2)) | {"enforcement": np.array([0.1, 0.5])}
    with pytest.raises(ParameterError, match=r"'enforcement': values outside of its range \[0.3, 0.95\]"):
        density_ratio(read_prior_pack("hawk"), values)


def test_a_file_of_ones_own_is_read(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text(HAWK)
    pack = read_prior_pack(path)
    assert (pack.name, pack.description, pack.why) == ("ours", "ours", {"enforcement": "because"})
    found = load_prior_pack(str(path))["enforcement"]
    assert (found.low, found.default, found.high, found.prior) == (0.5, 0.8, 0.95, "triangular")
    assert found.meaning == SHIPPED["enforcement"].meaning


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[enforcement]", "[enforcment]", "parameter 'enforcment': unknown; nearest valid name: 'enforcement'"),
        ("low = 0.5", "lo = 0.5", "unknown key 'lo'; nearest valid name: 'low'"),
        ("low = 0.5\n", "", "key 'low' is missing"),
        ('why = "because"', 'why = " "', "key 'why' must be a non-empty text"),
        ("low = 0.5", "low = true", "key 'low' must be a finite number, not True"),
        ("low = 0.5", "low = 0.2", r"\[0.2, 0.95\] must lie inside its range \[0.3, 0.95\] share"),
        ("default = 0.8", "default = 0.4", "key 'default': 0.4 lies outside its range"),
        ('"triangular"', '"triangle"', "unknown prior 'triangle'; nearest valid prior: 'triangular'"),
        ('"triangular"', '"fixed"', "key 'prior': a pack cannot make it 'fixed'; narrow low and high"),
        ('"triangular"', '"discrete"', "must be whole numbers for prior 'discrete'"),
        ('description = "ours"', "", "key 'description' is missing"),
        ("[enforcement]", "[hazard_step]", "parameter 'hazard_step': its prior is 'fixed', which no pack moves"),
        ("[enforcement]", "[porting_own]", "parameter 'porting_own': its prior is 'dirichlet', which no pack moves"),
        (HAWK, 'description = "empty"', "moves no parameter"),
        (HAWK, 'description = "odd"\nenforcement = 1', "parameter 'enforcement': must be a table"),
        (HAWK, "[", "cannot be read as a prior pack"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_named(tmp_path, old, new, message):
    path = tmp_path / "ours.toml"
    assert old in HAWK
    path.write_text(HAWK.replace(old, new))
    with pytest.raises(ParameterError, match=message) as error:
        load_prior_pack(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_prior_of_whole_numbers_belongs_to_whole_numbers(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text(
        'description = "ours"\n[redesign_lag]\ndefault = 2\nlow = 1\nhigh = 3\nprior = "uniform"\nwhy = "x"'
    )
    with pytest.raises(ParameterError, match="'uniform' cannot stand in the place of 'discrete'; write 'discrete'"):
        load_prior_pack(path)


def test_unknown_packs_and_missing_files_are_named():
    with pytest.raises(ParameterError, match="no prior pack 'hwak'; nearest valid name: 'hawk'"):
        load_prior_pack("hwak")
    with pytest.raises(ParameterError, match=r"mine\.toml: no such file; built-in prior packs: dove, hawk"):
        load_prior_pack("mine.toml")
