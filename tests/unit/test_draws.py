"""Counter-based chance: published test vectors, open interval, streams with fixed numbers, plain = compiled."""

import math
import warnings

import numpy as np
import pytest

from abm.draws import LARGEST_SEED, STREAMS, check_seed, normal, philox, stream, uniform
from abm.link import link

LANES = 1


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)
def test_published_vectors_of_philox(counter, key, words):
    arguments = [int(word, 16) for word in f"{counter} {key}".split()]
    expected = tuple(int(word, 16) for word in words.split())
    assert philox(*arguments) == expected
    assert link(philox)(*arguments) == expected


def test_each_part_of_the_address_changes_the_draw():
    base = (1, 2, 3, 4, 5)
    changed = [tuple(value + (place == index) for index, value in enumerate(base)) for place in range(5)]
    far = [(1 + 2**32, 2, 3, 4, 5), (1, 2, 3 + 2**32, 4, 5)]
    assert len({uniform(*address) for address in [base, *changed, *far]}) == 8
    assert uniform(*base) == uniform(*base)


def test_uniform_is_pinned():
    """A change of these numbers changes every result of the model."""
    assert uniform(1, 1, 0, 0, 0).hex() == "0x1.9d319e91b026fp-1"
    assert uniform(LARGEST_SEED, 14, 123_456, 51, 18).hex() == "0x1.f32173ae0b9f2p-2"


def test_uniform_never_reaches_0_or_1():
    smallest, largest = (0.0 + 2.0**-53), (2.0 - 2.0**-52 - 1.0) + 2.0**-53
    assert smallest > 0.0
    assert largest == 1.0 - 2.0**-53 < 1.0
    draws = np.array([uniform(7, 1, world, 0, 0) for world in range(20_000)])
    assert draws.min() > 0.0
    assert draws.max() < 1.0
    assert abs(draws.mean() - 0.5) < 4 * math.sqrt(1 / 12 / draws.size)
    assert abs(draws.var() - 1 / 12) < 4 * math.sqrt(1 / 180 / draws.size)


def test_normal_has_mean_0_and_variance_1_and_neighbours_are_unrelated():
    draws = np.array([[normal(3, 2, world, step, 0) for step in range(2)] for world in range(10_000)])
    assert np.abs(draws.mean(axis=0)).max() < 4 / 100
    assert np.abs(draws.var(axis=0) - 1).max() < 4 * math.sqrt(2) / 100
    assert abs(np.mean(draws[:, 0] * draws[:, 1])) < 4 / 100
    assert abs(np.mean(draws[1:, 0] * draws[:-1, 0])) < 4 / 100


def _fill(seed, number, worlds, uniforms, normals):
    for step in range(uniforms.shape[0]):
        for run in range(LANES):
            uniforms[step, run] = uniform(seed, number, worlds[run], step, 9)
            normals[step, run] = normal(seed, number, worlds[run], step, 9)


@pytest.mark.parametrize("seed", [0, 1, 2**31, 2**32 + 5, LARGEST_SEED])
def test_plain_and_compiled_give_the_same_bits_without_warnings(seed):
    worlds = np.arange(32, dtype=np.int64) // 2 + 2**40
    compiled, plain = np.empty((2, 60, 32)), np.empty((2, 60, 32))
    link(_fill, sizes={"LANES": 32})(seed, 3, worlds, *compiled)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        link(_fill, sizes={"LANES": 32}, plain=True)(np.int64(seed), np.int64(3), worlds, *plain)
    assert (compiled.view(np.int64) == plain.view(np.int64)).all()
    assert (plain[..., 0::2] == plain[..., 1::2]).all(), "both arms of a pair share every draw"
    assert np.unique(plain[0, :, 0::2]).size == 60 * 16


def test_streams_keep_their_numbers():
    assert STREAMS == {
        "demand_bloc": 1, "demand_firm": 2, "frontier_date": 3, "idea": 4, "yield": 5, "porting": 6, "leak": 7,
        "grey": 8, "release_delay": 9, "observation": 10, "serving_jump": 11, "residual": 12, "parameter": 13,
        "network": 14, "grey_path": 20, "random_mix": 21, "us_lead_noise": 30, "us_option": 31, "us_notice": 32,
        "firm_size": 40, "firm_kind": 41, "rewiring": 42,
    }  # fmt: skip
    assert stream("grey") == 8


def test_an_unknown_stream_names_the_nearest():
    with pytest.raises(ValueError, match="no stream of chance is called 'grej'; did you mean 'grey'"):
        stream("grej")


def test_seeds_are_checked():
    assert check_seed(np.int64(5)) == 5
    assert check_seed(LARGEST_SEED) == 2**63 - 1
    for seed in (-1, 2**63):
        with pytest.raises(ValueError, match="seed must lie between"):
            check_seed(seed)
    for seed in (1.0, True, "1", None):
        with pytest.raises(TypeError, match="seed must be a whole number"):
            check_seed(seed)
