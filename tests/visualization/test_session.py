"""The session: scenarios from choices, files that give the same runs, share links good and bad, undo."""

from __future__ import annotations

import random
import zlib
from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest

from abm.calendar import quarter_label, quarter_of
from abm.scenario import Scenario, ScenarioError
from abm.timeline import shipped_history
from visualization.instruments import Change, changed_text, editable, toml_text
from visualization.limits import LINK, UPLOAD
from visualization.past import Past
from visualization.session import (
    FILE,
    Session,
    arms,
    checked,
    decode,
    encode,
    instrument_files,
    opened,
    read_upload,
    scenario_file,
    uploaded,
)

OWN = 'mode = "script"\ndescription = "Mine."\n\n[parameters]\nenforcement = 0.8\n'
FULL = Session(
    scenario="tight", against="chips_only", continuation="freeze_rel", gate="off",
    parameters={"enforcement": 0.9}, off=frozenset({"stockpiling", "offshore"}), branch="2027Q1", then="none_0",
    point=True, seed=7, world=12, horizon=2030,
    law={"us_2024_12_hbm": Change(dropped=True), "us_2023_10_tools": Change("2024Q1", "2030Q1", 0.25)},
)  # fmt: skip


def test_a_link_gives_the_session_back():
    assert decode(encode(FULL)) == (FULL, ())
    assert decode("?" + encode(FULL)) == (FULL, ())


def test_a_link_carries_an_uploaded_file():
    session = replace(Session(), toml=OWN)
    assert decode(encode(session)) == (session, ())


def test_the_usual_session_needs_no_link():
    assert encode(Session()) == "v=1"
    assert decode("") == (Session(), ())


def test_every_field_of_the_session_is_in_the_link():
    for name in FULL.__dataclass_fields__:
        if name != "toml":
            one = replace(Session(), **{name: getattr(FULL, name)})
            assert decode(encode(one))[0] == one, name


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("v=0&scenario=tight", "version '0'"),
        ("scenario=tight", "version 'none'"),
        ("v=1&scenario=histry", "nearest valid name: 'history'"),
        ("v=1&scenaro=tight", "unknown part 'scenaro'; nearest valid name: 'scenario'"),
        ("v=1&parameters=enforcement:9", "outside its range [0.3, 0.95]"),
        ("v=1&parameters=enforcment:0.9", "nearest valid"),
        ("v=1&parameters=enforcement", "such as enforcement:0.9"),
        ("v=1&parameters=enforcement:nan", "finite"),
        ("v=1&law=us_2023_10_tools~2024Q1~2023Q1~1", "not after it starts in 2024Q1"),
        ("v=1&law=us_2023_10_tools~2050Q1~~1", "lies outside 2020Q1 to 2032Q4"),
        ("v=1&law=us_2023_10_tools~~~2", "outside 0 to 1"),
        ("v=1&law=us_2019_05_huawei_entity_list!", "cannot be changed"),
        ("v=1&off=stockpilling", "nearest valid name: 'stockpiling'"),
        ("v=1&branch=2050Q1", "lies outside"),
        ("v=1&branch=soon", "not a quarter"),
        ("v=1&horizon=2029", "unknown '2029'"),
        ("v=1&world=-1", "not a whole number"),
        ("v=1&seed=1e3", "not a whole number"),
        ("v=1&toml=%%%", "damaged"),
        ("v=1&toml=eNo=", "cut off"),
        ("broken", "cut off"),
    ],
)
def test_what_is_wrong_with_a_link_is_said_and_the_rest_is_kept(query, said):
    session, problems = decode(query)
    assert any(said in one for one in problems), problems
    checked(session)


def test_a_link_of_an_older_version_keeps_what_can_be_read():
    session, problems = decode("v=0&scenario=tight&parameters=enforcement:9")
    assert session == Session(scenario="tight")
    assert len(problems) == 2


def test_a_huge_link_is_refused():
    session, problems = decode("v=1&off=" + "a" * LINK)
    assert session == Session()
    assert "at most" in problems[0]


def test_a_small_link_cannot_hide_a_large_file():
    bomb = urlsafe_b64encode(zlib.compress(b"#" * 10_000_000, 9)).decode()
    assert len(bomb) > LINK or "bytes, at most" in decode(f"v=1&toml={bomb}")[1][0]
    small = urlsafe_b64encode(zlib.compress(b"#" * (UPLOAD + 1), 9)).decode()
    assert "bytes, at most" in decode(f"v=1&toml={small}")[1][0]


def test_random_links_never_raise():
    chance = random.Random(5)
    letters = "abcdefv=&1:,~!%{}<>\"'\\/ \x00é" + "scenario=law=toml=parameters="
    for _ in range(300):
        text = "".join(chance.choice(letters) for _ in range(chance.randrange(80)))
        session, _ = opened(text)
        assert isinstance(session, Session)


def test_a_link_that_makes_no_scenario_shows_the_usual_one():
    session, problems = opened("v=1&scenario=sliding&continuation=freeze_abs")
    assert session == Session()
    assert "'sliding'" in problems[-1]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe", "no text"),
        (b"mode = ", "not valid TOML"),
        (b'mode = "scrpt"', "did you mean 'script'"),
        (b'policy = ["/etc/passwd"]', "key 'policy' cannot be used here"),
        (b'mode = "script"\ntimeline = "x"', "key 'timeline' cannot be used here"),
        (b"[synthetic]\nfirms = 100000", "key 'synthetic' cannot be used here"),
        (b'mode = "script"\n[parameters]\nenforcement = 9', "lies outside its range"),
        (b"description = 'no mode'", "key 'mode' is missing"),
        (b"#" * (UPLOAD + 1), "at most"),
    ],
)
def test_a_bad_upload_is_refused_with_the_cure(data, said):
    with pytest.raises(ScenarioError, match=said):
        uploaded(data)


def test_an_upload_is_the_scenario():
    session = uploaded(OWN.encode())
    scenario, other, branch = arms(session)
    assert scenario.fixed["enforcement"] == 0.8
    assert other.fixed["enforcement"] == 0.8
    assert branch is None
    assert read_upload(OWN.encode()) == OWN


def test_the_scenario_is_that_of_the_engine():
    scenario, other, _ = arms(Session(parameters={"enforcement": 0.9}, off=frozenset({"stockpiling"})))
    same = Scenario.load("history").with_parameters(enforcement=0.9).without("stockpiling")
    assert scenario.describe() == same.describe()
    assert other.describe() == same.counterfactual("none_0").describe()


@pytest.mark.parametrize("session", [FULL, Session(), Session(toml=OWN, law=FULL.law), Session(scenario="rule")])
def test_the_file_handed_out_makes_the_same_scenario(session, tmp_path):
    (tmp_path / FILE).write_text(scenario_file(session))
    for name, text in instrument_files(session).items():
        (tmp_path / name).write_text(text)
    mine, theirs = arms(session)[0], Scenario.load(tmp_path / FILE)
    assert theirs.policy == mine.policy
    told = {name: value for name, value in mine.describe().items() if name not in ("name", "source", "description")}
    assert {name: theirs.describe()[name] for name in told} == told


@pytest.mark.parametrize("one", editable(), ids=lambda one: one.id)
def test_every_instrument_can_be_moved_ended_eased_and_dropped(one):
    changes = (Change("2027Q1"), Change(end="2028Q1"), Change(severity=0.5), Change(severity=0.0), Change(dropped=True))
    for change in changes:
        scenario = arms(Session(law={one.id: change}))[0]
        assert (one.id in scenario.policy.ids) == (not change.dropped)


def test_a_rule_moved_beyond_the_script_still_comes():
    scenario = arms(Session(law={"us_2024_12_hbm": Change("2028Q1")}))[0]
    assert quarter_label(quarter_of(scenario.policy["us_2024_12_hbm"].effective)) == "2028Q1"


def test_an_eased_rule_denies_less_and_a_changed_rule_is_no_standing_law():
    name = "us_2023_10_tools"
    eased = arms(Session(law={name: Change(severity=0.5)}))
    before = [effect.denial.mid for effect in shipped_history()[name].effects]
    after = [effect.denial.mid for effect in eased[0].policy[name].effects]
    assert after == [share / 2.0 for share in before]
    assert name not in eased[1].policy.ids


def test_instruments_are_written_as_they_are_read():
    text = changed_text("us_2023_10_advanced_computing", Change(severity=0.5))
    assert 'status = "licence"' in text
    assert toml_text({"a": True, "b": [1, 2.5], "c": {"d": 'é"x'}, "e": [{"f": 1}]}) == (
        'a = true\nb = [1, 2.5]\n\n[c]\nd = "é\\"x"\n\n[[e]]\nf = 1\n'
    )


def test_undo_and_redo():
    first, second, third = Session(), Session(seed=2), Session(seed=3)
    past = Past().after(first).after(second)
    present, past = past.undo(third)
    assert present == second
    present, past = past.undo(present)
    assert present == first
    assert past.undo(present) == (first, past)
    present, past = past.redo(present)
    assert present == second
    assert past.after(present).forth == ()
    assert Past().redo(first) == (first, Past())
