"""Sweeps on a Dask cluster: a scheduler and two workers as processes of their own, killed and resumed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from killing import STUDY, children, command, serial, shards

SHARDS = 24
NEEDED = 120.0


class Cluster:
    """A scheduler and two workers on the loopback."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.folder = folder
        self.scheduler = self._start("dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-show")
        self.workers = [self._start("dask_worker", self.address, "--nthreads", "1", "--no-nanny") for _ in range(2)]

    def _start(self, module, *words):
        parts = [sys.executable, "-m", f"distributed.cli.{module}", *words, "--no-dashboard"]
        with (self.folder / f"{module}-{time.monotonic_ns()}.log").open("w") as log:
            return subprocess.Popen(parts, stdout=log, stderr=log, start_new_session=True)

    def more(self):
        self.workers.append(self._start("dask_worker", self.address, "--nthreads", "1", "--no-nanny"))

    def end(self):
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    made = Cluster(tmp_path)
    yield made
    made.end()


def sweep(cluster):
    folder = cluster.folder
    words = command(folder, "sweep", str(folder / "study.toml"), "--dask", cluster.address, "--shard", "16")
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def wait_for(folder, number, process):
    until = time.monotonic() + NEEDED
    while process.poll() is None and shards(folder) < number and time.monotonic() < until:
        time.sleep(0.01)
    assert shards(folder) >= number, "the sweep does not get on"


@pytest.mark.slow
def test_a_sweep_on_dask_survives_its_workers_and_its_orchestrator(cluster):
    folder = cluster.folder
    expected = serial(folder)
    process = sweep(cluster)
    wait_for(folder, 2, process)
    cluster.workers[0].kill()
    cluster.more()
    wait_for(folder, 6, process)
    process.kill()
    process.communicate()
    assert not children(process.pid)
    resumed = sweep(cluster)
    out, errors = resumed.communicate(timeout=NEEDED)
    assert resumed.returncode == 0, errors
    assert json.loads(out)["fingerprint"] == expected
    assert shards(folder) == SHARDS


@pytest.mark.slow
def test_a_lost_scheduler_is_named_and_the_sweep_can_be_resumed(cluster):
    folder = cluster.folder
    process = sweep(cluster)
    wait_for(folder, 2, process)
    cluster.scheduler.kill()
    _, errors = process.communicate(timeout=NEEDED)
    assert process.returncode == 3, errors
    assert "the Dask scheduler is gone" in errors
    words = command(folder, "sweep", str(folder / "study.toml"), "--workers", "0", "--shard", "16")
    said = subprocess.run(words, capture_output=True, text=True, check=True)
    assert json.loads(said.stdout)["complete"]


@pytest.mark.slow
def test_no_scheduler_at_an_address_is_named(tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    words = command(tmp_path, "sweep", str(tmp_path / "study.toml"), "--dask", "tcp://127.0.0.1:9")
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    assert said.returncode == 3
    assert "no scheduler answers there" in said.stderr
