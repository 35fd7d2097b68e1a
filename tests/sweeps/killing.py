"""Sweeps of the real engine that are killed at random moments and resumed until they are complete.

`python tests/sweeps/killing.py 50` kills fifty times; CI does ten (test_killed_sweeps.py).
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STUDY = """
description = "sweeps that are killed on purpose"
[design]
sampler = "sobol"
points = 96
replications = 2
[uncertainties]
learning_rate = "prior"
[outcomes]
names = ["lead"]
horizons = [2028]
"""
VICTIMS = ("orchestrator", "worker", "tree")
STARTED = 60.0


def command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "experiments.cli", *words, "--out", str(folder / "sweep"), "--json"]


def start(folder: Path) -> subprocess.Popen[str]:
    """Begin or resume the sweep in a process group of its own."""
    words = command(folder, "sweep", str(folder / "study.toml"), "--workers", "2", "--shard", "16")
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def children(pid: int) -> list[int]:
    """Processes that descend from one, itself left out."""
    found, queue = [], [pid]
    while queue:
        for task in Path(f"/proc/{queue.pop()}/task").glob("*/children"):
            try:
                more = [int(word) for word in task.read_text().split()]
            except OSError:
                continue
            found += more
            queue += more
    return found


def alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def shards(folder: Path) -> int:
    """Shards written so far."""
    return len(list((folder / "sweep" / "shards").glob("*.parquet")))


def kill(process: subprocess.Popen[str], victim: str, chance: random.Random) -> list[int]:
    """Kill the orchestrator, one of its workers or all; the processes that must be gone soon."""
    below = children(process.pid)
    if victim == "tree":
        os.killpg(process.pid, signal.SIGKILL)
    elif victim == "worker" and below:
        os.kill(chance.choice(below), signal.SIGKILL)
        return []
    else:
        process.kill()
    return [process.pid, *below]


def gone(pids: list[int], seconds: float = 2.0) -> bool:
    """Whether none of the processes runs after some seconds."""
    until = time.monotonic() + seconds
    while any(map(alive, pids)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(alive, pids))


def campaign(folder: Path, kills: int, seed: int) -> dict[str, int]:
    """Kill a sweep again and again and resume it; how often each victim died. A finished sweep is begun anew.

    Raises AssertionError if a process outlives its orchestrator by two seconds or the content is not that of a serial
    run.
    """
    (folder / "study.toml").write_text(STUDY)
    chance, done, expected = random.Random(seed), dict.fromkeys(VICTIMS, 0), serial(folder)
    process = start(folder)
    while sum(done.values()) < kills:
        before, until = shards(folder), time.monotonic() + STARTED
        more = chance.randrange(1, 4)
        while process.poll() is None and shards(folder) < before + more and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.3)
        if process.poll() is not None:
            finish(folder, process, expected)
            process = start(folder)
            continue
        victim = VICTIMS[sum(done.values()) % 3]
        pids = kill(process, victim, chance)
        done[victim] += 1
        if pids:
            process.communicate()
            assert gone(pids), f"processes outlive a killed {victim}"
            process = start(folder)
    finish(folder, process, expected)
    return done


def serial(folder: Path) -> str:
    """Fingerprint of the sweep by this engine's threads alone."""
    words = command(folder, "sweep", str(folder / "study.toml"), "--workers", "0", "--shard", "500")
    words[words.index("--out") + 1] = str(folder / "serial")
    said = subprocess.run(words, capture_output=True, text=True, check=True)
    return str(json.loads(said.stdout)["fingerprint"])


def finish(folder: Path, process: subprocess.Popen[str], expected: str) -> None:
    """Check a finished sweep against the serial one and put it aside."""
    out, errors = process.communicate()
    assert process.returncode == 0, errors
    assert json.loads(out)["fingerprint"] == expected
    (folder / "sweep").rename(folder / f"finished-{time.monotonic_ns()}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(campaign(Path(place), int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
