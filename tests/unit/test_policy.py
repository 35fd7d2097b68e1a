"""Instruments as TOML: what is refused and how, and policies as sets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from abm.law import default_pack
from abm.policy import (
    DEFAULT_FOLDER,
    Policy,
    check_references,
    check_rows,
    is_standing,
    load_policy,
    none_0,
    none_threat,
    tight,
    until,
)
from abm.policy_schema import Level, parse_condition
from abm.policy_toml import PolicyError

GOOD = """
id = "mine"
title = "My rule"
actor = "me"
jurisdiction = "US"
side = "us"
category = "chips"
citation = "none"
effective = 2024-05-01

[[clause]]
name = "first"
status = "denied"
when = ["tpp >= 4000", "dram_bandwidth + total_io >= 1700"]
"""


def write(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def history() -> Policy:
    return load_policy()


def test_the_history_covers_the_script_and_cites_the_timeline(history: Policy) -> None:
    assert 25 <= len(history) <= 40
    assert list(history) == sorted(history, key=lambda one: (one.effective, one.id))
    check_references(history)
    check_rows(history, [str(row["id"]) for row in default_pack().policy_timeline])
    assert all(one.citation and one.announced <= one.effective for one in history)
    assert sum(len(one.rows) for one in history) >= 35


def test_dates_and_denials_agree_with_the_timeline(history: Policy) -> None:
    rows = {str(row["id"]): row for row in default_pack().policy_timeline}
    for name, row, kind in (
        ("us_2022_10_advanced_computing", "P016", "tool_denial"),
        ("jp_2023_07_tools", "P024", "tool_denial"),
        ("nl_2023_09_immersion", "P027", "tool_denial"),
        ("us_2023_10_tools", "P029", "tool_denial"),
        ("nl_2024_01_licences", "P036", "tool_denial"),
        ("nl_2024_09_older_immersion", "P044", "tool_denial"),
        ("us_2024_12_tools", "P048", "tool_denial"),
        ("us_2024_12_tools", "P048", "service_denial"),
        ("nl_2024_09_older_immersion", "P044", "service_denial"),
    ):
        level = Level(*(float(str(rows[row][f"{kind}_{end}"])) for end in ("low", "mid", "high")))
        found = [getattr(effect, "denial", None) for effect in history[name].effects]
        assert level in found, (name, row, kind)
        assert history[name].effective.isoformat() == rows[row]["date"] or name == "us_2023_10_tools"
    assert history["us_2022_10_advanced_computing"].leak_lead_months == rows["P016"]["leak_lead_months"]
    assert history["us_2024_12_hbm"].leak_lead_months == rows["P047"]["leak_lead_months"]


def test_what_later_outcomes_could_have_told_is_marked_as_scenario(history: Policy) -> None:
    for one in history:
        judged = one.effective >= date(2025, 2, 1) and one.category in ("licences", "china")
        if judged and one.china_side != "baseline":
            assert one.kind == "scenario", one.id
            assert "judgement" in one.note or "not" in one.citation, one.id


def test_reads_a_users_instrument(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, GOOD))
    clause = policy["mine"].clauses[0]
    assert clause.matches({"tpp": 4000.0, "dram_bandwidth": 1000.0, "total_io": 700.0}) is True
    assert clause.matches({"tpp": 3999.0, "dram_bandwidth": None, "total_io": None}) is False
    assert clause.matches({"tpp": 4000.0, "dram_bandwidth": 1000.0, "total_io": None}) is None
    assert clause.matches({"tpp": 4000.0, "dram_bandwidth": 1700.0, "total_io": None}) is True
    assert clause.matches({"tpp": None, "dram_bandwidth": 100.0, "total_io": 100.0}) is False
    assert policy["mine"].announced == policy["mine"].known == date(2024, 5, 1)
    assert policy["mine"].kind == "scenario"


BROKEN = {
    "unknown head key": ("citation =", "citaton =", r"mine\.toml: unknown key 'citaton'; did you mean 'citation'\?"),
    "missing key": ('actor = "me"\n', "", r"mine\.toml: key 'actor' is missing"),
    "unknown clause key": ("when =", "wen =", r"\[\[clause\]\] 1: unknown key 'wen'; did you mean 'when'\?"),
    "unknown attribute": ("tpp >= 4000", "ttp >= 4000", r"'when': 'ttp' is not an attribute .*did you mean 'tpp'\?"),
    "unreadable condition": ("tpp >= 4000", "tpp over 4000", r"cannot read condition 'tpp over 4000'; write it as"),
    "not a number": ("tpp >= 4000", "tpp >= many", r"'many' is not a number"),
    "flag as a number": ("tpp >= 4000", "datacentre >= 1", r"datacentre is a flag; write 'datacentre = true'"),
    "unknown status": ('"denied"', '"denyed"', r"'status': 'denyed' is unknown; did you mean 'denied'\?"),
    "licence without review": ('"denied"', '"licence"', r"status 'licence' needs key 'review'"),
    "no share": ('"denied"', '"licence"\nreview = "case_by_case"', r"'case_by_case' needs key 'granted'"),
    "share out of range": ('"denied"', '"nac"\ngranted = 1.5', r"'granted': 1\.5 is outside 0 to 1"),
    "share out of order": (
        '"denied"',
        '"nac"\ngranted = { low = 0.1, mid = 0.9, high = 0.5 }',
        r"'granted': low, mid and high must be in order",
    ),
    "granted though denied": ('"denied"', '"denied"\ngranted = 0.5', r"'granted' has no meaning with status 'denied'"),
    "not a date": ("2024-05-01", '"May 2024"', r"'effective': 'May 2024' is not a date; write"),
    "ends before it starts": ("[[clause]]", "[[clause]]\nend = 2020-01-01", r"'end' \(2020-01-01\) lies before"),
    "announced too late": ("effective =", "announced = 2025-01-01\neffective =", r"'announced' .* lies after"),
    "no effect": ('status = "denied"', "", r"no effect; add key 'status'"),
    "single brackets": ("[[clause]]", "[clause]", r"must be written with double brackets, \[\[clause\]\]"),
    "china without side": ('side = "us"', 'side = "china"', r"needs key 'china_side'"),
    "bad country": ('name = "first"', 'name = "first"\ndestinations = ["China"]', r"not a country code"),
    "bad TOML": ('title = "My rule"', "title = My rule", r"mine\.toml: not valid TOML"),
    "unknown buyer": ('name = "first"', 'name = "first"\nbuyers = ["lised"]', r"did you mean 'listed'\?"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_refuses_in_one_clear_line(case: str, tmp_path: Path) -> None:
    old, new, message = BROKEN[case]
    assert old in GOOD
    with pytest.raises(PolicyError, match=message) as error:
        load_policy(write(tmp_path, GOOD.replace(old, new, 1)))
    assert "\n" not in str(error.value)
    assert "mine.toml" in str(error.value)


def test_refuses_files_that_are_not_there_and_names_that_lead_nowhere(history: Policy, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no such file"):
        load_policy(tmp_path / "nothing.toml")
    with pytest.raises(PolicyError, match=r"no \*\.toml in this folder"):
        load_policy(tmp_path)
    head = GOOD.replace("effective", 'supersedes = ["us_2023_10_advanced_computin"]\neffective')
    path = write(tmp_path, head)
    with pytest.raises(PolicyError, match="did you mean 'us_2023_10_advanced_computing'"):
        history.with_instruments(load_policy(path))
    with pytest.raises(PolicyError, match="did you mean 'us_2023_10_advanced_computing'"):
        load_policy([DEFAULT_FOLDER, path])
    with pytest.raises(PolicyError, match="no instrument 'us_2023_10_tool'"):
        history.without("us_2023_10_tool")
    cited = load_policy(write(tmp_path, GOOD.replace("effective", 'rows = ["P999"]\neffective')))
    with pytest.raises(PolicyError, match="row 'P999' is not in policy_timeline"):
        check_rows(cited, ["P001"])
    with pytest.raises(PolicyError, match="occurs twice"):
        load_policy([path, path])


def test_policies_are_sets_that_do_not_change(history: Policy, tmp_path: Path) -> None:
    count = len(history)
    mine = load_policy(write(tmp_path, GOOD))
    more = history.with_instruments(mine)
    assert (len(more), len(history)) == (count + 1, count)
    assert len(more.with_instruments(mine)) == count + 1, "the same id replaces"
    assert len(more.without("mine")) == count
    assert more.only(lambda one: one.side == "allied").ids == history.only(lambda one: one.side == "allied").ids


def test_a_dropped_successor_leaves_the_old_rule_in_force(history: Policy) -> None:
    def names(policy: Policy, day: date) -> set[str]:
        return {one.id for one, effect in policy.in_force(day) if type(effect).__name__ == "Clause"}

    day = date(2024, 6, 1)
    assert "us_2022_10_advanced_computing" not in names(history, day)
    assert "us_2022_10_advanced_computing" in names(history.without("us_2023_10_advanced_computing"), day)
    assert names(history, date(2022, 10, 20)) == {"us_2022_08_letters"}, "the letters hold to the day of the rule"


def test_standing_law(history: Policy) -> None:
    standing = none_0(history)
    assert {"nl_2019_euv", "us_2020_05_huawei_fdpr", "us_2020_12_smic_entity_list"} <= set(standing.ids)
    assert "cn_2024_big_fund_3" in standing.ids
    assert "tw_2024_10_diversion_closed" in standing.ids
    assert "us_2022_08_letters" not in standing.ids
    assert not any(one.china_side == "reaction" for one in standing)
    assert none_0(standing).ids == standing.ids
    assert all(one.binds == is_standing(one, history) for one in none_threat(history))


def test_a_users_early_scenario_is_not_standing_law(history: Policy, tmp_path: Path) -> None:
    early = load_policy(write(tmp_path, GOOD.replace("2024-05-01", "2021-05-01")))
    assert "mine" not in none_0(history.with_instruments(early)).ids


def test_tight_moves_the_thresholds(history: Policy) -> None:
    strict = tight(history)["us_2023_10_advanced_computing_tight"]
    assert min(clause.effective for clause in strict.clauses) == date(2022, 10, 21)
    assert strict.known == history["us_2022_10_advanced_computing"].known
    assert not any(clause.status == "nac" for clause in strict.clauses)


def test_until_forgets_what_comes_later(history: Policy) -> None:
    cut = until(history, date(2025, 6, 30))
    (eda,) = cut["us_2025_05_eda_letters"].effects
    assert eda.end is None, "the law of that day stays, with the letters still out"
    assert "us_2025_08_revenue_share_licences" not in cut.ids
    assert "cn_2024_big_fund_3" in until(history, date(2022, 12, 31)).ids


def test_conditions_print_as_written() -> None:
    assert str(parse_condition("dram_bandwidth+total_io>=1700")) == "dram_bandwidth + total_io >= 1700"
    assert Level(0.2, 0.4, 1.0).at(0.75) == pytest.approx(0.7)


GATE = """
id = "{id}"
title = "A gate"
actor = "China"
jurisdiction = "CN"
side = "china"
category = "china"
china_side = "reaction"
citation = "invented for a test"
effective = {effective}
supersedes = [{supersedes}]

[[gate]]
buyers = ["private"]
allowed = {allowed}
"""


@pytest.mark.parametrize(
    ("one", "two", "words"),
    [
        ({"allowed": 0.2}, {"allowed": 0.7}, ["'two'", "'allowed'", "private", "'one'", "change a date"]),
        ({"supersedes": '"two"'}, {"supersedes": '"one"'}, ["'supersedes'", "in turn", "the later one"]),
        ({"supersedes": '"one"'}, {}, ["'one'", "'supersedes'", "itself"]),
    ],
)
def test_rules_that_contradict_each_other_are_refused(tmp_path, one, two, words):
    usual = {"effective": "2027-01-01", "allowed": 0.5, "supersedes": ""}
    for name, changes in (("one", one), ("two", two)):
        (tmp_path / f"{name}.toml").write_text(GATE.format(id=name, **(usual | changes)))
    with pytest.raises(PolicyError) as caught:
        load_policy(tmp_path)
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_gates_of_one_day_that_agree_are_no_contradiction(tmp_path):
    for name in ("one", "two"):
        text = GATE.format(id=name, effective="2027-01-01", allowed=0.5, supersedes="")
        (tmp_path / f"{name}.toml").write_text(text)
    assert len(load_policy(tmp_path)) == 2


def test_an_effect_built_in_code_may_not_end_before_it_starts():
    one = load_policy()["us_2024_12_hbm"]
    broken = replace(one, effects=(replace(one.effects[0], end=date(2020, 1, 1)),))
    with pytest.raises(PolicyError, match=r"us_2024_12_hbm.*'end'.*before 'effective'"):
        Policy((broken,))
