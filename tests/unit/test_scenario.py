"""Scenarios: built-in files, user files, changes, counterfactual arms, refusals."""

import pickle
from datetime import date
from pathlib import Path

import pytest

import abm
from abm.calendar import quarter_index
from abm.policy import Policy, is_standing, load_policy, none_0
from abm.rules.chips import list_price
from abm.scenario import FOLDER, MODES, Scenario, ScenarioError, list_scenarios

BUILT_IN = (
    "history", "chips_only", "frozen", "lifted_2027", "mobilised", "none_0", "none_threat", "rule", "script_then_rule",
    "sliding", "tight", "tools_only",
)  # fmt: skip
FIRST = {"mobilisation_cn": 0.0, "mobilisation_us": 0.0}
"""What shipped scenarios fix: results are told without mobilisation first."""

MY_RULE = """
id = "my_rule"
title = "A user's threshold"
actor = "US BIS"
jurisdiction = "US"
side = "us"
category = "chips"
citation = "invented for a test"
kind = "scenario"
effective = 2028-01-01

[[clause]]
name = "TPP 1000"
status = "denied"
when = ["tpp >= 1000"]
"""


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    path = tmp_path / "my_rule.toml"
    path.write_text(MY_RULE)
    return path


def scenario_file(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def refusal(call) -> str:
    with pytest.raises(ScenarioError) as caught:
        call()
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_built_in_scenarios_are_listed_history_first() -> None:
    listed = list_scenarios()
    assert tuple(listed) == BUILT_IN
    assert all(description.endswith(".") for description in listed.values())


def test_each_built_in_scenario_loads_and_has_a_mode() -> None:
    for name in BUILT_IN:
        scenario = Scenario.load(name)
        assert scenario.name == name
        assert scenario.mode in MODES
        assert Path(scenario.source) == FOLDER / f"{name}.toml"
        assert not scenario.point
        assert (scenario.relative_from is None) == (name not in ("sliding", "rule", "script_then_rule"))


def test_laws_of_the_built_in_scenarios_differ_as_their_names_say() -> None:
    history = Scenario.load("history").policy
    assert history.ids == load_policy().ids
    assert Scenario.load("none_0").policy == none_0(history)
    later = [one for one in Scenario.load("frozen").policy if one.effective > date(2022, 12, 31)]
    assert all(is_standing(one, history) for one in later)
    assert "us_2022_10_advanced_computing" in Scenario.load("frozen").policy.ids
    assert not any(one.clauses for one in Scenario.load("tools_only").policy if one.effective > date(2022, 6, 30))
    assert {one.binds for one in Scenario.load("none_threat").policy} == {True, False}
    assert Scenario.load("tight").fixed == {"enforcement": 0.95, **FIRST}
    assert Scenario.load("mobilised").policy == history
    assert Scenario.load("mobilised").fixed == {}
    lifted = Scenario.load("lifted_2027").policy["us_2023_10_advanced_computing"]
    assert {clause.end for clause in lifted.clauses} == {date(2027, 1, 1)}


def test_counterfactual_of_history_is_the_scenario_of_that_name() -> None:
    history = Scenario.load("history")
    for name in BUILT_IN:
        assert history.counterfactual(name).policy == Scenario.load(name).policy
        assert history.counterfactual(name).name == name


def test_counterfactual_keeps_parameters_mechanisms_and_continuation() -> None:
    scenario = (
        Scenario.load("history")
        .with_parameters(china_share=0.2)
        .without("stockpiling", "redesign")
        .with_point(True)
        .with_continuation("freeze_rel")
    )
    other = scenario.counterfactual("none_0")
    assert other.fixed == {"china_share": 0.2, **FIRST}
    assert other.off == {"stockpiling", "redesign"}
    assert other.point
    assert other.relative_from == quarter_index("2026Q3")
    assert scenario.counterfactual("tight").fixed == {"china_share": 0.2, "enforcement": 0.95, **FIRST}
    assert scenario.counterfactual("frozen").relative_from == quarter_index("2022Q4")


def test_changes_return_a_new_scenario() -> None:
    history = Scenario.load("history")
    changed = history.with_parameters(enforcement=0.5).with_parameters(china_share=0.1).with_continuation("freeze_rel")
    assert changed.fixed == {"enforcement": 0.5, "china_share": 0.1, **FIRST}
    assert changed.continuation == "freeze_rel"
    assert history.fixed == FIRST
    assert history.continuation == "freeze_abs"
    assert changed.with_continuation("freeze_abs").relative_from is None


def test_a_rule_of_the_user_outlives_the_freeze_and_leaves_the_counterfactual(rule: Path) -> None:
    scenario = Scenario.load("history").with_policy(rule)
    assert "my_rule" in scenario.policy.ids
    assert len(scenario.policy) == len(load_policy()) + 1
    assert "my_rule" not in scenario.counterfactual("none_0").policy.ids
    assert "my_rule" not in scenario.counterfactual("history").policy.ids
    assert "my_rule" in scenario.counterfactual("chips_only").policy.ids
    assert not scenario.counterfactual("none_threat").policy["my_rule"].binds
    alone = Scenario.load("none_0").with_policy([rule])
    assert set(alone.policy.ids) == {*Scenario.load("none_0").policy.ids, "my_rule"}


def test_a_rule_with_a_known_id_takes_the_old_ones_place(tmp_path: Path) -> None:
    old = load_policy()["us_2024_12_hbm"]
    path = tmp_path / "hbm.toml"
    path.write_text(MY_RULE.replace("my_rule", old.id))
    policy = Scenario.load("history").with_policy(path).policy
    assert len(policy) == len(load_policy())
    assert policy[old.id].title == "A user's threshold"


def test_a_policy_takes_the_place_of_the_timeline(rule: Path) -> None:
    own = Policy(tuple(load_policy(rule)))
    scenario = Scenario.load("tight").with_policy(own)
    assert scenario.policy == own
    assert len(scenario.counterfactual("none_0").policy) == 0


def test_a_scenario_file_reads_every_key(tmp_path: Path, rule: Path) -> None:
    path = scenario_file(
        tmp_path,
        """
        description = "Mine."
        mode = "lifted"
        continuation = "freeze_rel"
        script_until = "2025Q4"
        lifted_from = "2029Q1"
        policy = ["my_rule.toml"]
        drop = ["us_2024_12_tools"]
        without = ["imitation"]
        point = true
        [parameters]
        enforcement = 0.4
        """,
    )
    scenario = Scenario.load(str(path))
    assert scenario.name == "mine"
    assert scenario.relative_from == quarter_index("2025Q4")
    assert "us_2024_12_tools" not in scenario.policy.ids
    assert "us_2026_01_case_by_case" not in scenario.policy.ids
    assert scenario.policy["us_2024_12_hbm"].effects[0].end == date(2029, 1, 1)
    assert scenario.off == {"imitation"}
    assert scenario.point
    assert scenario.describe()["fixed"] == {"enforcement": 0.4}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('mode = "script"\npoints = true', ["mine.toml", "'points'", "did you mean 'point'"]),
        ('mode = "chip_only"', ["mine.toml", "'mode'", "did you mean 'chips_only'"]),
        ('description = "x"', ["mine.toml", "'mode' is missing"]),
        ('mode = "script"\ncontinuation = "rules"', ["'continuation'", "did you mean 'rule'"]),
        ('mode = "rule"\ncontinuation = "freeze_rel"', ["mine", "'continuation'", "remove the key"]),
        ('mode = "rule"\nrule_from = "2022Q3"', ["mine.toml", "'rule_from'", "2022Q4"]),
        ('mode = "rule"\nrule_from = "2032Q4"', ["mine.toml", "'rule_from'", "2032Q3"]),
        ('mode = "script"\nrule_from = "2024Q4"', ["mine.toml", "'rule_from'", "mode 'rule'", "remove"]),
        ('mode = "rule"\n[parameters]\nus_notice = -1', ["mine.toml", "us_notice", "[0, 4]"]),
        ('mode = "rule"\n[parameters]\nus_weight_lobby = 3', ["mine.toml", "us_weight_lobby", "[0, 2]"]),
        ('mode = "script"\nscript_until = "2026"', ["'script_until'", "2022Q4"]),
        ('mode = "script"\nscript_until = "2040Q1"', ["'script_until'", "2032Q4"]),
        ('mode = "script"\nwithout = "stockpiling"', ["'without'", "list"]),
        ('mode = "script"\nstrategy_learning = "replicate"', ["mine.toml", "strategy_learning", "'replicator'"]),
        ('mode = "script"\nwithout = ["stockpile"]', ["mine.toml", "did you mean 'stockpiling'"]),
        ('mode = "script"\npoint = 1', ["'point'", "true or false"]),
        ('mode = "script"\ndrop = ["us_2024_12_hbmm"]', ["mine.toml", "did you mean 'us_2024_12_hbm'"]),
        ('mode = "script"\npolicy = ["absent.toml"]', ["mine.toml", "absent.toml", "no such file"]),
        ('mode = "script"\n[parameters]\nenforcment = 0.5', ["mine.toml", "'enforcement'"]),
        ('mode = "script"\n[parameters]\nenforcement = 7', ["mine.toml", "[0.3, 0.95]"]),
        ('mode = "script"\n[parameters]\nenforcement = "much"', ["mine.toml", "must be a number"]),
        ("mode = ", ["mine.toml", "cannot be read"]),
    ],
)
def test_bad_files_are_refused_in_one_line(tmp_path: Path, text: str, words: list[str]) -> None:
    message = refusal(lambda: Scenario.load(scenario_file(tmp_path, text)))
    for word in words:
        assert word in message


def test_bad_changes_are_refused_in_one_line(tmp_path: Path) -> None:
    history = Scenario.load("history")
    assert "did you mean 'history'" in refusal(lambda: Scenario.load("histroy"))
    assert "no such file" in refusal(lambda: Scenario.load(tmp_path / "x.toml"))
    assert "name or a path" in refusal(lambda: Scenario.load(3))  # type: ignore[arg-type]
    assert "did you mean 'none_0'" in refusal(lambda: history.counterfactual("none0"))
    assert "did you mean 'freeze_rel'" in refusal(lambda: history.with_continuation("freeze_real"))
    assert "'enforcement'" in refusal(lambda: history.with_parameters(enforcment=0.5))
    assert "finite" in refusal(lambda: history.with_parameters(enforcement=float("nan")))
    assert "true or false" in refusal(lambda: history.with_point(1))  # type: ignore[arg-type]
    assert "not int" in refusal(lambda: history.with_policy([3]))  # type: ignore[list-item]
    assert "did you mean 'efficiency'" in refusal(lambda: history.without("eficiency"))
    assert "did you mean 'replicator'" in refusal(lambda: history.with_learning("replicater"))


def test_the_us_decides_by_rule_once_the_script_has_ended() -> None:
    script, rule = Scenario.load("script_then_rule"), Scenario.load("rule")
    history = Scenario.load("history").with_continuation("rule")
    assert script.continuation == rule.continuation == history.continuation == "rule"
    assert script.rule_start == history.rule_start == quarter_index("2026Q4")
    assert script.policy == history.policy == Scenario.load("history").policy
    assert rule.rule_start == quarter_index("2023Q1")
    assert rule.policy == Scenario.load("frozen").policy
    assert script.slide.ruled.sum() == quarter_index("2032Q4") - quarter_index("2026Q4") + 1
    assert history.describe()["us_rule_from"] == "2026Q4"


def test_counterfactual_arms_get_no_us_rule() -> None:
    for scenario in (Scenario.load("script_then_rule"), Scenario.load("rule"), Scenario.load("history")):
        ruled = scenario.with_continuation("rule")
        for name in ("none_0", "none_threat", "chips_only", "tools_only", "frozen", "lifted_2027"):
            other = ruled.counterfactual(name)
            assert other.rule_start is None
            assert other.relative_from is not None
            assert Scenario.load(name).with_continuation("rule").rule_start is None
    assert Scenario.load("history").with_continuation("rule").counterfactual("tight").rule_start is not None


def test_tight_needs_the_rule_that_it_moves() -> None:
    lacking = Scenario.load("history").with_policy(load_policy().without("us_2023_10_advanced_computing"))
    assert "us_2023_10_advanced_computing" in refusal(lambda: lacking.counterfactual("tight"))


def test_public_names_are_there_and_unknown_ones_say_so() -> None:
    assert abm.Scenario is Scenario
    assert abm.list_scenarios is list_scenarios
    with pytest.raises(AttributeError, match="public names"):
        _ = abm.Scenarios
    assert set(abm.__all__) <= set(dir(abm))


def test_sliding_thresholds_need_a_ratio_and_belong_to_their_mode(tmp_path: Path) -> None:
    sliding = Scenario.load("sliding")
    assert sliding.slide.ratio == 0.3
    assert sliding.slide.start == quarter_index("2022Q4")
    assert sliding.describe()["sliding_ratio"] == 0.3
    assert sliding.counterfactual("none_0").slide.ratio is None
    assert max(clause.effective for one in sliding.policy for clause in one.clauses).year == 2022
    with pytest.raises(ScenarioError, match="try mode 'tight'"):
        sliding.with_continuation("freeze_abs")
    for text, fault in (
        ('mode = "sliding"', "needs it, such as 0.3"),
        ('mode = "tight"\nsliding_ratio = 0.3', "belongs to mode 'sliding'"),
        ('mode = "sliding"\nsliding_ratio = 3', "must lie from 0.01 to 2.0: 3.0"),
        ('mode = "sliding"\nsliding_ratio = "a third"', "must be a number"),
    ):
        (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
        with pytest.raises(ScenarioError, match=fault):
            Scenario.load(tmp_path / "mine.toml")


# --- mechanisms that are data -----------------------------------------------------------------------------------------


def test_chinas_steps_drop_out_of_the_law_that_runs_and_stay_in_the_timeline():
    history = Scenario.load("history")
    less = history.without("chinas_steps")
    gone = {one.id for one in history.policy} - {one.id for one in less.law}
    assert gone == {one.id for one in history.policy if one.china_side == "reaction"}
    assert "cn_2024_public_compute_mandate" in gone
    assert less.policy == history.policy == history.law
    assert less.describe()["instruments"] == list(less.law.ids)
    assert less.counterfactual("chips_only").law.only(lambda one: one.china_side == "reaction").ids == ()


def test_the_rule_of_learning_is_a_word_of_the_scenario(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('mode = "script"\nstrategy_learning = "best_reply"\n')
    scenario = Scenario.load(path)
    assert scenario.learning == "best_reply" == scenario.describe()["strategy_learning"]
    assert scenario.counterfactual("none_0").learning == "best_reply", "both arms learn alike unless told otherwise"
    assert Scenario.load("history").learning == "ewa"
    assert Scenario.load("history").with_learning("fixed").learning == "fixed"


# --- rules of a user's own --------------------------------------------------------------------------------------------


def half(chip_quality, reference_price, price_exponent):
    return 0.5 * reference_price


def test_rules_are_kept_checked_and_described() -> None:
    stock = Scenario.load("history")
    mine = stock.with_rules(list_price=half).with_rules(quality=lambda train, serve, training_share: train)
    assert list(mine.rules) == ["list_price", "quality"]
    assert stock.rules == {}
    assert mine.counterfactual("chips_only").rules == mine.rules
    assert mine.without("waiting").with_point(True).rules == mine.rules
    told = mine.describe()["rules"]
    assert told["list_price"]["function"].endswith("test_scenario.half")
    assert len(told["list_price"]["digest"]) == 16
    assert told["list_price"]["digest"] != told["quality"]["digest"]
    assert mine.with_rules(list_price=list_price).describe()["rules"]["list_price"] != told["list_price"]


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ({"lst_price": half}, "no rule is called 'lst_price'; nearest valid name: 'list_price'"),
        ({"exp": half}, "no rule is called 'exp'"),
        ({"list_price": lambda price: price}, "must take 3 numbers: chip_quality, reference_price, price_exponent"),
        ({"list_price": lambda a, b, c: 1}, r"must return a float \(such as 1.0, not 1\)"),
        ({"list_price": 2.0}, "rule list_price: the replacement must be a plain function, not float"),
        ({"list_price": [half]}, "rule list_price: the replacement must be a plain function, not list"),
    ],
)
def test_rules_that_do_not_fit_are_refused_in_one_line(rules, says) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ScenarioError, match=f"scenario 'history': .*{says}") as refused:
        Scenario.load("history").with_rules(**rules)
    assert "\n" not in str(refused.value)


def test_a_scenario_with_a_rule_can_be_pickled_where_the_function_can_be_imported() -> None:
    mine = Scenario.load("history").with_rules(list_price=list_price)
    again = pickle.loads(pickle.dumps(mine))
    assert again == mine
    assert again.rules["list_price"] is list_price
