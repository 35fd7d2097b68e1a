"""The command line: what it prints, refuses and writes; the engine is replaced by invented runs unless marked slow."""

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
import synthetic_pairs

import abm
from abm import continuing, simulation
from abm.backfire import Comparison
from abm.results import Results
from abm.scenario import list_scenarios
from experiments import cli
from experiments.report import NOTE
from experiments.shown import signed

ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """Replace the engine; the list fills with the arguments of its calls."""
    calls: list[dict] = []

    def side_by_side(pairs, request, steps=()):
        found = []
        for scenario, counterfactual in pairs:
            calls.append({"scenario": scenario, "counterfactual": counterfactual, "runs": request.runs,
                          "seed": request.seed, "threads": request.threads, "replications": request.replications,
                          "steps": steps})  # fmt: skip
            if request.progress is not None:
                request.progress(request.runs, request.runs)
            controls, without = (
                synthetic_pairs.results(one, request.runs, request.seed) for one in (scenario, counterfactual)
            )
            found.append(Comparison(controls, without, synthetic_pairs.leverage(steps, request.runs)))
        return found

    monkeypatch.setattr(continuing, "side_by_side", side_by_side)
    monkeypatch.setattr(simulation, "compiled_before", lambda: True)
    return calls


def curbs(*words: str, **more) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "experiments.cli", *words], capture_output=True, text=True, cwd=ROOT, check=False, **more
    )


# --- run --------------------------------------------------------------------------------------------------------------


def test_history_runs_under_every_continuation(engine: list[dict], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "--runs", "16", "--seed", "3", "--threads", "1", "--replications", "4"]) == 0
    assert [call["scenario"].continuation for call in engine] == ["freeze_abs", "freeze_rel", "rule"] * 3
    assert [call["scenario"].china_gate for call in engine] == ["on"] * 3 + ["off"] * 3 + ["rule"] * 3
    assert [call["counterfactual"].name for call in engine] == ["none_0"] * 9
    assert [call["counterfactual"].rule_start for call in engine] == [None] * 9
    assert all((call["runs"], call["seed"], call["threads"]) == (16, 3, 1) for call in engine)
    printed = " ".join(capsys.readouterr().out.split())
    assert "history against none_0: 16 pairs of worlds, 2 parameter points, none failed, seed 3" in printed
    assert "no-control share of world frontier supply U(0.09, 0.22)" in printed
    assert NOTE in printed
    for heading in ("2026Q4", "2028Q4", "2030Q4", "2032Q4", "US lead", "self-reliance", "induced output", "US revenue"):
        assert heading in printed
    assert printed.count("Probability of each regime") == 3
    assert printed.index("Beliefs:") < printed.index("Probability of each regime")


def test_leverage_and_pain_are_told_unless_they_are_not_wanted(
    engine: list[dict], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["run", "--runs", "16"]) == 0
    assert [call["steps"] for call in engine[:3]] == [[27, 35, 43, 47]] * 3
    assert {tuple(call["steps"]) for call in engine[3:]} == {()}
    printed = " ".join(capsys.readouterr().out.split())
    assert "leverage, pp" in printed
    assert "relative pain" in printed
    assert printed.count("the controls lose for") == 3
    assert "rests on domestic output or leverage (a change of 0.10, measured at 2028Q4, defined in 16 of" in printed
    assert cli.main(["run", "--runs", "16", "--no-leverage"]) == 0
    assert [call["steps"] for call in engine[9:12]] == [[]] * 3
    printed = " ".join(capsys.readouterr().out.split())
    assert "leverage, pp" not in printed
    assert "rests on domestic output alone; leverage was not measured" in printed


def test_other_scenarios_run_once(engine: list[dict]) -> None:
    assert cli.main(["run", "frozen", "--against", "chips_only", "--runs", "8"]) == 0
    assert [(call["scenario"].name, call["counterfactual"].name) for call in engine] == [("frozen", "chips_only")]


def test_options_change_both_arms(engine: list[dict]) -> None:
    words = ["run", "--runs", "8", "--point", "--set", "enforcement=0.5", "--set", "china_share=.1",
             "--without", "stockpiling"]  # fmt: skip
    assert cli.main(words) == 0
    for call in engine:
        for arm in (call["scenario"], call["counterfactual"]):
            states = {"mobilisation_us": 0.0, "mobilisation_cn": 0.0}
            assert arm.fixed == {"enforcement": 0.5, "china_share": 0.1, **states}
            assert arm.off == {"stockpiling"}
            assert arm.point


def test_a_mechanism_can_be_off_in_the_own_arm_alone(engine: list[dict]) -> None:
    assert cli.main(["run", "--runs", "8", "--without", "imitation", "--without-here", "porting"]) == 0
    for call in engine:
        assert call["scenario"].off == {"imitation", "porting"}
        assert call["counterfactual"].off == {"imitation"}


def test_chinas_gate_is_the_same_in_both_arms(engine: list[dict], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "--runs", "8", "--china-gate", "rule"]) == 0
    assert {arm.china_gate for call in engine[:3] for arm in (call["scenario"], call["counterfactual"])} == {"rule"}
    assert all(call["scenario"].china_gate == call["counterfactual"].china_gate for call in engine)
    capsys.readouterr()
    assert cli.main(["run", "--china-gate", "of"]) == 2
    assert "unknown china_gate 'of'; did you mean 'off'" in capsys.readouterr().err


def test_an_unknown_mechanism_for_one_arm_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "--without-here", "portin"]) == 2
    assert "did you mean 'porting'" in capsys.readouterr().err


def test_a_file_can_be_scenario_or_counterfactual(engine: list[dict], tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('mode = "chips_only"\n')
    assert cli.main(["run", str(mine), "--against", str(mine), "--runs", "8"]) == 0
    assert engine[0]["scenario"].policy == engine[0]["counterfactual"].policy


def test_json_is_plain_and_complete(engine: list[dict], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "--runs", "16", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["runs"] == 16
    assert set(found["continuations"]) == {"freeze_abs", "freeze_rel", "rule"}
    at_2028 = found["continuations"]["freeze_rel"]["regimes"]["2028"]
    assert sum(row["probability"] for row in at_2028["probabilities"].values()) == pytest.approx(1)
    assert all(row["low"] <= row["probability"] <= row["high"] for row in at_2028["probabilities"].values())
    assert at_2028["runs"] == 16
    lead = found["continuations"]["freeze_abs"]["effects"]["2032"]["lead"]
    assert lead["n"] == 16
    assert lead["low"] <= lead["median"] <= lead["high"]


def test_the_results_folder_holds_all_that_is_needed(engine: list[dict], tmp_path: Path) -> None:
    out = tmp_path / "results" / "history"
    assert cli.main(["run", "--runs", "8", "--out", str(out)]) == 0
    names = {path.name for path in out.iterdir()}
    assert names == {"manifest.json", "gates.csv", "summary.csv", "summary.json", "regimes.csv", "quantiles.csv",
                     "runs", "picture.png", "picture.svg", "picture.json"}  # fmt: skip
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["seed"] == 1
    assert manifest["runs"] == 8
    assert manifest["data_checksum"] == "0" * 64
    assert manifest["scenarios"]["freeze_rel"]["relative_from"] == "2026Q3"
    assert tomllib.loads(manifest["scenarios"]["freeze_abs"]["text"])["mode"] == "script"
    for file, digest in manifest["files"].items():
        assert hashlib.sha256((out / file).read_bytes()).hexdigest() == digest
    saved = Results.load(out / "runs" / "freeze_abs" / "controls")
    assert saved.runs == 8
    with (out / "regimes.csv").open() as file:
        rows = list(csv.DictReader(file))
    at_2030 = [row for row in rows if row["horizon"] == "2030" and row["continuation"] == "freeze_abs"]
    assert sum(float(row["probability"]) for row in at_2030) == pytest.approx(1)
    assert [path.name for path in out.parent.iterdir()] == ["history"]


def test_an_existing_folder_is_refused_before_anything_runs(
    engine: list[dict], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["run", "--runs", "8", "--out", str(tmp_path)]) == 2
    assert engine == []
    assert capsys.readouterr().err == f"curbs: {tmp_path} exists already; choose another --out or remove it yourself\n"


@pytest.mark.parametrize("fault", [KeyboardInterrupt, RuntimeError("boom"), cli.Stopped(143)])
def test_an_interrupted_run_writes_nothing(
    engine: list[dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    def fail(*_args, **_more):
        raise fault

    monkeypatch.setattr("experiments.panels.draw", fail)
    if isinstance(fault, SystemExit):
        with pytest.raises(SystemExit):
            cli.main(["run", "--runs", "8", "--out", str(tmp_path / "a" / "out")])
    else:
        status = cli.main(["run", "--runs", "8", "--out", str(tmp_path / "a" / "out")])
        assert status == (70 if isinstance(fault, RuntimeError) else 130)
    assert list(tmp_path.iterdir()) == []


def test_the_first_compilation_is_announced(
    engine: list[dict], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["run", "--runs", "8"]) == 0
    assert "compiling" not in capsys.readouterr().err
    monkeypatch.setattr(simulation, "compiled_before", lambda: False)
    assert cli.main(["run", "--runs", "8", "--json"]) == 0
    captured = capsys.readouterr()
    assert "only the first time" in captured.err
    json.loads(captured.out)


def test_errors_are_one_line_and_debug_shows_the_traceback(
    engine: list[dict], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(continuing, "side_by_side", lambda *_args, **_more: 1 / 0)
    assert cli.main(["run", "--runs", "8"]) == 70
    assert capsys.readouterr().err.count("\n") == 1
    assert cli.main(["run", "--runs", "8", "--debug"]) == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        (["run", "histroy"], "did you mean 'history'"),
        (["run", "--against", "none0"], "did you mean 'none_0'"),
        (["run", "--set", "enforcment=0.5"], "'enforcement'"),
        (["run", "--set", "enforcement=5"], "[0.3, 0.95]"),
        (["run", "--without", "stockpile"], "did you mean 'stockpiling'"),
        (["run", "absent.toml"], "no such file"),
        (["classify", "H2O", "2025-05-01"], "H2O"),
        (["classify", "H20", "yesterday"], "2023-10-23"),
        (["check", "absent.toml"], "no such file"),
    ],
)
def test_bad_input_exits_2_with_one_line(
    engine: list[dict], capsys: pytest.CaptureFixture[str], words: list[str], needed: str
) -> None:
    assert cli.main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert needed in captured.err
    assert engine == []


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        (["run", "--runs", "0"], "the least is 1"),
        (["run", "--runs", "many"], "not a whole number"),
        (["run", "--seed", "-1"], "the least is 0"),
        (["run", "--set", "enforcement"], "name=number"),
        (["run", "--set", "enforcement=high"], "name=number"),
        (["simulate"], "invalid choice: 'simulate'"),
        ([], "COMMAND"),
    ],
)
def test_bad_usage_exits_2_with_one_line(capsys: pytest.CaptureFixture[str], words: list[str], needed: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(words)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert needed in error


def test_numbers_have_a_sign_unless_they_round_to_nothing() -> None:
    assert signed(3.14, 1) == "+3.1"
    assert signed(-1234.5, 0) == "\u22121,234"
    assert signed(-0.04, 1) == "0.0"
    assert signed(float("inf"), 1) == "all"


# --- the other commands -----------------------------------------------------------------------------------------------


def test_scenarios_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["scenarios"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(list_scenarios())
    assert cli.main(["scenarios", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == list_scenarios()


def test_check_tells_scenarios_from_instruments(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data = ROOT / "abm" / "data"
    assert cli.main(["check", str(data / "scenarios" / "tight.toml")]) == 0
    assert capsys.readouterr().out.startswith("ok: scenario tight: mode tight")
    assert cli.main(["check", str(data / "policy" / "us_2024_12_hbm.toml")]) == 0
    assert capsys.readouterr().out.startswith("ok: instrument us_2024_12_hbm: ")
    for name, text, needed in (
        ("scenario.toml", 'mode = "script"\npoints = true\n', "did you mean 'point'"),
        ("instrument.toml", 'id = "x"\ntitle = "X"\nefective = 2024-01-01\n', "efective"),
        ("neither.toml", "colour = 1\n", "neither a scenario"),
        ("broken.toml", "mode = \n", "not valid TOML"),
    ):
        (tmp_path / name).write_text(text)
        assert cli.main(["check", str(tmp_path / name)]) == 2
        error = capsys.readouterr().err
        assert needed in error
        assert error.count("\n") == 1


def test_an_instrument_must_not_supersede_what_is_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "abm" / "data" / "policy" / "us_2023_10_advanced_computing.toml").read_text()
    changed = tmp_path / "changed.toml"
    changed.write_text(text.replace('"us_2022_10_advanced_computing", ', '"us_2022_10_advanced_computer", '))
    assert cli.main(["check", str(changed)]) == 2
    assert "us_2022_10_advanced_computing" in capsys.readouterr().err


def test_classify_says_status_and_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["classify", "H20", "2024-06-01"]) == 0
    assert capsys.readouterr().out.startswith("free: ")
    assert cli.main(["classify", "H20", "2025-05-01", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "licence"
    assert cli.main(["classify", "A800", "2023-11-01", "--buyer", "TENCENT"]) == 0
    assert capsys.readouterr().out.startswith("denied: ")


# --- as a process -----------------------------------------------------------------------------------------------------


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == abm.__version__
    assert project["scripts"]["curbs"] == "experiments.cli:main"
    assert curbs("--version").stdout == f"curbs {abm.__version__}\n"


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom experiments.cli import build_parser\nbuild_parser().format_help()\n"
        "print(sorted({'numpy', 'numba', 'mesa', 'matplotlib', 'rich', 'pyarrow'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert run.stdout == "[]\n"
    assert "curbs run --out results/history" in curbs("--help").stdout


def test_importing_abm_loads_neither_numba_nor_mesa() -> None:
    code = "import sys, abm\nprint(sorted({'numpy', 'numba', 'mesa', 'pandas'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert run.stdout == "[]\n"


def test_a_closed_pipe_is_no_error() -> None:
    run = subprocess.run(
        f"{sys.executable} -m experiments.cli scenarios --json | true", shell=True, capture_output=True, text=True,
        cwd=ROOT, check=False,
    )  # fmt: skip
    assert run.stderr == ""


@pytest.mark.slow
def test_a_run_with_the_engine_writes_a_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = curbs("run", "--runs", "16", "--point", "--out", str(out))
    assert run.returncode == 0, run.stderr
    assert "all parameters at the centre of 'posterior'" in " ".join(run.stdout.split())
    manifest = json.loads((out / "manifest.json").read_text())
    assert len(manifest["data_checksum"]) == 64
    saved = Comparison(*(Results.load(out / "runs" / "freeze_abs" / arm) for arm in ("controls", "counterfactual")))
    assert saved.failed == 0
    assert (out / "picture.png").stat().st_size > 50_000


@pytest.mark.slow
def test_the_same_seed_prints_the_same_whatever_the_threads() -> None:
    one, two = (curbs("run", "frozen", "--runs", "8", "--json", "--threads", threads) for threads in ("1", "2"))
    assert one.returncode == 0, one.stderr
    assert one.stdout == two.stdout


@pytest.mark.slow
def test_a_killed_run_leaves_no_folder(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "experiments.cli", "run", "--runs", "200000", "--out", str(tmp_path / "a" / "out")]
    with subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        time.sleep(8)
        assert process.poll() is None
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []
