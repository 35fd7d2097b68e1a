"""The picture and its data: right quantities, right places, same bytes; drawn from invented runs."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from synthetic_pairs import pair, pairs

from abm.regimes import NAMES
from abm.scenario import Scenario
from experiments.figures import CONTROLS, NO_CONTROLS, REGIME_COLOURS, Bars, picture, quantiles, save
from experiments.panels import (
    PANELS,
    QUANTILES_HEADER,
    bars,
    caption,
    draw,
    fan,
    measure,
    middle,
    policy_marks,
    quantile_rows,
    usable_runs,
)
from experiments.report import HORIZONS


def draw_figure(figures_pairs) -> Figure:
    return picture([fan(panel, figures_pairs) for panel in PANELS], bars(figures_pairs), caption(figures_pairs, 1))


def texts(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(lambda one: hasattr(one, "get_text")))


def _legend_texts(axes) -> list:
    legend = axes.get_legend()
    return [] if legend is None else legend.get_texts()


def test_every_regime_has_its_own_colour() -> None:
    assert set(REGIME_COLOURS) == set(NAMES)
    assert len(set(REGIME_COLOURS.values())) == len(NAMES)


def test_middles_of_periods() -> None:
    assert middle("2020Q1") == 2020.125
    assert middle("2024Q3") == 2024.625
    assert middle("2024H1") == 2024.25
    assert middle("2024") == 2024.5


def test_quantiles_leave_out_failed_runs_and_empty_periods() -> None:
    values = np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan], [np.inf, np.nan]])
    found = quantiles(values, (0.5,))
    assert found[0, 0] == 2.0
    assert np.isnan(found[0, 1])


def test_a_fan_holds_the_runs_and_the_observations_to_2024() -> None:
    both = pairs(16)
    billing = fan(PANELS[0], both)
    assert billing.controls.shape == billing.without.shape == (16, billing.at.size)
    assert len(billing.observed) == 16
    assert billing.observed[0].at == 2021.125
    assert billing.observed[-1].at == 2024.875
    assert billing.observed[-1].value == 5.53
    expected = quantiles(both[1].comparison.controls.observe("NVDA_CHINA_REV_BILL").values, (0.5,))[0]
    np.testing.assert_array_equal(billing.sliding, expected)


def test_half_years_show_as_observations_only() -> None:
    share = fan(PANELS[2], [pair(runs=8)])
    assert np.all(np.diff(share.at) == 1.0)
    assert 2023.25 in [one.at for one in share.observed]
    assert share.sliding is None


def test_pairs_with_a_failed_run_are_left_out_of_both_arms() -> None:
    broken = pair(runs=16, failed=(3, 5))
    assert usable_runs(broken).sum() == 14
    arm = measure(broken.comparison.counterfactual, "us_vendor_revenue", usable_runs(broken))
    assert arm.values.shape[0] == 14
    assert caption([broken], 1).failed == 2
    assert "2 failed" in caption([broken], 1).text()


def test_marks_are_the_us_rules_on_chips() -> None:
    marks = policy_marks(Scenario.load("history").policy)
    assert [name for _, name in marks] == ["Aug 2022", "Oct 2022", "Oct 2023", "Dec 2024", "Apr 2025"]
    assert marks[2][0] == date(2023, 10, 23)
    assert policy_marks(Scenario.load("none_0").policy) == ()
    assert all(day.year < 2023 for day, _ in policy_marks(Scenario.load("frozen").policy))


def test_the_picture_says_what_a_reader_needs() -> None:
    figure = draw_figure(pairs(16))
    assert len(figure.axes) == len(PANELS) + 1
    words = texts(figure)
    for needed in ("N = 16 pairs", "2 parameter points", "seed 1", "U(0.09, 0.22)", "scenario, not forecast"):
        assert needed in words.replace("\n", " ")
    assert "dotted green" in words
    assert "dotted green" not in caption([pair(runs=8)], 1).text()
    for panel in PANELS:
        assert panel.title in words
        assert panel.unit in words
    for name in ("Oct 2022", "Oct 2023", "controls", "no controls", "observed", "2032", "thresholds slide"):
        assert name in words


def test_arms_are_told_apart_by_colour_and_line() -> None:
    axes = draw_figure(pairs(16)).axes[0]
    styles = {
        line.get_color(): line.get_linestyle() for line in axes.lines if line.get_color() in (CONTROLS, NO_CONTROLS)
    }
    assert styles == {CONTROLS: "-", NO_CONTROLS: "--"}


def test_observations_and_controls_lie_inside_the_panels() -> None:
    both = pairs(16)
    figure = draw_figure(both)
    for panel, axes in zip(PANELS, figure.axes, strict=False):
        low, high = axes.get_ylim()
        for one in fan(panel, both).observed:
            if axes.get_xlim()[0] < one.at < axes.get_xlim()[1]:
                assert low <= one.value <= high, panel.title


def test_texts_stay_on_the_page() -> None:
    figure = draw_figure(pairs(16))
    FigureCanvasAgg(figure).draw()
    page = figure.bbox
    own = [*figure.texts, *(text for axes in figure.axes for text in (*axes.texts, axes.title, *_legend_texts(axes)))]
    for text in own:
        box = text.get_window_extent()
        assert box.x0 >= page.x0 - 1, text.get_text()
        assert box.x1 <= page.x1 + 1, text.get_text()
        assert box.y0 >= page.y0 - 1, text.get_text()
        assert box.y1 <= page.y1 + 1, text.get_text()


def test_regime_bars_reach_one_hundred_percent() -> None:
    figure = draw_figure(pairs(16))
    patches = figure.axes[-1].patches
    assert sum(patch.get_width() for patch in patches) == pytest.approx(2 * len(HORIZONS))
    lone = picture([fan(panel, [pair(runs=8)]) for panel in PANELS[:3]], [Bars("x", {2026: {"neutral": 1.0}})],
                   caption([pair(runs=8)], 1))  # fmt: skip
    assert len(lone.axes[-1].patches) == 1


def test_a_comparison_of_which_all_pairs_failed_still_draws() -> None:
    broken = [pair(runs=4, failed=(0, 1, 2, 3))]
    assert "4 failed" in texts(draw_figure(broken)).replace("\n", " ")


def test_too_few_panels_are_refused() -> None:
    with pytest.raises(ValueError, match="3 to 7"):
        picture([], [], caption([pair(runs=4)], 1))


def test_other_counterfactuals_are_named_on_the_lines() -> None:
    named = replace(caption([pair(runs=4)], 1), counterfactual="frozen")
    assert named.labels == ("history", "frozen")


def test_files_have_the_same_bytes_each_time_and_a_sidecar(tmp_path: Path) -> None:
    both = pairs(8)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        draw(both, tmp_path / name, {"seed": 1, "runs": 8})
    for file in ("picture.png", "picture.svg"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    sidecar = json.loads((tmp_path / "a" / "picture.json").read_text())
    assert sidecar["made_by"]["runs"] == 8
    assert len(sidecar["panels"]) == len(PANELS)
    assert "N = 8 pairs" in sidecar["caption"]


def test_save_names_its_files(tmp_path: Path) -> None:
    paths = save(draw_figure([pair(runs=8)]), tmp_path, "one")
    assert [path.name for path in paths] == ["one.png", "one.svg"]
    assert all(path.stat().st_size > 10_000 for path in paths)


def test_quantile_rows_hold_both_arms_and_the_observations() -> None:
    rows = [dict(zip(QUANTILES_HEADER, row, strict=True)) for row in quantile_rows([pair(runs=8)])]
    billing = [row for row in rows if row["quantity"] == "NVDA_CHINA_REV_BILL" and row["period"] == "2024Q4"]
    assert [row["arm"] for row in billing] == ["controls", "counterfactual"]
    assert all(row["observed"] == 5.53 and row["runs"] == 8 for row in billing)
    assert all(row["p05"] <= row["median"] <= row["p95"] for row in billing)
    assert {row["quantity"] for row in rows} >= {"lead", "us_vendor_revenue", "ASCEND_UNITS"}
