"""Drawn firms: totals, log-normal sizes, draws by slot, traits by weight, sparse networks, bad input (MODEL 2, 3)."""

from __future__ import annotations

import numpy as np
import pytest

from abm.draws import LARGEST_SEED, stream, uniform, uniforms
from abm.scenario import Scenario, ScenarioError
from abm.series import FIRM_SERIES, SERIES
from abm.shape import MOST, SPREAD
from abm.simulation import Builder, prepare
from abm.synthetic import CITIES, DEGREE, RECORDED, SAME_CITY
from abm.vocabulary import BLOCS, CN, CUSTOM, FOREIGN, ROW, US
from abm.worldfile import MOST_LET


def plan_of(firms, seed=1, **more):
    """Blueprint of history with drawn firms."""
    return prepare([Scenario.synthetic(firms, seed, **more).with_point(True)])


@pytest.fixture(scope="module")
def usual():
    return prepare([Scenario.load("history").with_point(True)])


@pytest.fixture(scope="module")
def many():
    return plan_of(20_000)


def ln_size(plan):
    """ln size of firms that exist at the end, centred by bloc."""
    size = np.log(plan.arrays["plan_share"][-1])
    for place in range(len(BLOCS)):
        size[plan.arrays["bloc"] == place] -= np.median(size[plan.arrays["bloc"] == place])
    return size


@pytest.mark.parametrize("seed", [0, 1, LARGEST_SEED])
def test_many_draws_at_once_are_the_draws_one_by_one(seed):
    slots = np.array([0, 1, 7, 99_999, 2**32 - 1])
    assert uniforms(seed, 40, 3, slots).tolist() == [uniform(seed, 40, 0, 3, int(slot)) for slot in slots]


@pytest.mark.parametrize("firms", [3, 4, 16, 100, 1000])
def test_plans_and_chips_of_2020_add_to_those_of_the_default_world(usual, firms):
    plan = plan_of(firms)
    bloc, share = plan.arrays["bloc"], plan.arrays["plan_share"]
    assert np.array_equal(plan.arrays["plan"], usual.arrays["plan"])
    arms = [Scenario.load("history").with_point(True)]
    worlds = [Builder(one, arms, 1, 1).fill(np.arange(1)).world for one in (usual, plan)]
    for place in range(len(BLOCS)):
        assert share[:, bloc == place].sum(axis=1) == pytest.approx(1.0)
        chips, cash = (
            [getattr(world, name)[world.bloc == place].sum() for world in worlds] for name in ("deployed", "cash")
        )
        assert chips[1] == pytest.approx(chips[0])
        assert cash[1] == pytest.approx(cash[0])
    custom = plan.arrays["offer_kind"] == CUSTOM
    held = worlds[1].deployed[:, custom].sum(axis=(1, 2, 3))
    assert (held[bloc != US] == 0.0).all()


def test_sizes_are_log_normal(many):
    size = ln_size(many)
    assert size.std() == pytest.approx(SPREAD, rel=0.02)
    centred = (size - size.mean()) / size.std()
    assert abs((centred**3).mean()) < 0.06, "no skew in logarithms"
    assert (centred**4).mean() == pytest.approx(3.0, abs=0.15)
    assert ln_size(plan_of(2000, spread=0.5)).std() == pytest.approx(0.5, rel=0.05)
    assert np.ptp(ln_size(plan_of(50, spread=0.0))) == pytest.approx(0.0, abs=1e-12)


def test_a_firm_is_the_same_in_a_larger_world_but_for_scale():
    small, large = plan_of(100), plan_of(1000)
    assert [one.id for one in small.world.firms] == [one.id for one in large.world.firms[:100]]
    assert small.world.firms == large.world.firms[:100]
    for name in ("bloc", "open_weights", "floor_kind", "lets", "state_owned", "stack_vendor", "available", "holds"):
        assert np.array_equal(small.arrays[name], large.arrays[name][:100]), name
    for name in ("alive", "buyer_class"):
        assert np.array_equal(small.arrays[name], large.arrays[name][:, :100]), name
    for place in range(len(BLOCS)):
        mine = small.arrays["bloc"] == place
        ratio = small.arrays["plan_share"][-1, mine] / large.arrays["plan_share"][-1, :100][mine]
        assert np.ptp(ratio) < 1e-9 * ratio[0]


def test_traits_come_with_the_weights_of_the_default_firms(usual, many):
    """Shares of firms by trait are the shares of the bloc's plan that the default firms with the trait have."""
    for trait in ("open_weights", "state_owned", "floor_kind", "lets"):
        for place in (CN, US, ROW):
            base, mine = usual.arrays["bloc"] == place, many.arrays["bloc"] == place
            weight = usual.arrays["plan_share"][-1, base]
            due = float(weight @ (usual.arrays[trait][base] > 0.0))
            got = float((many.arrays[trait][mine] > 0.0).mean())
            assert got == pytest.approx(due, abs=4.5 * np.sqrt(0.25 / mine.sum())), (trait, place)
    assert (many.arrays["own_vendor"] == -1).all()
    assert many.arrays["lets"].max() <= MOST_LET
    assert set(np.unique(many.arrays["buyer_class"][:, many.arrays["bloc"] != CN])) == {FOREIGN}


def test_blocs_have_the_parts_of_the_default_firms(usual, many):
    part = [np.bincount(plan.arrays["bloc"]) / len(plan.arrays["bloc"]) for plan in (usual, many)]
    assert part[1] == pytest.approx(part[0], abs=1e-3)
    assert [one.bloc for one in plan_of(3).world.firms] == ["CN", "US", "ROW"]


@pytest.mark.parametrize("seed", range(12))
def test_every_bloc_has_a_firm_from_the_start(seed):
    arrays = plan_of(3, seed).arrays
    assert (arrays["alive"] == 1.0).all()
    assert np.isfinite(arrays["plan_share"]).all()


def test_a_slot_decides_when_a_firm_enters():
    late = [plan_of(firms).arrays["alive"][0] == 0.0 for firms in (200, 400)]
    assert late[0].any()
    assert np.array_equal(late[0], late[1][:200])
    assert (plan_of(200).arrays["plan_share"][0, late[0]] == 0.0).all()


# --- network ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("firms", [3, 4, 5, 7, 19, 500])
def test_everybody_knows_four_others_or_all_there_are(firms):
    near = plan_of(firms).arrays["neighbour"]
    assert near.shape == (firms, min(DEGREE, firms - 1))
    for firm, others in enumerate(near.tolist()):
        assert firm not in others
        assert len(set(others)) == len(others)
        assert 0 <= min(others) <= max(others) < firms


def test_links_mix_blocs_as_in_the_default_world_and_stay_near(usual, many):
    def mixing(plan):
        bloc, near = plan.arrays["bloc"], plan.arrays["neighbour"]
        return np.array([[(bloc[near[bloc == a]] == b).mean() for b in range(3)] for a in range(3)])

    assert mixing(many) == pytest.approx(mixing(usual), abs=0.03)
    seen = np.bincount(many.arrays["neighbour"].ravel(), minlength=20_000)
    assert seen.mean() == DEGREE
    home = seen[many.arrays["bloc"] == CN]
    assert home.var() == pytest.approx(home.mean(), rel=0.1), "seen by a Poisson number of others"


def test_more_links_stay_in_a_city_than_chance_would_give():
    arrays = plan_of(2000, 3).arrays
    near, bloc = arrays["neighbour"], arrays["bloc"]
    luck = uniforms(3, stream("network"), 0, np.arange(2000))
    city = np.searchsorted(np.cumsum(CITIES["CN"]), luck)
    mine = np.flatnonzero(bloc == CN)
    same = (city[near[mine]] == city[mine][:, None]).mean()
    by_chance = sum(part**2 for part in CITIES["CN"])
    assert same == pytest.approx(SAME_CITY + (1.0 - SAME_CITY) * by_chance, abs=0.05)


def test_the_same_seed_draws_the_same_world_and_another_seed_another():
    one, again, other = plan_of(300, 5), plan_of(300, 5), plan_of(300, 6)
    for name, array in one.arrays.items():
        assert np.array_equal(array, again.arrays[name]), name
    assert not np.array_equal(one.arrays["neighbour"], other.arrays["neighbour"])
    assert not np.array_equal(one.arrays["plan_share"], other.arrays["plan_share"])


# --- scenarios --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("firms", "near"), [(0, 3), (2.5, 3), (2, 3), (10**7, MOST), (True, 3), ("many", 3)])
def test_a_bad_number_of_firms_names_key_and_nearest(firms, near):
    with pytest.raises(ScenarioError, match=rf"key 'firms' .* not {firms!r}; try {near}$"):
        Scenario.synthetic(firms)


@pytest.mark.parametrize(("key", "value"), [("spread", -1.0), ("spread", "wide"), ("seed", -1), ("seed", 1.5)])
def test_a_bad_spread_or_seed_names_its_key(key, value):
    with pytest.raises(ScenarioError, match=f"key '{key}'"):
        Scenario.synthetic(**{"firms": 10, key: value})


def test_a_scenario_file_may_ask_for_drawn_firms(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text('mode = "script"\nnetwork = "rewired"\n[synthetic]\nfirms = 30\nseed = 4\n', encoding="utf-8")
    scenario = Scenario.load(path)
    assert scenario.shape.synthetic == Scenario.synthetic(30, 4).shape.synthetic
    assert scenario.shape.network == "rewired"
    assert scenario.describe()["synthetic"] == {"firms": 30, "seed": 4, "spread": SPREAD}
    assert scenario.counterfactual("none_0").shape == scenario.shape
    assert len(prepare([scenario]).world.firms) == 30


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("[synthetic]\nfirm = 30\n", "synthetic.*'firm'.*did you mean 'firms'"),
        ("[synthetic]\nseed = 30\n", "'firms' is missing"),
        ("[synthetic]\nfirms = 2.5\n", "'firms'.*2.5; try 3"),
        ('network = "one_hub"\n', "network.*'one_hub'.*did you mean 'one_hub_tools'"),
    ],
)
def test_a_bad_scenario_file_names_file_key_and_cure(tmp_path, text, match):
    path = tmp_path / "bad.toml"
    path.write_text('mode = "script"\n' + text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=rf"bad\.toml.*{match}"):
        Scenario.load(path)


def test_the_default_world_says_nothing_new_of_itself():
    assert not {"synthetic", "network"} & set(Scenario.load("history").describe())


def test_arms_share_their_firms_and_networks():
    history = Scenario.load("history")
    with pytest.raises(ScenarioError, match=r"key 'synthetic'.*both arms"):
        prepare([Scenario.synthetic(10), history])
    with pytest.raises(ScenarioError, match=r"key 'network'.*both arms"):
        prepare([history.with_network("rewired"), history])


def test_a_world_file_and_drawn_firms_exclude_each_other(tmp_path):
    with pytest.raises(ScenarioError, match=r"world file.*drop one"):
        prepare([Scenario.synthetic(10)], world=tmp_path / "own.toml")


def test_only_the_first_slots_are_recorded():
    plan = plan_of(3 * RECORDED)
    world = Builder(plan, [Scenario.synthetic(3 * RECORDED)], 1, 1).fill(np.arange(1)).world
    assert world.firm_record.shape == (len(FIRM_SERIES), 52, RECORDED, 1)
    assert world.record.shape[0] == len(SERIES)
    assert plan.arrays["recorded"].tolist() == list(range(RECORDED))


def test_equal_firms_can_be_drawn_too():
    plan = prepare([Scenario.synthetic(40).without("firm_heterogeneity")])
    bloc, share = plan.arrays["bloc"], plan.arrays["plan_share"][-1]
    assert [np.ptp(share[bloc == place]) for place in range(3)] == pytest.approx([0.0] * 3)


def test_memory_grows_with_firms_alone():
    """Bytes of a lane by firm are those of ten times as many firms: 100,000 firms take less than a gibibyte a lane."""
    size = []
    for firms in (500, 5000):
        scenario = Scenario.synthetic(firms)
        world = Builder(prepare([scenario]), [scenario], 1, 1).fill(np.arange(1)).world
        size.append(sum(array.nbytes for array in world))
    each = (size[1] - size[0]) / 4500
    assert each * 100_000 < 2**30
    assert size[1] < 10.5 * size[0]
