"""Blocks of lanes: the same bits alone, in any batch, on one or two threads, compiled or plain; clean failures."""

import functools
import hashlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from abm import engine, link_cache
from abm.draws import normal, stream, uniform
from abm.engine import BlockError, block_count, lanes_of_block, run_blocks, thread_count
from abm.link import link
from abm.rules.numbers import LOWEST, TINY, exp, larger, log, select, smaller

LANES = 1
FIRMS, OFFERS = 3, 4
DEMAND, GREY = stream("demand_firm"), stream("grey")


class World(NamedTuple):
    """A market of three firms and four offers; the lane is the last axis."""

    seed: np.ndarray
    steps: np.ndarray
    number: np.ndarray  # of the world: both arms of a pair share it
    arm: np.ndarray
    legal: np.ndarray  # arm offer
    budget: np.ndarray
    price: np.ndarray
    stock: np.ndarray  # firm offer run
    weight: np.ndarray  # offer run, scratch
    wanted: np.ndarray


def offer_value(price, stock):
    """Value of one more chip of an offer."""
    return 2.0 * log(1.0 + stock) - log(price)


def choice_weight(value, best):
    """Logit weight against the best offer."""
    return select(best - value < 3.0, exp(value - best), 0.0)


def next_budget(budget, shock):
    """Budget after a demand shock."""
    return budget * exp(0.1 * shock)


def next_price(price, wanted, supply):
    """Price after a quarter of excess demand."""
    return price * smaller(larger(wanted / larger(supply, TINY), 0.2), 5.0)


def order(world: World, step: int) -> None:
    best, total = np.empty(LANES), np.empty(LANES)
    for offer in range(OFFERS):
        for run in range(LANES):
            world.wanted[offer, run] = 0.0
    for firm in range(FIRMS):
        for run in range(LANES):
            shock = normal(world.seed[0], DEMAND, world.number[run], step, firm)
            world.budget[firm, run] = next_budget(world.budget[firm, run], shock)
            best[run], total[run] = LOWEST, 0.0
        for offer in range(OFFERS):
            for run in range(LANES):
                world.weight[offer, run] = offer_value(world.price[offer, run], world.stock[firm, offer, run])
                best[run] = larger(best[run], world.weight[offer, run])
        for offer in range(OFFERS):
            for run in range(LANES):
                legal = world.legal[world.arm[run], offer]
                world.weight[offer, run] = legal * choice_weight(world.weight[offer, run], best[run])
                total[run] += world.weight[offer, run]
        for offer in range(OFFERS):
            for run in range(LANES):
                money = world.budget[firm, run] * world.weight[offer, run] / larger(total[run], TINY)
                bought = money / world.price[offer, run]
                world.stock[firm, offer, run] += bought
                world.wanted[offer, run] += bought


def reprice(world: World, step: int) -> None:
    for offer in range(OFFERS):
        for run in range(LANES):
            supply = 0.5 + uniform(world.seed[0], GREY, world.number[run], step, offer)
            world.price[offer, run] = next_price(world.price[offer, run], world.wanted[offer, run], supply)


def quarters(world: World) -> None:
    for step in range(world.steps[0]):
        order(world, step)
        reprice(world, step)


def empty_world(lanes):
    return World(
        np.zeros(1, np.int64),
        np.zeros(1, np.int64),
        np.zeros(lanes, np.int64),
        np.zeros(lanes, np.int64),
        np.array([[1.0, 1.0, 1.0, 1.0], [0.0, 1.0, 1.0, 1.0]]),
        np.zeros((FIRMS, lanes)),
        np.zeros((OFFERS, lanes)),
        np.zeros((FIRMS, OFFERS, lanes)),
        np.zeros((OFFERS, lanes)),
        np.zeros((OFFERS, lanes)),
    )


@functools.cache
def linked(lanes):
    return link(quarters, sizes={"LANES": lanes})


def simulate(ids, lanes=32, steps=6, threads=1, kernel=None, worlds=None):
    """Prices and stocks of the lanes with these ids, lane first."""
    ids = np.asarray(ids, np.int64)
    price, stock = np.empty((ids.size, OFFERS)), np.empty((ids.size, FIRMS, OFFERS))

    def make_world(start, world):
        if world is None:
            world = empty_world(lanes)
            if worlds is not None:
                worlds.append(world)
        lane = ids[lanes_of_block(start, ids.size, lanes)]
        world.seed[0], world.steps[0] = 11, steps
        world.number[:], world.arm[:] = lane // 2, lane % 2
        world.budget[:], world.stock[:] = 1.0, 0.0
        world.price[:] = np.arange(1, OFFERS + 1)[:, None]
        return world

    def collect(start, count, world):
        price[start : start + count] = world.price[:, :count].T
        stock[start : start + count] = world.stock[:, :, :count].transpose(2, 0, 1)

    run_blocks(kernel or linked(lanes), make_world, ids.size, lanes, threads, collect=collect)
    return price, stock


def digest(results):
    return hashlib.sha256(b"".join(array.tobytes() for array in results)).hexdigest()


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(link_cache.CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def whole(_own_cache):
    return simulate(range(1000))


def _same(part, whole, start):
    return all((p == w[start : start + len(p)]).all() for p, w in zip(part, whole, strict=True))


def test_the_toy_market_moves(whole):
    price, stock = whole
    assert np.isfinite(price).all()
    assert (stock[1::2, :, 0] == 0.0).all(), "offer 0 is banned in the second arm"
    assert (stock[0::2, :, 0] > 0.0).all()
    assert np.unique(price[::2, 1]).size > 400


@pytest.mark.parametrize("lanes", [1, 2, 32])
def test_a_run_alone_equals_the_same_run_among_a_thousand(whole, lanes):
    for lane in (0, 1, 6, 31, 32, 999):
        assert _same(simulate([lane], lanes), whole, lane)


@pytest.mark.parametrize("batch", [7, 64, 1000])
def test_batches_of_any_size_give_the_same_bits(whole, batch):
    for start in range(0, 1000, batch):
        assert _same(simulate(range(start, min(start + batch, 1000))), whole, start)


@pytest.mark.parametrize("lanes", [1, 2, 8])
def test_lanes_of_any_width_give_the_same_bits(whole, lanes):
    assert _same(simulate(range(100), lanes, threads=2), whole, 0)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_give_the_same_bits_and_own_one_world_each(whole, threads):
    worlds = []
    assert digest(simulate(range(1000), threads=threads, worlds=worlds)) == digest(whole)
    assert 1 <= len(worlds) <= threads


def test_without_compiling_the_bits_are_the_same():
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(engine.__file__).parents[1])])
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": paths}
    program = "import test_engine_blocks as t; print(t.digest(t.simulate(range(6), lanes=2, steps=2)))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == digest(simulate(range(6), lanes=2, steps=2))
    assert done.stdout.strip() == digest(simulate(range(6), lanes=32, steps=2))


def test_both_arms_are_the_same_until_the_law_differs():
    def quiet(price, stock):
        return 0.0 * price

    kernel = link(quarters, {offer_value: quiet}, {"LANES": 32})
    price, _ = simulate(range(64), kernel=lambda world: (world.legal.fill(1.0), kernel(world)))
    assert (price[0::2] == price[1::2]).all()


def test_the_last_block_repeats_its_own_lanes_and_keeps_pairs():
    assert lanes_of_block(32, 36, 8).tolist() == [32, 33, 34, 35, 32, 33, 34, 35]
    assert lanes_of_block(0, 64, 32).tolist() == list(range(32))
    padded = lanes_of_block(32, 38, 32)
    assert (padded % 2 == np.arange(32) % 2).all()
    assert set(padded.tolist()) == set(range(32, 38))
    assert [block_count(lanes, 32) for lanes in (0, 1, 32, 33)] == [0, 1, 1, 2]


def _sums(total, threads, **more):
    return run_blocks(
        lambda world: time.sleep(0.001),
        lambda start, world: [start],
        total,
        4,
        threads,
        collect=lambda start, count, world: (start, count, world[0]),
        **more,
    )


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_values_come_in_the_order_of_the_lanes(threads):
    assert _sums(10, threads) == [(0, 4, 0), (4, 4, 4), (8, 2, 8)]
    assert _sums(0, threads) == []


@pytest.mark.parametrize("threads", [1, 2])
def test_progress_is_told_in_the_calling_thread(threads):
    told = []
    _sums(10, threads, on_block=lambda done, total: told.append((done, total, threading.current_thread())))
    assert [total for _, total, _ in told] == [10, 10, 10]
    assert told[-1][0] == 10
    assert {thread for _, _, thread in told} == {threading.main_thread()}


@pytest.mark.parametrize("threads", [1, 2])
def test_a_failure_names_its_block_and_stops_the_others(threads):
    begun = []

    def kernel(start):
        begun.append(start)
        time.sleep(0.002)
        if start in (8, 12):
            raise FloatingPointError("chips vanished in quarter 2022Q4")

    with pytest.raises(BlockError, match=r"lanes from 8 on \(block 2\) failed: chips vanished") as failed:
        run_blocks(kernel, lambda start, world: start, 4000, 4, threads)
    assert (failed.value.block, failed.value.start) == (2, 8)
    assert isinstance(failed.value.__cause__, FloatingPointError)
    assert len(begun) < 10


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_ends_the_threads(threads):
    before = threading.active_count()
    begun = []

    def told(done, total):
        if done >= 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_blocks(lambda world: time.sleep(0.002), lambda start, world: begun.append(start), 4000, 4, threads, told)
    assert threading.active_count() == before
    assert len(begun) < 20


def test_memory_does_not_grow_with_the_number_of_runs():
    worlds = []
    simulate(range(640), threads=1, worlds=worlds)
    assert len(worlds) == 1


def test_what_cannot_be_split_is_refused():
    for total, lanes in ((-1, 4), (4, 0)):
        with pytest.raises(ValueError, match="lanes_total must be 0 or more and lanes 1 or more"):
            run_blocks(print, print, total, lanes)
    with pytest.raises(ValueError, match="threads must be 1 or more, not 0"):
        thread_count(0)
    assert thread_count() >= 1
    assert thread_count(3) == 3
