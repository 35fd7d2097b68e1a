"""Tables of observations: what is read, what is converted, and one line for everything that cannot be used."""

from __future__ import annotations

import pytest

from abm.calendar import periods_of, quarter_index
from abm.operators import OPERATORS, known_facts, silent
from abm.schema import DATA, DataError
from experiments.validation.observations import COLUMNS, read_observations, shipped_observations
from experiments.validation.units import factor, spellings

PLAIN = """series_id,unit,period,value,low,high
NVDA_DC_REV,USD bn,2025Q1,40,38,42
NVDA_DC_REV,USD bn,2025Q2,41,,

IDC_SHARE_DOM,percent,2025H1,35,30,
ASML_CN_SHARE,percent,2025,30,,
HUAWEI_CHIPS,thousand units,2025,900,,
"""


def written(tmp_path, text, name="mine.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def complaint(path):
    with pytest.raises(DataError) as error:
        read_observations(path)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_short_table_is_read_with_the_lines_of_its_rows(tmp_path):
    found = read_observations(written(tmp_path, PLAIN))
    assert [(one.row, one.name, one.value, one.low, one.high) for one in found.rows] == [
        (2, "NVDA_DC_REV 2025Q1", 40.0, 38.0, 42.0),
        (3, "NVDA_DC_REV 2025Q2", 41.0, None, None),
        (5, "IDC_SHARE_DOM 2025H1", 35.0, 30.0, None),
    ]
    assert found.rows[2].span == (20, 21)
    assert list(found.silent) == ["ASML_CN_SHARE", "HUAWEI_CHIPS"]
    assert found.silent["ASML_CN_SHARE"] == silent()["ASML_CN_SHARE"]
    assert found.silent["HUAWEI_CHIPS"].startswith("unknown series id; nearest: '")


def test_the_shipped_table_reads_whole_and_keeps_every_fact():
    found = read_observations(DATA / "observations.csv")
    assert set(found.silent) == set(silent())
    assert {one.series_id for one in found.rows} == {name for name in OPERATORS if known_facts(name)}
    assert all(known_facts(one.series_id)[one.period][0] == one.value for one in found.rows)
    assert (DATA / "observations.csv").read_text(encoding="utf-8").splitlines()[0].split(",") == list(COLUMNS)


def test_order_of_columns_windows_line_ends_and_a_mark_at_the_start_do_not_matter(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(b"\xef\xbb\xbfvalue,period,unit,series_id\r\n 40 ,2025Q1,USD bn,NVDA_DC_REV\r\n")
    (row,) = read_observations(path).rows
    assert (row.value, row.low, row.high) == (40.0, None, None)


@pytest.mark.parametrize(
    ("series_id", "unit", "value", "expected"),
    [
        ("NVDA_DC_REV", "USD mn", "35600", 35.6),
        ("NVDA_DC_REV", "USD billion", "35.6", 35.6),
        ("TENCENT_CAPEX_Y", "RMB mn", "76800", 76.8),
        ("WORLD_NVDA_H100E_CUM", "million H100e", "4.5", 4500.0),
        ("ASCEND_UNITS", "units", "507000", 507.0),
        ("HBM_STOCK", "thousand stacks", "13000", 13.0),
        ("IDC_SHARE_DOM", "fraction", "0.3", 30.0),
        ("IDC_SHARE_DOM", "%", "30", 30.0),
        ("ECI_LAG", "quarters", "4", 12.0),
        ("SMIC_ADV_WPM_BG", "wafers/month", "25000", 25.0),
    ],
)
def test_known_units_convert_exactly(tmp_path, series_id, unit, value, expected):
    text = f"series_id,unit,period,value,low,high\n{series_id},{unit},2025,{value},{value},{value}\n"
    (row,) = read_observations(written(tmp_path, text)).rows
    assert (row.value, row.low, row.high) == (expected,) * 3


def test_units_of_different_things_do_not_convert():
    assert factor("USD bn", "RMB bn") is None
    assert factor("thousand units", "thousand cards") is None
    assert factor("percentage points", "percent") is None
    assert factor("thousand", "million") is None
    assert spellings("RMB bn") == ("RMB bn", "RMB mn", "RMB thousand")


HEADER = "series_id,unit,period,value,low,high\n"
GOOD = "NVDA_DC_REV,USD bn,2025Q1,40,38,42\n"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (HEADER + "NVDA_DC_REV,RMB bn,2025Q1,40,,\n",
         ["row 2, NVDA_DC_REV", "key 'unit'", "'RMB bn' is not the unit of the series, 'USD bn'", "USD mn"]),
        (HEADER + GOOD + "NVDA_DC_REV,USD bn,2025-03,40,,\n",
         ["row 3, NVDA_DC_REV", "key 'period'", "'2025-03' is not a period such as 2024Q3"]),
        (HEADER + "NVDA_DC_REV,USD bn,2025Q5,40,,\n", ["row 2", "'2025Q5' is not a period"]),
        (HEADER + GOOD + GOOD, ["row 3, NVDA_DC_REV", "2025Q1 repeats the series and period of row 2; keep one"]),
        (HEADER + "ASML_CN_SHARE,percent,2025,1,,\n" * 2, ["row 3, ASML_CN_SHARE", "repeats"]),
        (HEADER + "NVDA_DC_REV,USD bn,2025Q1,40,42,38\n",
         ["row 2, NVDA_DC_REV", "key 'low'", "low 42 exceeds value 40; a range goes from low to high"]),
        (HEADER + "NVDA_DC_REV,USD bn,2025Q1,40,30,38\n", ["row 2", "key 'value'", "value 40 exceeds high 38"]),
        (HEADER + "NVDA_DC_REV,USD bn,2025Q1,about 40,,\n",
         ["row 2, NVDA_DC_REV", "key 'value'", "'about 40' is not a number; write it such as"]),
        (HEADER + '"NVDA_DC_REV",USD bn,2025Q1,"1,250",,\n', ["row 2", "'1,250' is not a number"]),
        (HEADER + "NVDA_DC_REV,USD bn,2025Q1,nan,,\n", ["row 2", "'nan' is not a number"]),
        (HEADER + "NVDA_DC_REV,USD bn,2025Q1,1e999,,\n", ["row 2", "'1e999' is not a number"]),
        (HEADER + "NVDA_DC_REV,USD bn,2025Q1,40,x,\n", ["row 2", "key 'low'", "'x' is not a number"]),
        (HEADER + "NVDA_DC_REV,USD bn,2025Q1,,,\n", ["row 2", "key 'value'", "is empty; fill it or remove the row"]),
        (HEADER + ",USD bn,2025Q1,40,,\n", ["row 2", "key 'series_id'", "is empty"]),
        (HEADER + "IDC_SHARE_DOM,fraction,2025,34,,\n", ["row 2, IDC_SHARE_DOM", "3400 percent lies outside 0 to 100"]),
        (HEADER + "NVDA_REV_DC,USD bn,2025Q1,40,,\n",
         ["row 2, NVDA_REV_DC", "no series of the file is known; nearest valid name: 'NVDA_", "docs/observations.md"]),
        ("series_id,period,value\nNVDA_DC_REV,2025Q1,40\n",
         ["row 1, header", "column 'unit' is missing; a table needs series_id, unit, period, value"]),
        ("series_id,unit,period,value,lo\n" + "NVDA_DC_REV,USD bn,2025Q1,40,38\n",
         ["row 1, header", "column 'lo' is unknown; nearest valid name: 'low'"]),
        ("series_id,unit,unit,period,value\n", ["row 1, header", "column 'unit' occurs twice"]),
        (HEADER + "NVDA_DC_REV,USD bn,2025Q1,40\n", ["row 2, NVDA_DC_REV", "4 cells where the header has 6"]),
        (HEADER + 'NVDA_DC_REV,USD bn,2025Q1,"40,,\n', ["is not well-formed CSV"]),
        ("", ["mine.csv: is empty; its first line must name the columns series_id, unit, period, value"]),
        ("\n\n", ["mine.csv: is empty"]),
        (HEADER, ["mine.csv: has no row of observations; add at least one below the header"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_file_row_series_key_and_cure(tmp_path, text, parts):
    said = complaint(written(tmp_path, text))
    assert said.startswith("mine.csv")
    assert all(part in said for part in parts), said


def test_files_that_are_none_are_named(tmp_path):
    assert "none.csv: no such file; give a CSV file" in complaint(tmp_path / "none.csv")
    assert ": is a folder; give a CSV file" in complaint(tmp_path)
    path = tmp_path / "mine.csv"
    path.write_bytes(b"series_id,unit,period,value\n\xff\xfe")
    assert "is not UTF-8 text (byte 28); save it as UTF-8" in complaint(path)


def test_a_table_of_silent_series_alone_is_read(tmp_path):
    found = read_observations(written(tmp_path, HEADER + "ASML_CN_SHARE,percent,2025,30,,\n"))
    assert (found.rows, list(found.silent)) == ((), ["ASML_CN_SHARE"])


def test_shipped_facts_of_some_quarters():
    first, last = quarter_index("2024Q1"), quarter_index("2024Q4")
    found = shipped_observations(first, last)
    assert {one.period for one in found.rows} == {"2024", "2024H1", "2024Q1", "2024Q2", "2024Q3", "2024Q4"}
    assert all(first <= periods_of(one.period)[0] for one in found.rows)
    ascend = next(one for one in found.rows if one.series_id == "ASCEND_UNITS")
    assert (ascend.value, ascend.low, ascend.high) == (507.0, 200.0, 640.0)
    etch = next(one for one in found.rows if one.series_id == "CN_EQUIP_LOCAL")
    assert (etch.low, etch.high) == (None, None)
