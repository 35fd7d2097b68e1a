"""What the page computes equals the engine; chunks, stopping, bounds, what is kept."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from dataclasses import replace
from time import monotonic

import numpy as np
import pandas as pd
import pytest
from asgi import get
from starlette.applications import Starlette
from starlette.routing import Route

import abm
from abm.backfire import HORIZONS
from abm.parameter_index import PARAMETERS
from abm.scenario import ScenarioError
from visualization.compute import StoppedError, grow, kept, pair_of, sizes, submit
from visualization.downloads import FILES, download, report
from visualization.inspector import inspect
from visualization.instruments import Change
from visualization.kept import Kept
from visualization.lab import Watch
from visualization.limits import HOUR, LINK, Allowance, Gate, LimitError
from visualization.session import FILE, Session, encode, instrument_files, scenario_file

PAIRS = 24
CHANGED = Session(
    parameters={"enforcement": 0.9}, off=frozenset({"stockpiling"}), seed=3,
    law={"us_2024_12_hbm": Change(dropped=True), "us_2023_10_tools": Change("2024Q1", None, 0.5)},
)  # fmt: skip


def nothing(done, total):
    """No progress."""


def never():
    return threading.Event()


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """The same scenario by the engine alone, from the file that is handed out."""
    folder = tmp_path_factory.mktemp("scenario")
    (folder / FILE).write_text(scenario_file(CHANGED))
    for name, text in instrument_files(CHANGED).items():
        (folder / name).write_text(text)
    return abm.compare(folder / FILE, runs=PAIRS, seed=3, leverage=HORIZONS)


def same_rows(table, other):
    keys = ("regime", "probability", "low", "high")
    return [[getattr(row, key) for key in keys] for row in table.rows] == [
        [getattr(row, key) for key in keys] for row in other.rows
    ]


def test_a_pair_is_that_of_the_engine(engine):
    pair = pair_of(replace(CHANGED, world=5))
    assert np.array_equal(pair.controls.record[..., 0], engine.controls.record[..., 5], equal_nan=True)
    assert np.array_equal(pair.counterfactual.record[..., 0], engine.counterfactual.record[..., 5], equal_nan=True)
    assert pair_of(replace(CHANGED, world=5, horizon=2032)) is pair


def test_an_ensemble_that_grew_in_chunks_is_that_of_the_engine(engine):
    small = grow(CHANGED, 8, True, never(), nothing)
    whole = grow(CHANGED, PAIRS, True, never(), nothing)
    assert (small.size, whole.size) == (8, PAIRS)
    assert np.array_equal(whole.pairs.controls.record, engine.controls.record, equal_nan=True)
    for horizon in HORIZONS:
        table, known = whole.regimes(horizon), engine.regimes(horizon)
        assert same_rows(table, known)
        assert table.decoupling_rests_on == known.decoupling_rests_on
    assert kept(CHANGED) is whole
    assert grow(CHANGED, 8, True, never(), nothing) is whole


def test_a_branch_is_that_of_the_engine():
    session = Session(branch="2027Q1", then="none_0", seed=2)
    found = grow(session, 8, False, never(), nothing)
    pair = abm.compare("history", runs=8, seed=2).branch("2027Q1", "none_0")
    assert np.array_equal(found.pairs.controls.record, pair.controls.record, equal_nan=True)
    assert np.array_equal(found.pairs.counterfactual.record, pair.counterfactual.record, equal_nan=True)


def test_work_stops_within_a_second():
    stop = never()
    future = submit(Session(seed=11), 4_000, True, stop, nothing)
    timer = threading.Timer(0.5, stop.set)
    timer.start()
    began = monotonic()
    with pytest.raises(StoppedError):
        future.result(timeout=60)
    assert monotonic() - began < 5.0
    assert kept(Session(seed=11)) is None


def test_progress_counts_all_pairs():
    seen = []
    grow(Session(seed=12), 64, False, never(), lambda done, total: seen.append((done, total)))
    assert seen[0] == (0, 64)
    assert seen[-1] == (64, 64)
    watch = Watch(64, "pairs")
    assert watch.progress.left is None
    watch.told(0, 64)
    watch.told(32, 64)
    assert watch.progress.left is not None
    assert sizes(1_000, 200, 256) == [456, 712, 968, 1_000]
    assert sizes(200, 200, 256) == []


def test_an_allowance_is_for_an_hour():
    now = [0.0]
    mine = Allowance(100, lambda: now[0])
    mine.take(80)
    with pytest.raises(LimitError, match="within an hour; go on in 60 minutes"):
        mine.take(21)
    mine.take(20)
    now[0] = HOUR
    assert mine.used == 0
    mine.take(100)


def test_a_gate_bounds_who_waits():
    gate = Gate(2)
    gate.enter()
    gate.enter()
    with pytest.raises(LimitError, match="2 ensembles are waiting"):
        gate.enter()
    gate.leave()
    gate.enter()


def test_what_is_kept_is_bounded():
    store = Kept(3, len)
    store.put("a", "xx")
    store.put("b", "y")
    assert store.get("a") == "xx"
    store.put("c", "z")
    assert store.get("b") is None
    assert store.get("a") == "xx"
    store.put("d", "wwwww")
    assert len(store) == 1
    assert store.weight == 5
    with pytest.raises(ZeroDivisionError):
        store.get_or("e", lambda: 1 / 0)
    assert store.get("e") is None


def test_a_scenario_that_cannot_be_is_refused():
    with pytest.raises(ScenarioError):
        pair_of(Session(scenario="sliding", continuation="freeze_abs"))


# --- inspector --------------------------------------------------------------------------------------------------------


def test_the_inspector_tells_what_the_engine_tells():
    session = Session(world=3)
    found = inspect(session, "TENCENT", "2023Q3", False)
    assert found.text == str(abm.explain("TENCENT", "2023Q3", "history", world=3))
    captions = [caption for caption, _, _ in found.tables]
    assert captions == [
        "State before and after the quarter", "Rules that were asked", "Parameters behind them", "Rows of the data",
    ]  # fmt: skip
    assert all(len(row) == len(header) for _, header, rows in found.tables for row in rows)
    assert any("firms" in str(row[0]) and "S0" in str(row[2]) for row in found.tables[-1][2])


def test_the_inspector_says_what_it_cannot_explain():
    with pytest.raises(ValueError, match="choose a quarter before 2027Q1"):
        inspect(Session(branch="2027Q1"), "TENCENT", "2028Q1", False)
    with pytest.raises(ValueError, match="no agent is called"):
        inspect(Session(), "TENCNT", "2023Q3", False)


# --- downloads --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client():
    routes = [Route("/download/{name}", download), Route("/reproduction/{path:path}", report)]
    app = Starlette(routes=routes)
    return lambda address: get(app, address)


def test_the_run_is_that_of_the_engine(client, engine):
    answer = client(f"/download/run.csv?{encode(replace(CHANGED, world=5))}")
    frame = pd.read_csv(io.StringIO(answer.text))
    mine = frame[frame.arm == "controls"].capability_cn.to_numpy()
    assert np.array_equal(mine, engine.controls.series("capability_cn")[5])
    assert len(frame) == 2 * 52
    assert "attachment" in answer.headers["content-disposition"]


def test_worlds_and_regimes_parse_and_are_those_of_the_engine(client):
    query = encode(Session(seed=4, point=True))
    pair = abm.compare(abm.Scenario.load("history").with_point(True), runs=200, seed=4, leverage=HORIZONS)
    frame = pd.read_parquet(io.BytesIO(client(f"/download/worlds.parquet?{query}").content))
    mine = frame[frame.arm == "without"].us_vendor_revenue.to_numpy().reshape(200, 52)
    assert np.array_equal(mine, pair.counterfactual.series("us_vendor_revenue"))
    regimes = pd.read_csv(io.StringIO(client(f"/download/regimes.csv?{query}").text))
    assert list(regimes[regimes.horizon == "2028Q4"].probability) == [
        row.probability for row in pair.regimes(2028).rows
    ]
    effects = pd.read_csv(io.StringIO(client(f"/download/effects.csv?{query}").text))
    row = next(row for row in pair.summary() if row.horizon == "2028Q4" and row.effect == "lead")
    assert effects[(effects.horizon == "2028Q4") & (effects.effect == "lead")]["median"].item() == row.median


def test_the_scenario_comes_with_its_rules_and_the_command(client):
    answer = client(f"/download/scenario.zip?{encode(CHANGED)}")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        assert set(pack.namelist()) == {FILE, "us_2023_10_tools.toml", "reproduce.py", "README.txt"}
        assert f"curbs run {FILE} --against none_0 --runs 200 --seed 3" in pack.read("README.txt").decode()
        compile(pack.read("reproduce.py").decode(), "reproduce.py", "exec")


def test_the_sliders_cover_every_parameter_that_can_vary(client):
    groups = json.loads(client("/download/parameters.json").text)
    names = [one["name"] for group in groups for one in group["parameters"]]
    assert sorted(names) == sorted(name for name, one in PARAMETERS.items() if one.low < one.high)
    assert all(
        one["source"] if "source" in one else "source:" in one["about"] for g in groups for one in g["parameters"]
    )


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/download/secrets.csv", 404, "there are run.csv"),
        ("/download/run.csv?v=1&scenario=histry", 400, "nearest valid name"),
        (f"/download/run.csv?v=1&off={'a' * LINK}", 414, "too long"),
        ("/download/run.csv?v=1&scenario=sliding&continuation=freeze_abs", 400, "sliding"),
        ("/reproduction/../pyproject.toml", 404, ""),
        ("/reproduction/%2e%2e/%2e%2e/pyproject.toml", 404, ""),
    ],
)
def test_bad_addresses_are_answered_in_one_line(client, path, status, said):
    answer = client(path)
    assert answer.status_code == status
    assert said in answer.text
    assert "Traceback" not in answer.text


def test_every_download_has_a_maker():
    assert all(callable(make) for _, make in FILES.values())
