"""Killed, cut and starved sweeps: nothing of ours lives on, and the content is that of a serial run."""

from __future__ import annotations

import json
import os
import shlex
import subprocess

import pytest
from killing import STUDY, campaign, command, serial


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """Fingerprint of the study by a serial run."""
    folder = tmp_path_factory.mktemp("serial")
    (folder / "study.toml").write_text(STUDY)
    return serial(folder)


@pytest.mark.slow
def test_killed_sweeps_are_resumed_to_the_same_content(tmp_path):
    assert sum(campaign(tmp_path, 10, seed=3).values()) == 10


FULL = """
mount -t tmpfs -o size=64k tmpfs "$PLACE"
{sweep}; echo "status $?"
mount -o remount,size=16m "$PLACE"
{sweep}
"""


@pytest.mark.slow
def test_a_full_disk_stops_a_sweep_that_goes_on_when_there_is_room(tmp_path, expected):
    """A disk of 64 kB holds half of the shards; made larger, the same command ends with the content of a serial run."""
    place = tmp_path / "disk"
    place.mkdir()
    (tmp_path / "study.toml").write_text(STUDY)
    words = command(place, "sweep", str(tmp_path / "study.toml"), "--workers", "2", "--shard", "16")
    script = FULL.format(sweep=shlex.join(words))
    # a mount of its own, gone with the process
    said = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PLACE": str(place)},
        check=True,
    )
    assert "No space left on device; make room and resume the sweep" in said.stderr
    status, _, rest = said.stdout.partition("\n")
    assert status == "status 3"
    assert json.loads(rest)["fingerprint"] == expected


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "shard"), [("1", "2"), ("2", "14"), ("3", "2048"), ("0", "10")])
def test_content_depends_on_neither_workers_nor_batches(tmp_path, expected, workers, shard):
    (tmp_path / "study.toml").write_text(STUDY)
    words = command(tmp_path, "sweep", str(tmp_path / "study.toml"), "--workers", workers, "--shard", shard)
    said = subprocess.run(words, capture_output=True, text=True, check=True)
    assert json.loads(said.stdout)["fingerprint"] == expected


@pytest.mark.slow
def test_dask_on_this_machine_gives_the_same_content(tmp_path, expected):
    (tmp_path / "study.toml").write_text(STUDY)
    words = command(
        tmp_path, "sweep", str(tmp_path / "study.toml"), "--dask", "local", "--workers", "2", "--shard", "48"
    )
    said = subprocess.run(words, capture_output=True, text=True, check=True)
    assert json.loads(said.stdout)["fingerprint"] == expected
