"""The pages on extending the model are run as they stand: each block prints, each refusal is the one shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from code_blocks import Page

import abm
from abm.outcomes import OUTCOMES

FOLDER = Path(abm.__file__).parents[1] / "docs" / "extend"
PAGES = {path.stem: Page(path) for path in sorted(FOLDER.glob("*.md"))}
LONGEST = 30
"""Lines of code that an example may take."""


@pytest.fixture(autouse=True)
def _shipped_outcomes() -> Iterator[None]:
    """Outcomes of a page are gone after it."""
    before = dict(OUTCOMES)
    yield
    OUTCOMES.clear()
    OUTCOMES.update(before)


def test_there_is_a_page_for_each_of_the_five_and_the_readme_leads_to_it():
    assert set(PAGES) == {"README", "agent", "instrument", "kind", "outcome", "rules"}
    assert {f"{name}.md" for name in PAGES} - {"README.md"} <= set(_words(PAGES["README"].text))
    assert "docs/extend" in (FOLDER.parents[1] / "README.md").read_text(encoding="utf-8")


def _words(text: str) -> list[str]:
    return text.replace("(", " ").replace(")", " ").split()


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere_and_examples_are_short(name):
    page = PAGES[name]
    assert page.dead_links() == []
    for language, code in page.all:
        lines = [line for line in code.splitlines() if line.strip()]
        assert len(lines) < LONGEST, f"{name}: a block of {language} has {len(lines)} lines"


@pytest.mark.slow
def test_a_rule(capsys):
    page = PAGES["rules"]
    session = page.run_python(lambda: capsys.readouterr().out)
    pair, changed = session["pair"], session["changed"]
    assert pair.controls.manifest["scenario"]["rules"]["offer_value"]["function"] == "page_rules.anxious"
    assert pair.controls.manifest["scenario"]["rules"] == pair.counterfactual.manifest["scenario"]["rules"]
    assert changed.counterfactual.manifest["scenario"]["rules"] == {}
    np.testing.assert_array_equal(changed.controls.record, pair.controls.record)
    stock = abm.simulate("history", runs=16, seed=1)
    np.testing.assert_array_equal(changed.counterfactual.record, stock.record)
    assert not np.array_equal(stock.record, changed.controls.record)
    page.check_answers(session)


@pytest.mark.slow
def test_a_firm(capsys):
    page = PAGES["agent"]
    session = page.run_python(lambda: capsys.readouterr().out)
    assert type(session["model"].agent("TENCENT")) is session["CalmTencent"]
    page.check_answers(session)


@pytest.mark.slow
def test_an_instrument(capsys, tmp_path, monkeypatch):
    page = PAGES["instrument"]
    page.write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    session = page.run_python(lambda: capsys.readouterr().out)
    assert session["pair"].effects(2028)["us_revenue_china"].spread.high < 0.0
    assert abm.classify("H20 (96GB)", "2027-08-01", policy=session["limited"].policy).clause.startswith("us_2027_07")


@pytest.mark.slow
def test_a_kind_of_agents(capsys):
    page = PAGES["kind"]
    session = page.run_python(lambda: capsys.readouterr().out)
    reserves = session["reserves"]
    assert (reserves.dims, reserves.values.shape) == (("run", "quarter", "insurer"), (16, 52, 2))
    np.testing.assert_allclose(reserves.at("2020Q1"), np.broadcast_to([5.0, 20.0], (16, 2)), atol=0.1)
    assert len(np.unique(reserves.at("2028Q4")[:, 0])) == 16
    # all else is as without them
    np.testing.assert_array_equal(session["results"].record, abm.simulate("history", runs=16, seed=1).record)
    page.check_answers(session)


@pytest.mark.slow
def test_an_outcome(capsys):
    page = PAGES["outcome"]
    session = page.run_python(lambda: capsys.readouterr().out)
    assert session["effect"].values.shape == (16,)
    assert session["effect"].spread.median < 0.0
    page.check_answers(session)
