"""Static figures draw the charts of the page with its numbers."""

from __future__ import annotations

import json

import numpy as np
import pytest

import abm
from experiments.cli import main
from visualization.figures import caption, series_figure, write_series
from visualization.payload import quantiles
from visualization.quantity import measure
from visualization.specs import CHARTS

NAMES = ("lead", "induced_output", "nvidia_billing", "leverage")


@pytest.fixture(scope="module")
def pair():
    return abm.compare("history", runs=8, seed=1)


def test_a_figure_holds_the_medians_and_observations_of_its_charts(pair):
    figure = series_figure(pair, NAMES)
    panels = [axes for axes in figure.axes if axes.get_title(loc="left")]
    assert [axes.get_title(loc="left") for axes in panels] == [CHARTS[name].title for name in NAMES[:3]], "no leverage"
    found = measure(pair, NAMES)
    for axes, name in zip(panels, NAMES, strict=False):
        drawn = [line.get_ydata() for line in axes.lines if len(line.get_ydata()) > 2]
        for arm in (0, 1):
            median = quantiles(found[name].values[arm])[2]
            assert any(np.array_equal(line, median, equal_nan=True) for line in drawn), name
        dots = sum(line.get_marker() == "o" for line in axes.lines)
        assert dots == len(found[name].observed)


def test_a_figure_says_what_it_rests_on(pair):
    text = caption(pair)
    assert "8 pairs of worlds (parameter points: 4), seed 1" in text
    assert "not forecast" in text


def test_figures_are_written_as_png_and_svg(pair, tmp_path):
    paths = write_series(pair, tmp_path, "lab_series", NAMES[:2])
    assert [path.name for path in paths] == ["lab_series.png", "lab_series.svg"]
    assert all(path.stat().st_size > 10_000 for path in paths)


@pytest.mark.slow
def test_the_command_writes_charts_with_their_facts_and_nothing_over_another_folder(tmp_path, capsys):
    words = ["figures", "tight", "--runs", "8", "--out", str(tmp_path / "figures")]
    assert main(words) == 0
    assert "tight.png" in capsys.readouterr().out
    told = json.loads((tmp_path / "figures" / "figures.json").read_text(encoding="utf-8"))
    assert told["figures"] == ["tight.png", "tight.svg"]
    assert (told["runs"], told["counterfactual"]) == (8, "none_0")
    assert all((tmp_path / "figures" / name).is_file() for name in told["figures"])
    assert main(words) == 2
    assert "exists already" in capsys.readouterr().err
