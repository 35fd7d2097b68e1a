"""Stores: shards are whole or absent, nothing is written over, whatever does not belong is named."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
from made import made_rows, small
from pyarrow import parquet

from experiments.evaluate import CRASHED, blank
from experiments.store import DESIGN_FILE, Store, StoreError


@pytest.fixture
def design():
    return small()


@pytest.fixture
def store(design, tmp_path):
    return Store.begin(tmp_path / "sweep", design, 16)


def fill(store, design, size=16):
    for lo in range(0, design.runs, size):
        store.commit(made_rows(design, lo, min(lo + size, design.runs)))


def test_what_is_read_is_what_was_written(store, design):
    written = made_rows(design, 16, 32)
    store.commit(written)
    (read,) = store.rows()
    assert read.first == 16
    for name in ("status", "quarter", "law", "values"):
        assert np.array_equal(getattr(read, name), getattr(written, name))


def test_errors_and_missing_values_are_kept(store, design):
    store.commit(blank(design, 0, 4, CRASHED, "its worker died"))
    (read,) = store.rows()
    assert read.errors == dict.fromkeys(range(4), "its worker died")
    assert np.isnan(read.values).all()
    assert store.verify()["statuses"]["crashed"] == 4


def test_missing_runs_are_cut_to_the_shards_of_the_sweep(store, design):
    assert store.missing() == [(0, 16), (16, 32), (32, 48)]
    store.commit(made_rows(design, 20, 24))
    assert store.missing() == [(0, 16), (16, 20), (24, 32), (32, 48)]


def test_fingerprint_does_not_depend_on_how_runs_were_cut(design, tmp_path):
    found = set()
    for size in (4, 16, 20, 48):
        store = Store.begin(tmp_path / str(size), design, size)
        fill(store, design, size)
        found.add(store.verify()["fingerprint"])
    assert len(found) == 1
    assert None not in found


def test_an_unfinished_sweep_has_no_fingerprint(store, design):
    store.commit(made_rows(design, 0, 16))
    said = store.verify()
    assert (said["complete"], said["done"], said["fingerprint"]) == (False, 16, None)


def test_one_changed_number_changes_the_fingerprint(store, design, tmp_path):
    fill(store, design)
    other = Store.begin(tmp_path / "other", design, 48)
    rows = made_rows(design, 0, 48)
    rows.values[7, 1] = np.nextafter(rows.values[7, 1], 2.0)
    other.commit(rows)
    assert other.verify()["fingerprint"] != store.verify()["fingerprint"]


def test_nothing_is_written_over(store, design):
    store.commit(made_rows(design, 0, 16))
    before = [(path.name, path.read_bytes()) for path in (store.folder / "shards").iterdir()]
    with pytest.raises(StoreError, match="exists already"):
        store.commit(made_rows(design, 0, 16))
    assert before == [(path.name, path.read_bytes()) for path in (store.folder / "shards").iterdir()]


def test_a_corrupt_shard_is_named(store, design):
    fill(store, design)
    path = store.shards()[1].path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises(StoreError, match=f"{path.name}: .*remove it and resume"):
        store.verify()


def test_a_shard_with_other_numbers_is_named(store, design):
    fill(store, design)
    path = store.shards()[0].path
    table = parquet.read_table(path)
    lead = table["lead_2028"].to_numpy().copy()
    lead[3] += 1.0
    parquet.write_table(table.set_column(3, "lead_2028", [lead]), path)
    with pytest.raises(StoreError, match="not what was written"):
        store.verify()


def test_a_foreign_shard_is_named(store, design, tmp_path):
    other = small(seed=2)
    strange = Store.begin(tmp_path / "other", other, 16)
    strange.commit(made_rows(other, 0, 16))
    (shard,) = strange.shards()
    os.rename(shard.path, store.folder / "shards" / shard.path.name)
    with pytest.raises(StoreError, match="belongs to another sweep"):
        store.verify()


@pytest.mark.parametrize(
    ("name", "said"),
    [("notes.txt", "is no shard"), ("000000000008-000000000024.parquet", "overlaps"),
     ("000000000048-000000000064.parquet", "beyond the 48 runs")],
)  # fmt: skip
def test_files_that_do_not_belong_are_named(store, design, name, said):
    fill(store, design)
    (store.folder / "shards" / name).write_bytes(b"")
    with pytest.raises(StoreError, match=said):
        store.missing()


def test_an_edited_description_is_refused(store):
    path = store.folder / DESIGN_FILE
    content = json.loads(path.read_text())
    content["design"]["seed"] = 5
    path.write_text(json.dumps(content))
    with pytest.raises(StoreError, match="was edited"):
        Store(store.folder)


def test_another_design_and_other_code_are_refused(store, design, monkeypatch):
    with pytest.raises(StoreError, match="they differ in 'seed'"):
        Store.begin(store.folder, small(seed=2), 16)
    monkeypatch.setattr("experiments.design.model_digest", lambda: "other")
    with pytest.raises(StoreError, match="the model's code changed"):
        Store.begin(store.folder, small(), 16)


def test_a_folder_with_something_else_is_left_alone(tmp_path, design):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match="exists and is no sweep"):
        Store.begin(tmp_path, design, 16)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("left", [(), ("shards",), ("shards", ".design.json.7.tmp"), (".design.json.7.tmp",)])
def test_a_sweep_killed_while_its_folder_was_made_begins_anew(tmp_path, design, left):
    for name in left:
        (tmp_path / name).mkdir() if name == "shards" else (tmp_path / name).write_text("{")
    store = Store.begin(tmp_path, design, 16)
    assert store.missing() == [(0, 16), (16, 32), (32, 48)]
    (tmp_path / "shards").rmdir()
    assert Store.begin(tmp_path, design, 16).missing() == [(0, 16), (16, 32), (32, 48)]


def test_a_folder_with_shards_of_nobody_knows_what_is_left_alone(tmp_path, design):
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / "000000000000-000000000016.parquet").write_bytes(b"?")
    with pytest.raises(StoreError, match="exists and is no sweep"):
        Store.begin(tmp_path, design, 16)


def test_a_folder_that_is_no_sweep_cannot_be_opened(tmp_path):
    with pytest.raises(StoreError, match="holds no sweep"):
        Store(tmp_path)


def test_two_writers_are_refused_and_leftovers_cleared(store):
    left = store.folder / "shards" / ".000000000000-000000000016.parquet.99.tmp"
    left.write_bytes(b"half")
    with store.locked():
        assert not left.exists()
        with pytest.raises(StoreError, match="another sweep writes here"), Store(store.folder).locked():
            pass


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_export_holds_ids_parameters_and_measures(store, design, tmp_path, suffix):
    fill(store, design)
    target = tmp_path / f"all{suffix}"
    assert store.export(design, target) == design.runs
    from pyarrow import csv  # noqa: PLC0415

    table = csv.read_csv(target) if suffix == ".csv" else parquet.read_table(target)
    assert table.column_names[:6] == ["run", "point", "replication", "arm", "learning_rate", "enforcement"]
    assert table["lead_2032"].to_pylist() == pytest.approx(made_rows(design, 0, design.runs).values[:, 1].tolist())
    with pytest.raises(StoreError, match="exists already"):
        store.export(design, target)


def test_export_of_nothing_says_so(store, design, tmp_path):
    with pytest.raises(StoreError, match="no runs yet"):
        store.export(design, tmp_path / "all.csv")
    with pytest.raises(StoreError, match=r"end in \.csv or \.parquet"):
        store.export(design, tmp_path / "all.xlsx")
