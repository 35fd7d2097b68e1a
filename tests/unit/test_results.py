"""Labelled results: looking up, failed runs, frames, saving and loading."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_results import FIRMS, made

import abm
from abm.labelled import Panel
from abm.outcomes import OUTCOMES
from abm.results import Results, ResultsError, UnknownNameError
from abm.series import FIRM_SERIES, INDEX, SERIES
from abm.storage import new_folder

ROOT = Path(abm.__file__).parents[1]


def random_results() -> Results:
    """Values with every kind of bit pattern that a round trip could lose."""
    generator = np.random.Generator(np.random.PCG64(4))
    run = made(7, replications=2, failed={3: (11, 2)})
    record = generator.standard_normal(run.record.shape)
    record[0, :4, 0] = [0.0, -0.0, np.inf, 5e-324]
    return Results(**{**fields_of(run), "record": record, "firm_record": generator.standard_normal((6, 52, 2, 7))})


def fields_of(run: Results) -> dict[str, Any]:
    return {name: getattr(run, name) for name in Results.__dataclass_fields__}


# --- looking things up ------------------------------------------------------------------------------------------------


def test_values_come_run_first_with_unit_and_labels() -> None:
    run = made(3, budget_cn=np.arange(52.0))
    found = run["budget_cn"]
    assert found.dims == ("run", "quarter")
    assert found.values.shape == (3, 52)
    assert found.values[2, 18] == 18.0
    assert found.at("2024Q3").tolist() == [18.0] * 3 == found.at(18).tolist()
    assert (found.unit, found.meaning) == ("USD bn", SERIES[INDEX["budget_cn"]].meaning)
    assert found.coords["quarter"][18] == "2024Q3"
    assert list(found.coords["run"]) == [0, 1, 2]


def test_series_by_firm_have_a_third_dimension() -> None:
    run = made(3)
    found = run["firm_fill"]
    assert found.dims == ("run", "quarter", "firm")
    assert found.values.shape == (3, 52, 2)
    assert found.coords["firm"] == FIRMS
    assert found.values[1, 4, 0] == run.firm_record[5, 4, 0, 1]


def test_names_cover_series_outcomes_and_firms() -> None:
    run = made(1)
    assert set(run.names) == {*INDEX, *OUTCOMES, *(series.name for series in FIRM_SERIES)}
    assert len(run.names) == len(set(run.names))
    assert "lead" in run
    assert "leads" not in run


@pytest.mark.parametrize(("name", "message"), [("capability_ch", "'capability_cn'"), ("ASCEND_UNITS", "observe"),
                                               ("firm_spendin", "'firm_spending'")])  # fmt: skip
def test_unknown_name_is_a_key_error_with_the_nearest(name: str, message: str) -> None:
    with pytest.raises(KeyError) as caught:
        made(1)[name]
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_quarter_and_series() -> None:
    with pytest.raises(UnknownNameError, match="2032Q4"):
        made(1)["lead"].at("2033Q4")
    with pytest.raises(UnknownNameError, match="'budget_cn'"):
        made(1).series("budget")


def test_values_cannot_be_changed() -> None:
    run = made(1)
    for name in ("budget_cn", "lead", "firm_fill"):
        with pytest.raises(ValueError, match="read-only"):
            run[name].values[0] = 1.0


def test_designs_by_id() -> None:
    run = made(1, design_compliance_a=np.minimum(np.arange(52.0) - 2, 1.0))
    found = run.design_on_sale("design_compliance_a")[0]
    assert found[:5].tolist() == ["", "", "A100", "H20", "H20"]
    with pytest.raises(UnknownNameError, match="'design_amd'"):
        run.design_on_sale("price_amd")


# --- failed runs ------------------------------------------------------------------------------------------------------


def test_failed_runs_are_blank_and_counted_by_law() -> None:
    run = made(4, replications=2, failed={1: (30, 3), 3: (11, 0)}, budget_cn=1.0)
    assert np.isnan(run["budget_cn"].values).any(axis=1).tolist() == [False, True, False, True]
    assert np.isnan(run["firm_fill"].values[[1, 3]]).all()
    assert (run.failed.count, run.failed.runs, run.failed.first) == (2, 4, "2022Q4")
    assert run.failed.laws == {"finite": 1, "money": 1}
    assert run.failed.worlds == (1, 3)
    assert str(run.failed) == "2 of 4 runs failed, first in 2022Q4 (finite: 1, money: 1)"
    assert run.point.tolist() == [0, 0, 1, 1]


def test_blanking_leaves_the_arrays_of_the_engine_alone() -> None:
    record = np.ones((len(SERIES), 52, 2))
    run = Results(**{**fields_of(made(2)), "record": record, "failed_quarter": np.asarray([-1, 5])})
    assert np.isnan(run.record[:, :, 1]).all()
    assert np.all(record == 1.0)


def test_no_failure_says_so() -> None:
    assert str(made(2).failed) == "none of 2 runs failed"
    assert made(2).failed.first is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"record": np.zeros((3, 52, 2))}, r"record has shape \(3, 52, 2\)"),
        ({"firm_record": np.zeros((6, 52, 3, 2))}, "firm_record has shape"),
        ({"failed_law": np.zeros(5, dtype=np.int64)}, "failed_law has shape"),
        ({"parameters": {"beta": np.zeros(3)}}, r"parameters\['beta'\] has shape"),
        ({"replications": 0}, "replications"),
        ({"failed_quarter": np.zeros(2), "failed_law": np.full(2, 99)}, "failed_law must be"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ResultsError, match=message):
        Results(**{**fields_of(made(2)), **change})


# --- frames -----------------------------------------------------------------------------------------------------------


def test_frame_has_a_row_per_run_and_quarter() -> None:
    frame = made(3, replications=2, budget_cn=np.arange(52.0)).to_frame(["budget_cn", "lead"])
    assert list(frame.columns) == ["run", "point", "quarter", "budget_cn", "lead"]
    assert len(frame) == 3 * 52
    row = frame.iloc[2 * 52 + 18]
    assert (row["run"], row["point"], row["quarter"], row["budget_cn"]) == (2, 1, "2024Q3", 18.0)


def test_frame_of_everything_and_of_firms() -> None:
    run = made(2)
    assert set(run.to_frame().columns) == {"run", "point", "quarter", *INDEX, *OUTCOMES}
    firms = run.to_frame(["firm_fill"])
    assert list(firms.columns) == ["run", "point", "quarter", "firm", "firm_fill"]
    assert firms["firm_fill"].to_numpy()[1 * 52 * 2 + 4 * 2 + 1] == run.firm_record[5, 4, 1, 1]
    with pytest.raises(ResultsError, match="apart"):
        run.to_frame(["firm_fill", "lead"])
    with pytest.raises(UnknownNameError, match="'lead'"):
        run.to_frame(["leed"])


def test_results_import_neither_pandas_nor_mesa() -> None:
    code = "import sys, abm.backfire; print([name for name in ('pandas', 'mesa', 'pyarrow') if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "[]"


# --- saving and loading -----------------------------------------------------------------------------------------------


def test_round_trip_keeps_every_bit(tmp_path: Path) -> None:
    before = random_results()
    after = Results.load(before.save(tmp_path / "deep" / "results"))
    for name, value in fields_of(before).items():
        found = getattr(after, name)
        if isinstance(value, np.ndarray):
            assert (found.dtype, found.tobytes()) == (value.dtype, value.tobytes()), name
        elif name == "parameters":
            assert {key: entry.tobytes() for key, entry in found.items()} == {
                key: entry.tobytes() for key, entry in value.items()
            }
        else:
            assert found == value, name
    assert after.failed == before.failed


def test_more_runs_than_a_block_of_the_writer(tmp_path: Path) -> None:
    before = made(1100, budget_cn=np.arange(1100.0)[:, None] + np.arange(52.0) / 100)
    after = Results.load(before.save(tmp_path / "results"))
    assert after.record.tobytes() == before.record.tobytes()
    assert after.firm_record.tobytes() == before.firm_record.tobytes()


def test_folder_holds_tables_summary_and_manifest(tmp_path: Path) -> None:
    folder = made(3, budget_cn=np.asarray([[1.0], [2.0], [6.0]])).save(tmp_path / "results")
    assert sorted(path.name for path in folder.iterdir()) == [
        "firms.parquet", "manifest.json", "series.parquet", "summary.csv", "worlds.parquet",
    ]  # fmt: skip
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["scenario"], manifest["runs"], manifest["made_by"]["data_checksum"]) == ("made", 3, "abc")
    lines = (folder / "summary.csv").read_text().splitlines()
    assert lines[0] == "name,unit,quarter,runs,p05,median,p95"
    assert "budget_cn,USD bn,2024Q3,3,1.1,2.0,5.6" in lines


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_a_place_that_is_taken_is_refused_and_left_alone(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "results"
    if kind == "folder":
        place.mkdir()
        (place / "precious").write_text("mine")
    elif kind == "file":
        place.write_text("mine")
    else:
        place.symlink_to(tmp_path / "nowhere")
    with pytest.raises(ResultsError, match="exists already"):
        made(1).save(place)
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    if kind == "folder":
        assert (place / "precious").read_text() == "mine"


def test_a_save_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    run = Results(**{**fields_of(made(1)), "manifest": {"broken": object()}})
    with pytest.raises(ResultsError, match="plain values"):
        run.save(tmp_path / "results")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match="cannot be written"):
        made(1).save(tmp_path / "file" / "results")


def test_a_killed_save_leaves_no_half_folder(tmp_path: Path) -> None:
    code = textwrap.dedent("""
        import os, sys
        from abm.storage import new_folder
        with new_folder(sys.argv[1]) as inside:
            (inside / "half").write_text("x")
            os.kill(os.getpid(), 9)
    """)
    found = subprocess.run([sys.executable, "-c", code, str(tmp_path / "results")], check=False, cwd=ROOT)
    assert found.returncode == -9
    assert not (tmp_path / "results").exists()
    assert all(path.name.startswith(".results.") for path in tmp_path.iterdir())
    made(1).save(tmp_path / "results")


def test_a_place_taken_meanwhile_is_left_alone(tmp_path: Path) -> None:
    def write() -> None:
        with new_folder(tmp_path / "results") as inside:
            (inside / "mine").write_text("x")
            (tmp_path / "results").mkdir()

    with pytest.raises(ResultsError, match="exists already"):
        write()
    assert list((tmp_path / "results").iterdir()) == []


def edit_manifest(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in manifest.items() if value != "gone"}))


def series_without(folder: Path, name: str) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    edit_manifest(folder, series=[entry for entry in manifest["series"] if entry["name"] != name])


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def swap(folder: Path) -> None:
    other = Results(**{**fields_of(made(3)), "world": np.arange(3) + 100}).save(folder.parent / "other")
    (folder / "series.parquet").write_bytes((other / "series.parquet").read_bytes())


BREAKS = {
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), "holds no manifest.json"),
    "manifest is no JSON": (lambda folder: (folder / "manifest.json").write_text("{"), "is not JSON"),
    "manifest is a list": (lambda folder: (folder / "manifest.json").write_text("[]"), "format None"),
    "other format": (lambda folder: edit_manifest(folder, format=99), "format 99"),
    "key missing": (lambda folder: edit_manifest(folder, seed="gone"), "'seed'"),
    "runs is text": (lambda folder: edit_manifest(folder, runs="many"), "malformed"),
    "other number of runs": (lambda folder: edit_manifest(folder, runs=4), "has 3 rows, 4 expected"),
    "other parameter": (lambda folder: edit_manifest(folder, parameters=["bet"]), "'parameter.bet' is missing"),
    "series unknown": (lambda folder: edit_manifest(folder, series=[{"name": "leads"}]), "'leads' is unknown"),
    "series not recorded": (lambda folder: series_without(folder, "budget_cn"), "'budget_cn' was not recorded"),
    "file missing": (lambda folder: (folder / "series.parquet").unlink(), "series.parquet is missing"),
    "file cut": (lambda folder: cut(folder / "series.parquet"), "cannot be read as Parquet"),
    "file empty": (lambda folder: (folder / "firms.parquet").write_bytes(b""), "cannot be read as Parquet"),
    "file of other runs": (swap, "its runs are not those"),
}


@pytest.mark.parametrize("kind", BREAKS)
def test_a_broken_folder_is_refused_in_one_line_and_left_alone(tmp_path: Path, kind: str) -> None:
    folder = made(3).save(tmp_path / "results")
    spoil, message = BREAKS[kind]
    spoil(folder)
    before = sorted((path.name, path.stat().st_size) for path in folder.iterdir())
    with pytest.raises(ResultsError) as caught:
        Results.load(folder)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert sorted((path.name, path.stat().st_size) for path in folder.iterdir()) == before


def test_a_folder_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    made(1).save(tmp_path / "results")
    with pytest.raises(ResultsError, match="no such folder; nearest valid name: 'results'"):
        Results.load(tmp_path / "result")
    with pytest.raises(ResultsError, match="no such folder"):
        Results.load(tmp_path / "nowhere" / "result")


# --- what added agents recorded ---------------------------------------------------------------------------------------


def with_reserves(shape: tuple[int, ...] = (2, 3, 2), **more: Any) -> Results:
    panel = Panel(
        "USD bn", "reserve", {"insurer": ("A", "B"), "quarter": ("2020Q1", "2020Q2", "2020Q3")}, np.ones(shape)
    )
    return Results(**{**fields_of(made(2, 3, **more)), "added": {"reserves": panel}})


def test_what_added_agents_recorded_is_labelled_saved_and_blanked(tmp_path: Path) -> None:
    run = with_reserves(failed={1: (2, 0)})
    found = run["reserves"]
    assert (found.dims, found.values.shape, found.unit) == (("run", "quarter", "insurer"), (2, 3, 2), "USD bn")
    assert found.coords["insurer"] == ("A", "B")
    assert found.at("2020Q2")[0].tolist() == [1.0, 1.0]
    assert np.isnan(found.values[1]).all()
    assert "reserves" in run.names
    again = Results.load(run.save(tmp_path / "results"))
    np.testing.assert_array_equal(again["reserves"].values, found.values)
    assert (again["reserves"].dims, again["reserves"].coords["insurer"]) == (found.dims, ("A", "B"))
    with pytest.raises(ResultsError, match="take it as results"):
        run.to_frame(["reserves"])
    (tmp_path / "results" / "added.reserves.parquet").unlink()
    with pytest.raises(ResultsError, match=r"added\.reserves\.parquet is missing"):
        Results.load(tmp_path / "results")


def test_what_added_agents_recorded_must_fit() -> None:
    with pytest.raises(ResultsError, match=r"added\['reserves'\] has shape \(2, 3, 1\), \(2, 3, 2\) expected"):
        with_reserves((2, 3, 1))


def test_series_about_a_firm_are_refused_where_it_does_not_exist(tmp_path: Path) -> None:
    run = made(2)
    other = Results(**{**fields_of(run), "firms": ("CN_0", "US_1")})
    assert "tencent_spending" in run.names
    assert not {"tencent_spending", "TENCENT_CAPEX_Q"} & {*other.names, *other.observations}
    assert "tencent_spending" not in other
    for look in (other.series, other.__getitem__):
        with pytest.raises(UnknownNameError, match=r"firm TENCENT, which this world does not have; .* CN_0, US_1"):
            look("tencent_spending")
    for name in ("TENCENT_CAPEX_Q", "CN4_CAPEX", "BAIDU_CAPEX"):
        with pytest.raises(UnknownNameError, match="which this world does not have"):
            other.observe(name)
    assert "tencent_spending" not in other.to_frame().columns
    again = Results.load(other.save(tmp_path / "drawn"))
    assert again.names == other.names
    assert again.firm_record.tobytes() == other.firm_record.tobytes()
