"""Widgets: what they carry, what they refuse, and that their scripts hang together."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import traitlets

import abm
import visualization
from visualization import bundle, widgets
from visualization.codec import unpack
from visualization.specs import CHARTS

JS_TESTS = Path(__file__).parent / "js"
KINDS = (
    widgets.Feed, widgets.Network, widgets.FanChart, widgets.Verdict, widgets.StrategyMix, widgets.Tornado,
    widgets.Ternary, widgets.TimelineEditor, widgets.Transport,
)  # fmt: skip
TOP_LEVEL = re.compile(r"^(?:export )?(?:async )?(?:function|class|const|let) +(\w+)", re.MULTILINE)
DESTRUCTURED = re.compile(r"^(?:export )?(?:const|let) +[\[{]", re.MULTILINE)


@pytest.fixture
def pair():
    return abm.compare("history", runs=2, seed=1)


@pytest.fixture
def node():
    found = shutil.which("node")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("node is missing; CI runs the tests of the scripts")
        pytest.skip("node is not installed")
    return found


@pytest.fixture
def served():
    widgets.serve_from("/static/views")
    yield
    widgets.serve_from(None)


# --- scripts ----------------------------------------------------------------------------------------------------------


def test_scripts_pass_their_own_tests(node):
    files = sorted(map(str, JS_TESTS.glob("*.test.mjs")))
    assert len(files) >= 5
    done = subprocess.run([node, "--test", *files], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_names_at_the_top_of_modules_are_unique_so_that_they_can_be_joined():
    seen = {}
    for name in bundle.modules():
        assert not DESTRUCTURED.search(bundle.source(name)), name
        for found in TOP_LEVEL.findall(bundle.source(name)):
            if found != "render":
                assert found not in seen, f"{found} of {name}.js is also in {seen.get(found)}.js"
                seen[found] = name


@pytest.mark.parametrize("kind", KINDS)
def test_a_joined_module_has_no_import_left_and_is_valid(kind, node, tmp_path):
    text = bundle.module_text(kind.module)
    assert not re.search(r"^(import|export (?!default))", text, re.MULTILINE)
    assert text.count("export default") == 1
    file = tmp_path / "joined.mjs"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run([node, "--check", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_module_is_used_by_a_view():
    used = {name for kind in KINDS for name in bundle.imported(kind.module)}
    assert used == set(bundle.modules())


def test_scripts_ask_no_other_host_and_evaluate_nothing():
    for path in bundle.ASSETS.iterdir():
        if path.suffix in (".js", ".css"):
            text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
            assert "http" not in text, path.name
            assert not re.search(r"\beval\(|new Function|\.innerHTML|document\.write", text), path.name


def test_no_text_is_smaller_than_eleven_pixels():
    sizes = [float(size) for size in re.findall(r"font(?:-size)?:[^;]*?([\d.]+)px", bundle.css_text())]
    assert len(sizes) > 15
    assert min(sizes) >= 11.0


def test_every_class_that_scripts_use_has_a_style():
    styled = set(re.findall(r"\.(cc-[\w-]*\w)", bundle.css_text()))
    used = set()
    for name in bundle.modules():
        used |= set(re.findall(r"(?<![\w-])(cc-[a-z][\w-]*\w)(?!\$|-\$|[\w-])", bundle.source(name)))
    prefixes = {
        "cc-title",
        "cc-clip",
        "cc-speed",
        "cc-horizon",
        "cc-hatch",
        "cc-pain",
        "cc-ink",
        "cc-ground",
        "cc-share",
    }
    hooks = {"cc-network", "cc-fan", "cc-verdict", "cc-strategy", "cc-tornado", "cc-ternary", "cc-flows", "cc-rules"}
    assert sorted(used - styled - prefixes - hooks) == []


def test_a_circle_of_imports_is_named(monkeypatch):
    texts = {"one": 'import { a } from "./two.js";\n', "two": 'import { b } from "./one.js";\n'}
    monkeypatch.setattr(bundle, "source", texts.__getitem__)
    with pytest.raises(ValueError, match=r"one\.js imports itself through one, two"):
        bundle.imported("one")


# --- widgets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_widget_carries_its_scripts_and_styles(kind):
    made = kind()
    assert made._esm == bundle.module_text(kind.module)
    assert made._css == bundle.css_text()
    assert made.theme == "auto"


@pytest.mark.parametrize("kind", KINDS)
def test_where_scripts_are_served_a_widget_only_says_where(kind, served):
    made = kind()
    assert f'at("{kind.module}.js")' in made._esm
    assert "${root}/static/views/" in made._esm
    assert bundle.version() in made._esm
    assert len(made._esm) < 700
    assert made._css == ""


@pytest.mark.parametrize(
    ("kind", "traits"),
    [
        (widgets.Network, {"arm": "both"}),
        (widgets.Network, {"detail": "some"}),
        (widgets.FanChart, {"chart": "leed"}),
        (widgets.StrategyMix, {"arm": "difference"}),
        (widgets.Transport, {"theme": "black"}),
        (widgets.Verdict, {"horizon": 2028}),
        (widgets.Feed, {"pair": "text"}),
    ],
)
def test_a_wrong_value_is_refused(kind, traits):
    with pytest.raises(traitlets.TraitError):
        kind(**traits)


def test_an_unknown_chart_is_named_with_the_nearest():
    with pytest.raises(traitlets.TraitError, match="nearest valid name: 'lead'"):
        widgets.FanChart(chart="leed")


def test_a_fan_chart_describes_its_chart_and_follows_it():
    made = widgets.FanChart(chart="smuggled")
    assert made.spec["title"] == CHARTS["smuggled"].title
    made.chart = "lead"
    assert made.spec["id"] == "lead"


def test_notebooks_get_views_of_a_comparison(pair):
    shown = visualization.network(pair, 1, detail="groups", theme="dark")
    assert (shown.detail, shown.theme) == ("groups", "dark")
    assert unpack(shown.pair)[0]["world"] == 1
    chart = visualization.fan_chart(pair, "us_revenue")
    assert list(unpack(chart.fan)[0]["charts"]) == ["us_revenue"]
    assert list(unpack(chart.pair)[0]["charts"]) == ["us_revenue"]
    assert visualization.strategy_mix(pair, 1).group == shown.group, "they share a clock"
    assert visualization.transport(shown.group).group == shown.group
    assert visualization.verdict(pair, 2030).table["horizons"][0]["runs"] == 2
    assert visualization.tornado(pair).table["rows"] == []
    assert visualization.ternary(pair).table["runs"] == 2
    assert len(visualization.timeline_editor().rows) > 20


def test_the_package_names_its_views_and_nothing_else():
    for name in visualization.__all__:
        assert getattr(visualization, name) is not None
        assert name in dir(visualization)
    with pytest.raises(AttributeError, match="public names: encode"):
        visualization.nothing  # noqa: B018
