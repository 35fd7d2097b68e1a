"""World files: the shipped one, and bad ones that are refused with one line of file, entry, key and nearest name."""

from __future__ import annotations

import pytest

from abm.worldfile import DEFAULT_WORLD, WorldError, load_world_file

TEXT = DEFAULT_WORLD.read_text(encoding="utf-8")


def changed(folder, old, new):
    """A copy of the default world with one text changed."""
    assert TEXT.count(old) >= 1, f"the default world no longer holds {old!r}"
    path = folder / "mine.toml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    return path


def refusal(path):
    """The one line with which a world file is refused."""
    with pytest.raises(WorldError) as caught:
        load_world_file(path)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith("mine.toml"), line
    return line


def test_the_default_world_is_that_of_the_model_text(world_file):
    assert [len(part) for part in (world_file.firms, world_file.vendors, world_file.offers)] == [19, 9, 16]
    assert len(world_file.nodes) >= 20
    assert world_file.firm("DEEPSEEK") == 4
    assert world_file.vendor("HUAWEI") == 3
    assert world_file.offer("CN_LOW_TIER") == 14
    assert {len(others) for others in world_file.neighbours.values()} == {4}
    quarters = [quarter for quarter, _ in world_file.foundry_plan]
    assert quarters == sorted(quarters)
    assert (quarters[0], quarters[-1]) == (0, 51)


def test_the_places_that_the_model_counts_on(world_file):
    """`abm.phases` speaks of NVIDIA's frontier line as offer 0 and of vendors by place."""
    assert world_file.offers[0].id == "NVIDIA_FRONTIER"
    assert [world_file.vendors[place].id for place in (0, 1, 3)] == ["NVIDIA", "AMD", "HUAWEI"]
    assert [world_file.offers[place].id for place in (1, 2, 4)] == [
        "NVIDIA_COMPLIANCE_A",
        "NVIDIA_COMPLIANCE_B",
        "AMD_COMPLIANCE",
    ]


def test_no_firm_is_its_own_neighbour_and_know_how_stays_near(world_file):
    bloc = {firm.id: firm.bloc for firm in world_file.firms}
    for firm, others in world_file.neighbours.items():
        assert firm not in others
        assert len(set(others)) == len(others)
        if bloc[firm] == "CN":
            assert {bloc[other] for other in others} == {"CN"}, firm


UNKNOWN = {
    "section": ("[foundry_plan]", "[foundry_plans]", ("foundry_plans", "foundry_plan")),
    "key": ('bloc = "CN"', 'blok = "CN"', ("ai_firm TENCENT", "blok", "bloc")),
    "bloc": ('bloc = "CN"', 'bloc = "CHN"', ("ai_firm TENCENT", "bloc", "CHN", "CN")),
    "hazard floor": (
        'hazard_floor = "listed"',
        'hazard_floor = "listet"',
        ("ai_firm CN_LISTED", "hazard_floor", "listed"),
    ),
    "partner": (
        'partner = "OTHER_CN" # l',
        'partner = "OTHERCN" # l',
        ("ai_firm TENCENT", "partner", "OTHERCN", "OTHER_CN"),
    ),
    "owned vendor": ('owns = "KUNLUNXIN"', 'owns = "KUNLUN"', ("ai_firm BAIDU", "owns", "KUNLUN", "KUNLUNXIN")),
    "market": ('market = "WORLD"', 'market = "WORD"', ("vendor NVIDIA", "market", "WORLD")),
    "vendor": ('vendor = "HUAWEI"\nkind', 'vendor = "HUAWAY"\nkind', ("offer HUAWEI", "vendor", "HUAWAY", "HUAWEI")),
    "kind": ('kind = "compliance"', 'kind = "compliant"', ("offer NVIDIA_COMPLIANCE_A", "kind", "compliance")),
    "ecosystem": ('ecosystem = "CANN"', 'ecosystem = "CAN"', ("offer HUAWEI", "ecosystem", "CANN")),
    "buyers": ('buyers = "owners"', 'buyers = "owner"', ("offer US_CUSTOM", "buyers", "owners")),
    "role": ('role = "tools_nl"', 'role = "tools_nld"', ("node ASML", "role", "tools_nl")),
    "neighbour": ('BAIDU = ["BYTEDANCE"', 'BAIDU = ["BYTEDANZE"', ("neighbours", "BAIDU", "BYTEDANZE", "BYTEDANCE")),
    "firm with neighbours": ("[neighbours]", '[neighbours]\nTENCEN = ["BAIDU"]', ("neighbours", "TENCEN", "TENCENT")),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_an_unknown_name_is_refused_with_entry_key_and_the_nearest_name(tmp_path, what):
    old, new, parts = UNKNOWN[what]
    line = refusal(changed(tmp_path, old, new))
    for part in parts[:-1]:
        assert part in line, line
    assert line.endswith(f"'{parts[-1]}'"), f"the nearest valid name {parts[-1]!r} stands at the end: {line}"


@pytest.mark.parametrize(
    ("old", "new", "firm"),
    [
        ("lets = 0.6", "lets = 0.95", "GULF_SEA_HOSTS"),
        ('id = "TENCENT"\nbloc = "CN"\n', 'id = "TENCENT"\nbloc = "CN"\nlets = 0.1\n', "TENCENT"),
    ],
)
def test_a_host_lets_a_part_of_its_chips_and_stands_abroad(tmp_path, old, new, firm):
    line = refusal(changed(tmp_path, old, new))
    assert f"ai_firm {firm}: lets must be 0 in China and at most 0.9 abroad" in line


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ('id = "TENCENT"\nbloc = "CN"\n', 'id = "TENCENT"\n', ("ai_firm TENCENT", "missing", "bloc")),
        ('id = "NVIDIA"\nmarket = "WORLD"\n', 'id = "NVIDIA"\n', ("vendor NVIDIA", "missing", "market")),
        ('id = "ASML"\n', "", ("node number 1", "missing", "id")),
        ('members = ["TENCENT"]\n', "", ("ai_firm TENCENT", "missing", "members")),
    ],
)
def test_what_is_missing_is_named(tmp_path, old, new, parts):
    line = refusal(changed(tmp_path, old, new))
    for part in parts:
        assert part in line, line


def test_a_missing_section_is_named(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(TEXT[: TEXT.index("[neighbours]")], encoding="utf-8")
    assert "section 'neighbours' is missing" in refusal(path)


@pytest.mark.parametrize("kind", ["ai_firm", "vendor", "offer", "node"])
def test_an_entry_given_twice_is_named(tmp_path, kind):
    entry = f"[[{kind}]]" + TEXT.split(f"[[{kind}]]")[1].split("[[")[0]
    name = entry.split('"')[1]
    line = refusal(changed(tmp_path, entry, entry + entry))
    assert f"{kind} '{name}' is given twice" in line


def test_too_few_neighbours_are_named(tmp_path):
    line = refusal(changed(tmp_path, 'BAIDU = ["BYTEDANCE", ', "BAIDU = ["))
    assert "neighbours" in line
    assert "BAIDU" in line


BAD_VALUES = {
    "text for a list": ('members = ["TENCENT"]', 'members = "TENCENT"', ("ai_firm TENCENT", "members")),
    "number for a text": ('id = "TENCENT"\nbloc = "CN"', 'id = "TENCENT"\nbloc = 1', ("ai_firm TENCENT", "bloc")),
    "text for a flag": ("us_chips = false", 'us_chips = "no"', ("ai_firm HUAWEI_CLOUD", "us_chips")),
    "text for a number": ("reference_share = 0.75", 'reference_share = "much"', ("vendor NVIDIA", "reference_share")),
    "no quarter": ('"2021Q3" = 0.05', '"2021" = 0.05', ("foundry_plan", "2021")),
    "no capacity": ('"2021Q3" = 0.05', '"2021Q3" = "some"', ("foundry_plan", "2021Q3")),
    "quarters out of order": ('"2020Q1" = 0.0\n', '"2022Q4" = 0.0\n"2020Q1" = 0.0\n', ("foundry_plan", "2020Q1")),
    "a section of another kind": ("[[node]]", "[node]", ("node",)),
    "no members": ('members = ["TENCENT"]', "members = []", ("ai_firm TENCENT", "members")),
    "a negative share": ("reference_share = 0.75", "reference_share = -0.75", ("vendor NVIDIA", "reference_share")),
    "partner beside a vendor": (
        'owns = "KUNLUNXIN"',
        'owns = "KUNLUNXIN"\npartner = "OTHER_CN"',
        ("ai_firm BAIDU", "partner", "without a vendor"),
    ),
    "itself as neighbour": ('BAIDU = ["BYTEDANCE"', 'BAIDU = ["BAIDU"', ("neighbours", "BAIDU")),
}


@pytest.mark.parametrize("what", BAD_VALUES)
def test_a_value_that_makes_no_sense_is_refused_with_entry_and_key(tmp_path, what):
    old, new, parts = BAD_VALUES[what]
    path = changed(tmp_path, old, new)
    if what == "a section of another kind":
        start = TEXT.index("[[node]]")
        rest = TEXT[TEXT.index("# Capacity of China's 7 nm-class") :]
        path.write_text(TEXT[:start] + '[node]\nid = "ASML"\nrole = "tools_nl"\n' + rest, encoding="utf-8")
    line = refusal(path)
    for part in parts:
        assert part in line, line


NODES = {
    "nobody in a role": (
        '[[node]]\nid = "JCET_TFME"\nrole = "packaging_cn"\n',
        "",
        ("no node with role 'packaging_cn'", "[[node]]"),
    ),
    "two in a lone role": (
        'id = "JCET_TFME"\nrole = "packaging_cn"',
        'id = "JCET_TFME"\nrole = "foundry_cn"',
        ("node JCET_TFME", "role", "'foundry_cn' is taken by SMIC"),
    ),
    "a share for one of two": ("\nshare = 0.05\n", "\n", ("node EMPYREAN", "share", "US_EDA")),
}


@pytest.mark.parametrize("what", NODES)
def test_roles_of_nodes_are_all_taken_and_shared_out(tmp_path, what):
    old, new, parts = NODES[what]
    line = refusal(changed(tmp_path, old, new))
    for part in parts:
        assert part in line, line


def test_what_is_no_world_file_is_named(tmp_path):
    path = tmp_path / "mine.toml"
    assert "cannot be read" in refusal(path)
    path.write_text("[[ai_firm]\n", encoding="utf-8")
    assert "cannot be read" in refusal(path)
    path.write_bytes(b"\xff\xfe")
    assert "cannot be read" in refusal(path)
    path.write_text("", encoding="utf-8")
    assert "section 'ai_firm' is missing" in refusal(path)


def test_asking_for_an_unknown_agent_names_the_nearest(world_file):
    with pytest.raises(WorldError, match=r"no vendor 'HUAWAY'.*'HUAWEI'"):
        world_file.vendor("HUAWAY")
    with pytest.raises(WorldError, match=r"no offer 'GREY'.*'GREY_FRONTIER'"):
        world_file.offer("GREY")
    with pytest.raises(WorldError, match=r"no ai_firm 'TENCEN'.*'TENCENT'"):
        world_file.firm("TENCEN")
