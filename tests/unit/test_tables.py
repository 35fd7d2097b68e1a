"""The loader: what it returns, and that every kind of broken input stops it with one line."""

import csv
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from abm.schema import DATA, DataError, load_schema
from abm.tables import DataPack, Table, load_pack, number, observed_series, text


@pytest.fixture(scope="module")
def pack() -> DataPack:
    return load_pack()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "pack"
    folder.mkdir()
    for file in load_schema().tables.values():
        (folder / file.folder).mkdir(exist_ok=True)
        shutil.copy(DATA / file.file, folder / file.file)
    return folder


def edit(file: Path, change: Callable[[list[list[str]]], object]) -> None:
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    change(rows)
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def refusal(folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        load_pack(folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_rows_are_typed_and_read_only(pack: DataPack) -> None:
    row = pack.chips.one(chip="H20 (96GB)")
    assert row["vendor_id"] == "NVIDIA"
    assert row["hbm_stacks"] == 6
    assert isinstance(row["hbm_stacks"], int)
    assert row["memory_bw_tbs"] == 4.0
    assert row["price_transacted_usd"] is None
    with pytest.raises(TypeError):
        row["vendor_id"] = "AMD"  # type: ignore[index]


def test_no_row_is_lost(pack: DataPack) -> None:
    for table in pack.tables:
        file = DATA / load_schema().tables[table.name].file
        with file.open(encoding="utf-8", newline="") as stream:
            assert len(table) == sum(1 for _ in csv.reader(stream)) - 1


def test_select_rows(pack: DataPack) -> None:
    assert pack.initial is pack.initial_2020q1
    assert pack.supply_links.where(supplier="ASML", customer="SMIC").column("tool_class") == ["litho"]
    assert len(pack.firms.where(type="regulator")) == 6
    assert pack.firms.where(type="nobody").rows == ()
    with pytest.raises(DataError, match="firms: column 'typ' is unknown; nearest valid name: 'type'"):
        pack.firms.where(typ="cloud")
    with pytest.raises(DataError, match=r"firms: no rows with firm_id = 'TENCNT', one expected; .*: 'TENCENT'"):
        pack.firms.one(firm_id="TENCNT")
    with pytest.raises(DataError, match="firms: 6 rows with type = 'regulator', one expected"):
        pack.firms.one(type="regulator")


def test_empty_cells_are_never_zero(pack: DataPack) -> None:
    row = pack.firms.one(firm_id="ALIBABA")
    assert number(row, "capex_usd_bn") == 10.0
    assert text(row, "name") == "Alibaba"
    with pytest.raises(DataError, match="ALIBABA Alibaba: revenue_usd_bn is empty, a number is needed"):
        number(row, "revenue_usd_bn")
    with pytest.raises(DataError, match="name is text, a number is needed"):
        number(row, "name")
    with pytest.raises(DataError, match="capex_usd_bn is a number, text is needed"):
        text(row, "capex_usd_bn")
    with pytest.raises(DataError, match="column 'capex' is unknown; nearest valid name: 'capex_usd_bn'"):
        number(row, "capex")


def test_series_come_in_order_of_time(pack: DataPack) -> None:
    billing = observed_series(pack, "NVDA_CHINA_REV_BILL")
    assert [period for period, *_ in billing[:2]] == ["2021Q1", "2021Q2"]
    assert [period for period, *_ in billing] == sorted(period for period, *_ in billing)
    assert billing[-1] == ("2024Q4", 5.53, 5.4, 5.9)
    assert [row[0] for row in observed_series(pack, "IDC_SHARE_DOM")] == ["2023H1", "2023", "2024"]
    assert observed_series(pack, "CSET_CN_SHARE_LITHO") == [("2024", 0.2, None, None)]
    with pytest.raises(DataError, match="series 'IDC_UNIT' is unknown; nearest valid name: 'IDC_UNITS'"):
        observed_series(pack, "IDC_UNIT")


def test_citations_name_text_and_address(pack: DataPack) -> None:
    row = pack.chips.one(chip="A100 80GB SXM")
    first, second = pack.citations(text(row, "source"))
    assert first.startswith("Epoch AI ML Hardware dataset")
    assert second.startswith("TechPowerUp")
    billing = pack.observations.one(series_id="NVDA_CHINA_REV_BILL", period="2024Q2")
    assert pack.citations(text(billing, "source"))[0].endswith("_china_including_hong_kong_total_revenue")


def test_world_without_cset_tables(pack: DataPack, copy: Path) -> None:
    without = load_pack(cset=False)
    shutil.rmtree(copy / "cset")
    absent = load_pack(copy)
    for slim in (without, absent):
        assert [len(slim.firms_cset), len(slim.observations_cset), len(slim.supply_links_cset)] == [0, 0, 0]
        assert slim.supply_links == pack.supply_links
        assert slim.supply_links_cset.columns == pack.supply_links.columns
    assert without.checksum == absent.checksum != pack.checksum


def test_checksum_follows_content_not_line_endings(pack: DataPack, copy: Path) -> None:
    assert load_pack(copy).checksum == pack.checksum
    file = copy / "firms.csv"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert load_pack(copy).checksum == pack.checksum
    edit(copy / "input_prices.csv", lambda rows: rows[1].__setitem__(rows[0].index("mid"), "161"))
    assert load_pack(copy).checksum != pack.checksum


def test_loads_fast() -> None:
    load_pack()
    start = time.process_time()
    load_pack()
    assert time.process_time() - start < 0.5


CELLS = [
    ("observations.csv", 2, "unit", "", "row 2, NVDA_DC_REV 2020Q1: unit is empty but required"),
    ("observations.csv", 2, "unit", "USD bm", "unit 'USD bm' is unknown; nearest valid name: 'USD "),
    ("observations.csv", 2, "value", "-1", "NVDA_DC_REV 2020Q1: value -1 lies outside 0 to 2000 USD bn"),
    ("observations.csv", 2, "value", "", "value is empty but required"),
    ("observations.csv", 2, "value", "nan", "value 'nan' is not a finite number"),
    ("observations.csv", 2, "value", "1e999", "value '1e999' is not a finite number"),
    ("observations.csv", 2, "value", "inf", "value 'inf' is not a finite number"),
    ("observations.csv", 2, "value", "1_000", "value '1_000' is not a finite number"),
    ("observations.csv", 2, "value", " 1.1", "value ' 1.1' has spaces around it"),
    ("observations.csv", 2, "low", "2", "NVDA_DC_REV 2020Q1: low 2.0 exceeds value 1.141"),
    ("observations.csv", 2, "high", "1", "value 1.141 exceeds high 1.0"),
    ("observations.csv", 3, "period", "2020Q1", "row 3, NVDA_DC_REV 2020Q1: repeats the key of row 2"),
    ("observations.csv", 2, "period", "2020Q5", "period '2020Q5' is not a period such as"),
    ("observations.csv", 2, "role", "calibrate", "role 'calibrate' is not allowed; nearest valid name: 'calibration'"),
    ("observations.csv", 2, "source", "S9999", "source 'S9999' is not in sources.csv; nearest valid name: 'S"),
    ("observations.csv", 2, "source", "", "source is empty but required"),
    ("firm_shares.csv", 2, "share_mid", "1.2", "row 2, CN BYTEDANCE: share_mid 1.2 lies outside 0 to 1 fraction"),
    ("firm_shares.csv", 2, "firm_id", "BYTEDANC", "'BYTEDANC' is not in firms.csv; nearest valid name: 'BYTEDANCE'"),
    ("firm_shares.csv", 2, "share_low", ".25", "share_low 0.25 exceeds share_mid 0.2"),
    ("supply_links.csv", 2, "supplier", "SMEEE", "row 2, E019: supplier 'SMEEE' is not in firms.csv; nearest"),
    ("supply_links.csv", 2, "customer", "HUAWEI_FAB", "nearest valid name: 'HUAWEI_FABS'"),
    ("supply_links.csv", 2, "quantity", "3", "quantity is given but quantity_unit is empty"),
    ("supply_links.csv", 2, "criticality_1to5", "6", "criticality_1to5 6 lies outside 1 to 5 score"),
    ("supply_links.csv", 2, "criticality_1to5", "3.5", "criticality_1to5 '3.5' is not a whole number"),
    ("cset/supply_links_cset.csv", 2, "customer", "SMIK", "cset/supply_links_cset.csv, row 2, E001: customer 'SMIK'"),
    ("cset/observations_cset.csv", 2, "value", "101", "value 101 lies outside 0 to 100 percent"),
    ("chips.csv", 2, "vendor_id", "NVIDEA", "row 2, C001: vendor_id 'NVIDEA' is not in firms.csv; nearest"),
    ("chips.csv", 2, "die_family", "GA10", "'GA10' is not in die_families.csv; nearest valid name: 'GA10"),
    ("chips.csv", 2, "class_2023_rule", "3A090", "class_2023_rule '3A090' is not allowed; nearest valid name"),
    ("chips.csv", 2, "launch_date", "2020-11-31", "launch_date '2020-11-31' is not a day of the calendar"),
    ("chips.csv", 2, "source_url", "techpowerup.com", "source_url 'techpowerup.com' is not a web address"),
    ("firm_legal.csv", 2, "policy_id", "P500", "policy_id 'P500' is not in policy_timeline.csv; nearest"),
    ("initial_2020q1.csv", 2, "entity", "CHN", "entity 'CHN' is not in firms.csv; nearest valid name: 'CN'"),
    ("vendor_banks.csv", 2, "last_inflow_quarter", "2022Q1", "first_inflow_quarter 2023Q2 exceeds last_inflow"),
    ("policy_timeline.csv", 2, "date", "2014", "date '2014' is not a date such as 2022-10-07"),
    ("firms.csv", 2, "firm_id", "TEN CENT", "firm_id 'TEN CENT' is not an identifier"),
]


@pytest.mark.parametrize(("file", "line", "column", "value", "expected"), CELLS)
def test_one_bad_cell_stops_the_load(copy: Path, file: str, line: int, column: str, value: str, expected: str) -> None:
    edit(copy / file, lambda rows: rows[line - 1].__setitem__(rows[0].index(column), value))
    message = refusal(copy)
    assert message.startswith(f"{file}, row {line}, ")
    assert expected in message


SHAPES: list[tuple[Callable[[list[list[str]]], object], str]] = [
    (
        lambda rows: rows[0].__setitem__(0, "blok"),
        "row 1, header: column 'blok' is unknown; nearest valid name: 'bloc'",
    ),
    (lambda rows: [row.pop() for row in rows] and None, "row 1, header: column 'note' is missing"),
    (lambda rows: rows[0].__setitem__(1, "bloc"), "row 1, header: column 'bloc' occurs twice"),
    (lambda rows: rows[3].append("extra"), "row 4, US: 12 cells where the header has 11"),
    (lambda rows: rows[3].pop() and None, "row 4, US: 10 cells where the header has 11"),
    (lambda rows: rows.insert(2, []), "row 3: 0 cells where the header has 11"),
    (lambda rows: rows.append(list(rows[1])), "row 194, US 2017Q1: repeats the key of row 2"),
    (lambda rows: rows.clear(), "demand_paths.csv: has no header"),
]


@pytest.mark.parametrize(("change", "expected"), SHAPES)
def test_a_table_of_the_wrong_shape_stops_the_load(
    copy: Path, change: Callable[[list[list[str]]], object], expected: str
) -> None:
    edit(copy / "demand_paths.csv", change)
    message = refusal(copy)
    assert message.startswith("demand_paths.csv")
    assert expected in message


def test_unreadable_files_stop_the_load(copy: Path) -> None:
    file = copy / "firms.csv"
    good = file.read_bytes()
    file.write_bytes(good.replace(b"Tencent", b"Tenc\xffnt", 1))
    assert "firms.csv: is not UTF-8 text" in refusal(copy)
    file.write_bytes(good + b'"unclosed')
    assert "is not well-formed CSV" in refusal(copy)
    file.rename(copy / "firmz.csv")
    assert "file firms.csv is missing; nearest valid name: 'firmz.csv'" in refusal(copy)


def test_every_source_is_used_where_it_says(pack: DataPack) -> None:
    used: dict[str, set[str]] = {}
    for table in pack.tables:
        declared = load_schema().tables[table.name].columns
        for column in (name for name, entry in declared.items() if entry.refers == "sources.source_id"):
            for cell in filter(None, table.column(column)):
                for source in str(cell).split(";"):
                    used.setdefault(source, set()).add(table.name)
    assert used == {text(row, "source_id"): set(text(row, "tables").split(";")) for row in pack.sources}


def test_non_commercial_rows_stay_apart(pack: DataPack) -> None:
    for row in pack.sources:
        apart = all(name.endswith("_cset") for name in text(row, "tables").split(";"))
        assert (row["licence"] == "CC BY-NC 4.0") == apart, row["source_id"]


def test_rows_citing_epoch_carry_its_licence(pack: DataPack) -> None:
    for series in ("CN_NVDA_UNITS_FLOW", "PRICE_H20", "NVDA_CHINA_RESID"):
        for row in pack.observations.where(series_id=series):
            licences = [pack.sources.one(source_id=name)["licence"] for name in text(row, "source").split(";")]
            assert "CC BY 4.0" in licences


def test_table_is_a_value(pack: DataPack) -> None:
    again: Table = load_pack().firms
    assert again == pack.firms
