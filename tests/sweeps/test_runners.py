"""The runner loses no run: errors, deaths and slow slices cost what they touch and no more."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Future

import pytest
from made import MadePool, made_rows, small

from abm import simulation
from experiments.evaluate import CRASHED, ERROR, OK, evaluate
from experiments.pools import ThreadPool, pack, work
from experiments.runner import Runner
from experiments.store import Store, StoreError


@pytest.fixture
def design():
    return small()


def statuses(store):
    return [int(code) for rows in store.rows() for code in rows.status]


def sweep(design, folder, pool, shard=16, **more):
    store = Store.begin(folder, design, shard)
    return store, Runner(design, store, pool, **more).run()


@pytest.fixture
def serial(design, tmp_path):
    store, _ = sweep(design, tmp_path / "serial", MadePool(design), 48)
    return store.verify()["fingerprint"]


@pytest.mark.parametrize("shard", [4, 16, 20, 48])
def test_a_sweep_is_complete_however_it_is_cut(design, tmp_path, serial, shard):
    told = []
    pool = MadePool(design)
    store, complete = sweep(design, tmp_path / "s", pool, shard, report=lambda *said: told.append(said))
    assert complete
    assert pool.closed
    assert store.verify()["fingerprint"] == serial
    assert told[0] == (0, 0, 48)
    assert told[-1] == (48, 0, 48)


def test_resuming_works_only_what_is_missing(design, tmp_path, serial):
    store = Store.begin(tmp_path / "s", design, 16)
    store.commit(made_rows(design, 16, 32))
    pool = MadePool(design)
    store, _ = sweep(design, tmp_path / "s", pool)
    assert sorted(pool.slices) == [(0, 16), (32, 48)]
    assert store.verify()["fingerprint"] == serial


def test_a_deadly_world_is_found_and_costs_no_other(design, tmp_path):
    pool = MadePool(design, deadly=(22,))
    store, complete = sweep(design, tmp_path / "s", pool)
    assert complete
    assert statuses(store) == [CRASHED if run in (22, 23) else OK for run in range(48)]
    (errors,) = [rows.errors for rows in store.rows() if rows.errors]
    assert "worker died" in errors[22]
    assert pool.restarts >= 3


def test_a_pool_that_raises_costs_the_slice(design, tmp_path):
    store, complete = sweep(design, tmp_path / "s", MadePool(design, raising=(5,)))
    assert complete
    assert statuses(store) == [ERROR] * 16 + [OK] * 32


def test_an_error_of_the_engine_is_bisected_to_its_world(design, monkeypatch):
    true = simulation.run_tree

    def fails(tree, request):
        if 3 in request.worlds:
            raise ZeroDivisionError("world 3")
        return true(tree, request)

    expected = evaluate(design, 0, 16)
    monkeypatch.setattr("abm.simulation.run_tree", fails)
    rows = work(pack(design), 0, 16)
    assert rows.status.tolist() == [OK] * 6 + [ERROR] * 2 + [OK] * 8
    assert rows.errors == {6: "ZeroDivisionError: world 3", 7: "ZeroDivisionError: world 3"}
    kept = [run for run in range(16) if run not in (6, 7)]
    assert (rows.values[kept] == expected.values[kept]).all()


class SlowPool(MadePool):
    """Never finishes a slice with a slow run."""

    def __init__(self, design, slow):
        super().__init__(design)
        self.slow = slow

    def submit(self, lo, hi):
        if lo <= self.slow < hi:
            self.slices.append((lo, hi))
            return Future()
        return super().submit(lo, hi)


def test_a_slice_that_takes_too_long_is_given_up(design, tmp_path):
    store, complete = sweep(design, tmp_path / "s", SlowPool(design, 8), 8, deadline=0.2)
    assert complete
    assert statuses(store) == [CRASHED if run in (8, 9) else OK for run in range(48)]


class StoppingPool(MadePool):
    """Asks the process to stop while its second slice is under way."""

    def submit(self, lo, hi):
        if len(self.slices) == 1:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().submit(lo, hi)


def test_asked_to_stop_it_finishes_what_it_has_begun(design, tmp_path, serial):
    pool = StoppingPool(design, workers=1)
    store, complete = sweep(design, tmp_path / "s", pool, 4)
    assert not complete
    assert pool.closed
    assert 0 < len(store.shards()) < 12
    store, complete = sweep(design, tmp_path / "s", MadePool(design), 4)
    assert complete
    assert store.verify()["fingerprint"] == serial


def test_a_limit_of_time_begins_nothing_more(design, tmp_path):
    store, complete = sweep(design, tmp_path / "s", MadePool(design), 4, limit=0.0)
    assert not complete
    assert len(store.shards()) < 12


@pytest.mark.parametrize("call", [5, 6])  # of a shard's file and of its folder
def test_a_full_disk_ends_the_sweep_and_leaves_it_whole(design, tmp_path, monkeypatch, serial, call):
    true, calls = os.fsync, []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) == call:
            raise OSError(28, "No space left on device")
        true(descriptor)

    monkeypatch.setattr("os.fsync", full)
    pool = MadePool(design)
    with pytest.raises(StoreError, match="No space left on device; make room and resume"):
        sweep(design, tmp_path / "s", pool, 4)
    monkeypatch.setattr("os.fsync", true)
    assert pool.closed
    assert not list((tmp_path / "s" / "shards").glob(".*"))
    store, complete = sweep(design, tmp_path / "s", MadePool(design), 4)
    assert complete
    assert store.verify()["fingerprint"] == serial


def test_threads_of_this_process_give_the_rows_of_the_engine(design, tmp_path):
    store, complete = sweep(design, tmp_path / "s", ThreadPool(design, 2), 16)
    assert complete
    expected = evaluate(design, 0, design.runs)
    assert [rows.values.tolist() for rows in store.rows()] == [
        expected.values[lo : lo + 16].tolist() for lo in (0, 16, 32)
    ]
