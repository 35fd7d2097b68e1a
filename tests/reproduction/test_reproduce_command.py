"""`curbs reproduce`, `bless` and `crate` on a study of eight worlds: statuses, exit codes, resuming, refusals."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import sys

import pytest
from rocrate.rocrate import ROCrate

from experiments import cli
from experiments.reproducing import control, session
from experiments.reproducing.study import EXPECTED, PACKAGE, STUDY, Study

pytestmark = pytest.mark.slow


@pytest.fixture
def curbs(folder, tmp_path, capsys):
    """Run a command on the folder's only study; its exit code and what it printed."""

    def run(*words, out="out"):
        code = cli.main([words[0], *words[1:], "--out", str(tmp_path / out)])
        return code, capsys.readouterr().out

    run.out = tmp_path / "out"
    return run


def never(*_):
    raise AssertionError("measured again")


def test_recorded_then_reproduced_without_measuring_again(curbs, folder, monkeypatch):
    assert curbs("reproduce")[0] == 3  # nothing is recorded
    monkeypatch.setattr(Study, "measure", never)
    code, printed = curbs("bless", "stockpiling", "--why", "first")
    assert code == 0
    assert "by 2026Q4" in printed
    assert (folder / EXPECTED).is_file()
    code, printed = curbs("reproduce", "--json")
    told = json.loads(printed)
    assert code == 0
    assert [one["status"] for one in told["studies"]] == ["reproduced"]
    assert told["studies"][0]["sentence"].count("%") >= 2


def test_a_changed_model_and_an_altered_expectation_differ(curbs, folder):
    """The negative control: the comparison must be able to fail."""
    assert curbs("bless", "1", "--why", "first")[0] == 0
    changed, printed = curbs("reproduce", "--set", "hazard_step=0", out="changed")
    assert changed == 1
    assert "differs" in printed
    path = folder / EXPECTED
    text = path.read_text(encoding="utf-8")
    value = re.search(r"numbers\.stock\]\nvalue = ([\d.]+)", text)
    path.write_text(text.replace(value.group(1), str(3 * float(value.group(1)))), encoding="utf-8")
    code, printed = curbs("reproduce")
    assert code == 1
    assert "stock is" in printed


def test_a_study_that_fails_is_told_and_the_report_still_written(curbs, monkeypatch):
    def fail(*_):
        raise RuntimeError("no such thing")

    with monkeypatch.context() as patch:
        patch.setattr(Study, "measure", fail)
        code, printed = curbs("reproduce")
    assert code == 3
    assert "no such thing" in printed
    assert "no such thing" in (curbs.out / "index.html").read_text(encoding="utf-8")
    assert "Traceback" in (curbs.out / "stockpiling.failure.txt").read_text(encoding="utf-8")
    curbs("reproduce")
    assert not (curbs.out / "stockpiling.failure.txt").exists()
    assert (curbs.out / "stockpiling" / "figure.png").is_file()


def test_stopped_it_says_how_to_go_on(curbs, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Study, "measure", stop)
    with pytest.raises(SystemExit) as caught:
        curbs("reproduce")
    assert caught.value.code == 3
    assert not list(curbs.out.glob("*/verdict.json"))


def test_folders_of_others_and_of_other_code_are_refused(curbs, monkeypatch):
    curbs.out.mkdir()
    (curbs.out / "mine.txt").write_text("keep", encoding="utf-8")
    assert curbs("reproduce")[0] == 2
    (curbs.out / "mine.txt").unlink()
    curbs("reproduce")
    assert curbs("reproduce", "--full")[0] == 2
    monkeypatch.setattr(session, "model_digest", lambda: "another model")
    assert curbs("reproduce")[0] == 2
    before = json.loads((curbs.out / "stockpiling" / "verdict.json").read_text(encoding="utf-8"))["fingerprint"]
    assert curbs("reproduce", "--again")[0] == 3
    after = json.loads((curbs.out / "stockpiling" / "verdict.json").read_text(encoding="utf-8"))["fingerprint"]
    assert before != after


@pytest.mark.parametrize("words", [("--only", "stokpiling"), ("--set", "enforcment=1"), ("--quick", "--full")])
def test_bad_input_is_one_line_and_leaves_nothing(curbs, words):
    try:
        code = curbs("reproduce", *words)[0]
    except SystemExit as caught:
        code = caught.code
    assert code == 2
    assert not curbs.out.exists()


def test_report_and_crate(curbs):
    curbs("reproduce")
    page = (curbs.out / "index.html").read_text(encoding="utf-8")
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    assert "<script" not in page
    assert "drawn from the posterior, and in" in page
    assert page.count('class="study"') == 1
    told = json.loads((curbs.out / "session.json").read_text(encoding="utf-8"))
    assert {"git", "lock", "all_packages", "processor", "threads", "argv", "started", "seconds"} <= set(told)
    sidecar = json.loads((curbs.out / "stockpiling" / "figure.json").read_text(encoding="utf-8"))
    assert sidecar["worlds"] == 8
    assert sidecar["fingerprint"] in (curbs.out / "stockpiling" / "verdict.json").read_text(encoding="utf-8")
    assert cli.main(["crate", str(curbs.out)]) == 0
    crate = ROCrate(curbs.out)
    files = {one.id for one in crate.data_entities}
    assert {"index.html", "session.json", "stockpiling/figure.svg", "stockpiling/data/gain.csv"} <= files
    assert crate.dereference("#reproduction")["instrument"].id == "#chip-curbs"


def test_the_report_keeps_studies_that_stand_in_the_folder(curbs, folder, monkeypatch):
    other = folder.with_name("other")
    shutil.copytree(folder, other)
    path = other / STUDY
    path.write_text(path.read_text(encoding="utf-8").replace("number = 1", "number = 2"), encoding="utf-8")
    for name in ("", ".measure", ".figure"):
        module = importlib.import_module(f"{PACKAGE}.stockpiling{name}")
        monkeypatch.setitem(sys.modules, f"{PACKAGE}.other{name}", module)
    curbs("reproduce", "--only", "other")
    curbs("reproduce", "--only", "stockpiling")
    assert (curbs.out / "index.html").read_text(encoding="utf-8").count('class="study"') == 2


def test_a_crate_of_nothing_is_refused(tmp_path):
    assert cli.main(["crate", str(tmp_path)]) == 2


def test_the_negative_control_passes_and_can_fail(curbs, monkeypatch, capsys):
    found = control.negative_control(8)
    assert (found.worlds, found.placebo, found.bite) == (8, 0, 8)
    monkeypatch.setattr(control, "OUT_OF_REACH", control.IN_REACH)
    assert not control.negative_control(8).passed
    with pytest.raises(SystemExit) as caught:
        curbs("reproduce")
    assert caught.value.code == 1
    assert "no verdict below can be trusted" in capsys.readouterr().err
