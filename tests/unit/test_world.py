"""From tables to arrays: the world at the start of 2020Q1 says what the data pack and the world file say."""

from __future__ import annotations

import numpy as np
import pytest
from made_lanes import default_lanes, history_plan

from abm.allocation import allocate
from abm.calendar import quarter_index
from abm.parameter_index import NAMES
from abm.parameters import load_parameters
from abm.scenario import Scenario
from abm.series import FIRM_SERIES, SERIES
from abm.simulation import prepare
from abm.start import dimension_sizes, start_arrays
from abm.state import FIELDS
from abm.tables import number
from abm.vocabulary import (
    BLOCS,
    CN,
    COMPLIANCE,
    CUSTOM,
    DOMESTIC_NEST,
    FOREIGN,
    GREY,
    LISTED,
    PRIVATE,
    QUARTERS,
    RENTAL,
    STATE,
    US_NEST,
)
from abm.worldfile import DEFAULT_WORLD, WorldError

RUNS = 4


@pytest.fixture(scope="module")
def plan():
    return history_plan()


@pytest.fixture(scope="module")
def lanes():
    return default_lanes(RUNS)


@pytest.fixture(scope="module")
def start(plan, lanes):
    return start_arrays(plan, lanes, 1)


def mine(plan, name):
    return plan.world.firm(name)


def test_every_array_fits_its_declaration(plan, start):
    given = {**plan.arrays, **start}
    typed = {name: np.asarray(array, np.int64 if FIELDS[name].integer else np.float64) for name, array in given.items()}
    world = allocate(dimension_sizes(plan, RUNS, len(SERIES), len(FIRM_SERIES)), typed)
    assert world.price.shape == (16, RUNS)
    assert not set(plan.arrays) & set(start), "an array is either the same in all lanes or set for each"
    for name, field in FIELDS.items():
        assert ("run" in field.dims) != (name in plan.arrays) or name == "seed", name


def test_every_dimension_has_a_length(plan):
    sizes = dimension_sizes(plan, RUNS, len(SERIES), len(FIRM_SERIES))
    assert {dim for field in FIELDS.values() for dim in field.dims} == set(sizes)
    assert min(sizes.values()) >= 1


def test_shares_of_planned_spending_add_to_one_in_every_bloc_and_quarter(plan):
    share, bloc = plan.arrays["plan_share"], plan.arrays["bloc"]
    assert share.shape == (QUARTERS, 19)
    assert share.min() >= 0.0
    for one in range(len(BLOCS)):
        assert share[:, bloc == one].sum(axis=1) == pytest.approx(np.ones(QUARTERS))


def test_planned_spending_shares_are_those_of_the_table(plan, pack):
    """Tencent's .15 of China, in the last quarter of all firms: .15 over the sum of the Chinese mid shares."""
    china = [firm for firm in plan.world.firms if firm.bloc == "CN"]
    mid = {str(row["firm_id"]): number(row, "share_mid") for row in pack.firm_shares}
    total = sum(mid[member] for firm in china for member in firm.members)
    assert plan.arrays["plan_share"][-1, mine(plan, "TENCENT")] == pytest.approx(mid["TENCENT"] / total)
    assert plan.arrays["plan_share"][0, mine(plan, "DEEPSEEK")] == 0.0


def test_the_plan_is_the_middle_path_of_demand(plan, pack):
    for bloc in BLOCS:
        for quarter in ("2020Q1", "2022Q3", "2024Q4", "2032Q4"):
            row = pack.demand_paths.one(bloc=bloc, quarter=quarter)
            assert plan.arrays["plan"][quarter_index(quarter), BLOCS.index(bloc)] == number(row, "mid_usd_bn")
    assert plan.arrays["plan"].min() > 0.0


@pytest.mark.parametrize(
    ("firm", "quarter"),
    [("TENCENT", "2020Q1"), ("DEEPSEEK", "2023Q2"), ("XAI", "2023Q1"), ("GULF_SEA_HOSTS", "2022Q1")],
)
def test_firms_enter_in_the_quarter_of_the_table(plan, firm, quarter):
    alive = plan.arrays["alive"][:, mine(plan, firm)]
    entry = quarter_index(quarter)
    assert alive.tolist() == [0.0] * entry + [1.0] * (QUARTERS - entry)
    assert (plan.arrays["plan_share"][:, mine(plan, firm)] > 0.0).tolist() == [one > 0.0 for one in alive]


def test_buyers_are_seen_by_the_law_as_what_they_are(plan):
    classes = plan.arrays["buyer_class"]
    assert set(classes[:, mine(plan, "TENCENT")]) == {PRIVATE}
    assert set(classes[:, mine(plan, "CN_TELCOS")]) == {STATE}
    for firm in plan.world.firms:
        abroad = set(classes[:, mine(plan, firm.id)]) == {FOREIGN}
        assert abroad == (firm.bloc != "CN"), firm.id


def test_who_may_buy_what(plan):
    available, offers = plan.arrays["available"], {offer.id: place for place, offer in enumerate(plan.world.offers)}
    for firm in plan.world.firms:
        row = available[mine(plan, firm.id)]
        assert row[offers["US_CUSTOM"]] == float(firm.id in ("GOOGLE", "AMAZON")), firm.id
        assert row[offers["HUAWEI"]] == float(firm.bloc == "CN"), firm.id
        assert row[offers["GREY_FRONTIER"]] == float(firm.bloc == "CN" and firm.us_chips), firm.id
        assert row[offers["NVIDIA_FRONTIER"]] == float(firm.us_chips), firm.id
    huawei = available[mine(plan, "HUAWEI_CLOUD")]
    assert not huawei[plan.arrays["offer_nest"] == US_NEST].any(), "footnote 1 of 2020"
    assert huawei[plan.arrays["offer_nest"] == DOMESTIC_NEST].all()
    rental = plan.arrays["offer_kind"] == RENTAL
    assert (plan.arrays["holds"] >= available)[:, ~rental].all()
    assert not plan.arrays["holds"][:, rental].any(), "tenants own nothing"
    assert available[:, rental].any()


def test_a_plain_listing_makes_nobody_a_listed_buyer_and_footnote_4_does(plan):
    """Footnote 4 of October 2022 names iFlytek and SenseTime; before it chips made abroad could be sold to them."""
    kind = plan.arrays["buyer_class"][:, mine(plan, "CN_LISTED")]
    first = quarter_index("2022Q4")
    assert (kind[:first] == PRIVATE).all()
    assert (kind[first:] == LISTED).all()
    law = plan.arrays["law_open"][0, :, :, LISTED]
    us = [place for place, one in enumerate(plan.designs) if one.us]
    assert (law[: quarter_index("2022Q3"), us] == 1.0).all()
    assert (law[first + 1 :, us] == 0.0).all()
    assert 0.0 < law[first, us].max() < 1.0


def test_hosts_abroad_let_a_part_of_their_chips(plan):
    lets = plan.arrays["lets"]
    assert lets[mine(plan, "GULF_SEA_HOSTS")] == lets.max() > 0.5
    assert (lets[plan.arrays["bloc"] == CN] == 0.0).all()


def test_lines_know_their_vendor_and_their_road_map(plan):
    arrays = plan.arrays
    for place, offer in enumerate(plan.world.offers):
        assert plan.world.vendors[arrays["offer_vendor"][place]].id == offer.vendor
        road = [one for one in arrays["roadmap"][place] if one >= 0]
        made_to_measure = arrays["offer_kind"][place] in (COMPLIANCE, GREY, RENTAL)
        assert (road == []) == made_to_measure, offer.id
        dates = arrays["roadmap_quarter"][place][: len(road)].tolist()
        assert dates == sorted(dates), offer.id
        assert all(plan.designs[one].vendor == offer.vendor for one in road), offer.id
    names = [plan.designs[one].id for one in arrays["roadmap"][0] if one >= 0]
    assert names[:4] == ["V100", "A100", "A100_H100", "H100"]
    for vendor, line in enumerate(arrays["vendor_line"]):
        assert arrays["offer_vendor"][line] == vendor


def test_specifications_keep_their_units(plan):
    place = next(place for place, one in enumerate(plan.designs) if one.id == "H100")
    arrays = plan.arrays
    assert arrays["spec_power"][place] == pytest.approx(0.7), "kW"
    assert arrays["spec_bandwidth"][place] == pytest.approx(3.35), "TB/s"
    assert arrays["spec_packaging"][place] == pytest.approx(1.0), "H100 = 1"
    assert 2.0 < arrays["spec_cost"][place] < 5.0, "thousand USD"
    assert arrays["spec_dies"].min() >= 1.0
    assert min(arrays[name].min() for name in ("spec_bf16", "spec_tpp", "spec_link", "spec_memory", "spec_area")) > 0.0


def test_tool_shares_of_a_class_add_to_one_and_lithography_is_dutch(plan):
    """By line, country of the maker (US, NL, JP, CN) and class; for SMIC etch and deposition 28, 13 and 14 percent."""
    arrays = plan.arrays
    shares = arrays["tool_share"]
    assert shares.shape == (2, 4, 3)
    assert shares.sum(axis=1) == pytest.approx(np.ones((2, 3)))
    assert arrays["tool_weight"].sum(axis=1) == pytest.approx(np.ones(2))
    assert (shares[:, 1, 0] > 0.9).all()
    assert (shares[:, 3, 0] < 0.05).all(), "no substitute for lithography"
    assert shares[0, :, 1] == pytest.approx(np.array([28.0, 0.0, 13.0, 14.0]) / 55.0)


def test_toolmakers_share_what_their_country_sells(plan):
    """Parts of a country's makers add to one in every class; AMAT has 17 of the 28 percent that US makers sell SMIC."""
    arrays, nodes = plan.arrays, [node.id for node in plan.world.nodes]
    for country in range(4):
        mine = arrays["node_role"] == country
        assert arrays["maker_part"][mine].sum(axis=0) == pytest.approx(np.ones((2, 3)))
    assert arrays["maker_part"][nodes.index("AMAT"), 0, 1] == pytest.approx(17.0 / 28.0)
    bought = arrays["tool_source"].sum(axis=0)
    buyers = [name in ("TSMC", "SAMSUNG_FOUNDRY", "SKHYNIX", "SAMSUNG", "MICRON", "COWOS") for name in nodes]
    assert bought == pytest.approx(np.array(buyers, dtype=float))
    assert arrays["tool_source"][nodes.index("ASML"), nodes.index("TSMC")] == pytest.approx(28.0 / 83.0)


def test_nodes_of_a_role_share_it_as_the_tables_say(plan):
    """HBM 53, 42 and 5 percent (supply_links.csv); foundries as the world file says, since only TSMC has rows."""
    arrays = plan.arrays
    shares = dict(zip([node.id for node in plan.world.nodes], arrays["node_share"], strict=True))
    assert [shares[name] for name in ("SKHYNIX", "SAMSUNG", "MICRON")] == pytest.approx([0.53, 0.42, 0.05])
    assert shares["TSMC"] == pytest.approx(0.97)
    for role in range(12):
        assert arrays["node_share"][arrays["node_role"] == role].sum() == pytest.approx(1.0)
    assert [plan.world.nodes[place].id for place in arrays["line_node"]] == ["SMIC", "CXMT"]


def test_the_foundry_plan_grows_from_nothing(plan):
    path = plan.arrays["foundry_plan"]
    assert path[0] == 0.0
    assert path[quarter_index("2024Q1")] == pytest.approx(1.0)
    assert (np.diff(path) >= 0.0).all()


def test_law_tables_are_shares_and_foreign_buyers_are_free(plan):
    for name, array in plan.arrays.items():
        if name.startswith("law_") and name not in ("law_cap", "law_candidate", "law_foundry_candidate", "law_subsidy"):
            assert array.shape[:2] == (2, QUARTERS), name
            assert 0.0 <= array.min() <= array.max() <= 1.0, name
    assert (plan.arrays["law_open"][..., FOREIGN] == 1.0).all()
    assert (plan.arrays["law_announced"][..., FOREIGN] == 1.0).all()


def test_the_arms_share_their_law_before_the_first_signal(plan):
    """Designs that the rules bring about stand in their arm's list earlier: free and unsold, they change nothing."""
    first = quarter_index("2022Q3")
    for name, array in plan.arrays.items():
        if name.startswith("law_") and not name.endswith(("_candidate", "_news")):
            assert np.array_equal(array[0, :first], array[1, :first]), name
    assert not np.array_equal(plan.arrays["law_announced"][0, first], plan.arrays["law_announced"][1, first])


def test_vendors_choose_among_admissible_designs_that_nothing_better_beats(plan):
    """Each candidate is admitted in some measure, made by a US vendor, and not dominated within its die family."""
    arrays, table = plan.arrays, plan.arrays["law_candidate"]
    for arm in range(2):
        for t in range(QUARTERS):
            row = table[arm, t][table[arm, t] >= 0]
            assert (np.diff(row) > 0).all(), "in order, each once"
            assert (table[arm, t][len(row) :] == -1).all(), "free places stand at the end"
            share = np.maximum(arrays["law_open"][arm, t, :, PRIVATE], arrays["law_announced"][arm, t, :, PRIVATE])
            assert (share[row] > 0.0).all()
            for one in row:
                for other in row:
                    if one != other and plan.designs[one].family == plan.designs[other].family:
                        assert not beats(arrays, arm, t, other, one), (t, plan.designs[other].id, plan.designs[one].id)


def beats(arrays, arm, t, better, worse):
    """Whether a design is at least as good in everything and as free, under the law in force and the announced one."""
    specs = ("spec_bf16", "spec_tpp", "spec_bandwidth", "spec_link", "spec_memory")
    laws = ("law_open", "law_announced")
    as_good = all(arrays[name][better] >= arrays[name][worse] for name in specs)
    as_free = all(arrays[name][arm, t, better, PRIVATE] >= arrays[name][arm, t, worse, PRIVATE] > 0.0 for name in laws)
    return as_good and as_free


def test_vendors_think_again_when_the_law_moves(plan):
    news = plan.arrays["law_news"]
    assert (news[:, 0] == 1.0).all()
    assert news[0, quarter_index("2022Q3")] == news[0, quarter_index("2023Q3")] == 1.0
    assert news[1, quarter_index("2022Q3")] == 0.0
    assert news[1].sum() < news[0].sum()


def test_foreign_foundries_have_candidates_of_chinese_designers_alone(plan):
    """Undominated within a die family, open in some measure; an arm without chip rules has no cut-down design."""
    arrays, table = plan.arrays, plan.arrays["law_foundry_candidate"]
    for arm in range(2):
        for t in range(QUARTERS):
            row = table[arm, t][table[arm, t] >= 0]
            assert (table[arm, t][len(row) :] == -1).all()
            assert all(not plan.designs[one].us for one in row)
            assert all(plan.designs[one].line != "low_tier" for one in row)
            share = np.maximum(arrays["law_foundry"][arm, t], arrays["law_foundry_announced"][arm, t])
            assert (share[row] > 0.0).all()
    assert all(plan.designs[one].kind == "roadmap" for one in table[1].ravel() if one >= 0)
    after = [plan.designs[one].id for one in table[0, quarter_index("2022Q4")] if one >= 0]
    assert any(name.startswith("BR100x2/tpp16384") for name in after), "links cut below the threshold, compute whole"


def test_a_designer_thinks_again_when_its_own_access_moves(plan):
    news, vendors = plan.arrays["law_foundry_news"], [one.id for one in plan.world.vendors]
    assert not news[:, :, vendors.index("NVIDIA")].any(), "US vendors have foundries everywhere"
    listed = news[0, :, vendors.index("CAMBRICON")]
    assert listed[quarter_index("2022Q4")] == 1.0
    assert listed[quarter_index("2023Q4")] == 1.0, "its next chip arrives"
    assert listed[quarter_index("2024Q1")] == 0.0
    assert news[1, quarter_index("2023Q4"), vendors.index("OTHER_CN")] == 0.0


def test_installed_compute_of_2020_is_that_of_the_table(plan, pack, start):
    """Chips x mean performance over the firms of a bloc: 58, 174 + 40 TPU, 58 thousand A100 (initial_2020q1.csv)."""
    compute = (start["deployed"] * start["mean_performance"]).sum(axis=(1, 2))
    bloc = plan.arrays["bloc"]
    tpu = number(pack.initial.one(entity="US", quantity="installed_compute_tpu_a100_train"), "value")
    for place, name in enumerate(BLOCS):
        due = number(pack.initial.one(entity=name, quantity="installed_compute_a100_train"), "value")
        due += tpu if name == "US" else 0.0
        assert compute[bloc == place].sum(axis=0) == pytest.approx(np.full(RUNS, due))
        assert start["reference_compute"][bloc == place].sum(axis=0) == pytest.approx(np.full(RUNS, due))
    custom = np.flatnonzero(plan.arrays["offer_kind"] == CUSTOM)
    owners = np.flatnonzero(start["deployed"][:, custom].sum(axis=(1, 2, 3)) > 0.0)
    assert owners.tolist() == [mine(plan, "GOOGLE")]


def test_a_firm_owns_only_what_it_may_hold(plan, start):
    owned = start["deployed"].sum(axis=(2, 3)) > 0.0
    assert not (owned & (plan.arrays["holds"] == 0.0)).any()


def test_fear_starts_at_its_floor_and_only_in_china(plan, start):
    p = {name: load_parameters()[name].default for name in NAMES}
    hazard = start["hazard"][:, 0]
    assert hazard[mine(plan, "TENCENT")] == p["hazard_floor"]
    assert hazard[mine(plan, "CN_LISTED")] == p["hazard_floor_listed"]
    assert hazard[mine(plan, "HUAWEI_CLOUD")] == p["hazard_floor_huawei"]
    assert (hazard[plan.arrays["bloc"] != CN] == 0.0).all()
    assert np.array_equal(start["hazard_start"], start["hazard"])


def test_start_values_of_supply(plan, start, pack):
    nodes = [node.id for node in plan.world.nodes]
    assert start["node_cash"][nodes.index("SMIC"), 0] == number(
        pack.initial.one(entity="SMIC", quantity="cash"), "value"
    )
    cash = dict(zip([vendor.id for vendor in plan.world.vendors], start["vendor_cash"][:, 0], strict=True))
    assert cash["NVIDIA"] == pytest.approx(10.9)
    assert cash["CAMBRICON"] + cash["HYGON"] + cash["OTHER_CN"] == pytest.approx(1.5), "Chinese designers together"
    slack = load_parameters()["start_slack"].default
    capacity, orders = (start[name][nodes.index("COWOS")] for name in ("node_capacity", "node_orders"))
    assert orders == pytest.approx(start["world_orders"])
    assert capacity == pytest.approx(orders * (1.0 + slack))
    spare = load_parameters()["memory_slack"].default
    maker = nodes.index("SKHYNIX")
    assert start["node_orders"][maker] == pytest.approx(0.53 * orders * 4.0 / 1000.0), "four stacks on a V100"
    assert start["node_capacity"][maker] == pytest.approx(start["node_orders"][maker] * (1.0 + spare))
    assert (start["experience_reference"] > 0.0).all()


def test_a_members_name_that_the_data_pack_lacks_is_refused(tmp_path):
    """An unknown member must not count as a firm without money: the line names file, firm and the nearest member."""
    path = tmp_path / "mine.toml"
    text = DEFAULT_WORLD.read_text(encoding="utf-8")
    path.write_text(text.replace('members = ["TENCENT"]', 'members = ["TENCENTT"]'), encoding="utf-8")
    with pytest.raises(WorldError, match=r"^mine.toml, ai_firm TENCENT: .*members.*'TENCENTT'.*'TENCENT'"):
        prepare([Scenario.load("none_0")], world=path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('cash = "NVIDIA"', 'cash = "NVIDEA"', r"^mine.toml, vendor NVIDIA: .*cash.*'NVIDEA'.*'NVIDIA'"),
        ('id = "HUAWEI"\nvendor = "HUAWEI"\nkind = "domestic"', 'id = "HUAWEI"\nvendor = "HUAWEI"\nkind = "low_tier"',
         r"^mine.toml, vendor HUAWEI: .*offer"),
    ],
)  # fmt: skip
def test_what_a_vendor_lacks_is_named(tmp_path, lanes, old, new, message):
    path = tmp_path / "mine.toml"
    text = DEFAULT_WORLD.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(WorldError, match=message) as caught:
        start_arrays(prepare([Scenario.load("none_0")] * 2, world=path), lanes, 1)
    assert "\n" not in str(caught.value)


def test_a_bloc_without_firms_is_refused(tmp_path):
    path = tmp_path / "mine.toml"
    text = DEFAULT_WORLD.read_text(encoding="utf-8")
    for firm in ("GULF_SEA_HOSTS", "ROW_BUYERS"):
        text = text.replace(f'id = "{firm}"\nbloc = "ROW"', f'id = "{firm}"\nbloc = "US"')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WorldError, match="ROW"):
        prepare([Scenario.load("none_0")], world=path)
