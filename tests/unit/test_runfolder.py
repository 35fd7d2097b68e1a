"""Result folders: whole or absent, never overwritten."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from experiments.runfolder import FolderError, check_free, git_state, plain, provenance, run_folder, write_json


def test_the_folder_appears_whole_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "results" / "history"
    with run_folder(target) as folder:
        (folder / "summary.csv").write_text("x\n1\n")
        assert not target.exists()
        assert folder.name.startswith(".history.")
    assert (target / "summary.csv").read_text() == "x\n1\n"
    assert [path.name for path in target.parent.iterdir()] == ["history"]
    assert target.stat().st_mode & 0o555 == 0o555


def test_an_existing_folder_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(FolderError, match="exists already; choose another --out"), run_folder(tmp_path):
        pytest.fail("the body must not run")
    assert (tmp_path / "kept.txt").read_text() == "mine"


def test_a_folder_made_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "late"
    with pytest.raises(FolderError), run_folder(target):
        target.mkdir()
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_nothing_behind(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), run_folder(tmp_path / "a" / "b"):
        raise error
    assert list(tmp_path.iterdir()) == []


def test_a_place_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match="cannot write"):
        check_free(tmp_path / "file" / "out")


def test_a_killed_process_leaves_no_folder(tmp_path: Path) -> None:
    code = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from experiments.cli import stop_on_signals
        from experiments.runfolder import run_folder
        with stop_on_signals(), run_folder(Path(sys.argv[1]) / "out") as folder:
            (folder / "half").write_text("half")
            print("ready", flush=True)
            time.sleep(30)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "ready\n"
        assert len(list(tmp_path.iterdir())) == 1
        started = time.monotonic()
        os.kill(process.pid, signal.SIGTERM)
        process.wait(timeout=10)
    assert time.monotonic() - started < 5
    assert process.returncode == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_json_has_plain_values_and_no_nan(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"a": np.array([1.0, np.nan]), "b": {2: frozenset("z")}, "c": np.int64(3)})
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": [1.0, None], "b": {"2": ["z"]}, "c": 3}
    assert plain((float("inf"), Path("p"), None, True)) == [None, "p", None, True]


def test_provenance_names_versions_and_command() -> None:
    found = provenance()
    assert found["packages"]["numpy"] == np.__version__
    assert found["python"].startswith("3.")
    assert found["argv"][0] == "curbs"


def test_git_state_is_none_outside_a_checkout(tmp_path: Path) -> None:
    assert git_state(tmp_path) is None
