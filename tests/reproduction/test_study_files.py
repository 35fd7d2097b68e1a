"""Every shipped study is complete, and an incomplete one is named with file, key and cure."""

from __future__ import annotations

import ast
import re
from importlib import import_module

import pytest

from experiments.reproducing.expectations import load_expected
from experiments.reproducing.study import CLAIM, PACKAGE, STUDY, ReproductionError, load_studies, load_study, select

STUDIES = load_studies()
LIBRARIES = ("__future__", "collections", "dataclasses", "math", "matplotlib", "numpy", "textwrap", "typing")
PROJECT = (
    "abm.calendar", "abm.regimes", "abm.vocabulary", "experiments.figures", "experiments.plots", "experiments.politics",
    "experiments.reproducing.drawing", "experiments.reproducing.findings",
)  # fmt: skip
"""What a figure may use: nothing that runs the model."""
LATER = re.compile(r"\b20(2[5-9]|3\d)\b")


def test_there_are_25_studies_numbered_from_1():
    assert [study.number for study in STUDIES] == list(range(1, 26))
    assert [study.kind for study in STUDIES[:8]] == ["claim"] * 8


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.id)
def test_a_study_is_complete(study):
    for module, name in (("measure", "measure"), ("figure", "draw")):
        assert callable(getattr(import_module(f"{PACKAGE}.{study.id}.{module}"), name))
    assert study.claim.startswith("# ")
    assert study.statement[0].islower() or study.statement.startswith("China")  # it goes on within a sentence
    assert not study.statement.endswith(".")
    for mode in ("quick", "full"):
        expected = load_expected(study, mode)
        assert expected is not None
        assert expected.numbers
        for condition in study.conditions:
            assert condition.number in expected.numbers
    if study.kind != "method":
        assert study.supports.endswith(".")
        assert study.not_supports.endswith(".")


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.id)
def test_a_figure_simulates_nothing(study):
    tree = ast.parse((study.folder / "figure.py").read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    allowed = (*LIBRARIES, *PROJECT, f"{PACKAGE}.{study.id}")
    assert all(module and module.startswith(allowed) for module in modules), sorted(map(str, modules))


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.id)
def test_evidence_ends_in_2024(study):
    """A claim may speak of rules and scenarios after 2024, but its evidence stops where the facts do."""
    for heading in ("Evidence for it", "Evidence against it"):
        section = study.claim.split(f"\n## {heading}\n")[1].split("\n## ")[0]
        assert not LATER.search(section), (study.id, heading)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("number = 1", "numbr = 1", "unknown key 'numbr'.*'number'"),
        ("number = 1\n", "", "key 'number' is missing"),
        ('kind = "claim"', 'kind = "claims"', "unknown kind 'claims'.*'claim'"),
        ("full = 10", "fuller = 10", "whole numbers for quick and full"),
        ("replications = 2", "replications = 2\n[verdict]\nrule = 'numbers'", r"\[verdict\] has rule"),
        (
            "replications = 2",
            "replications = 2\n[verdict]\nrule = 'numbers'\n[[verdict.conditions]]\nnumber = 'a'",
            "needs 'above' or 'below'",
        ),
        (
            "replications = 2",
            "replications = 2\n[verdict]\nrule = 'numbers'\n[[verdict.conditions]]\nnumber = 'a'\nover = 1",
            "has the keys number, above, below and text",
        ),
    ],
)
def test_a_wrong_study_is_named_with_its_key(folder, old, new, message):
    path = folder / STUDY
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("supports")]
    text = "\n".join(line for line in kept if not line.startswith("not_supports")) + "\n"
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ReproductionError, match=message) as caught:
        load_study(folder)
    assert STUDY in str(caught.value)


def test_a_claim_without_a_section_is_named(folder):
    path = folder / CLAIM
    path.write_text(path.read_text(encoding="utf-8").replace("## Evidence against it", "## Against"), encoding="utf-8")
    with pytest.raises(ReproductionError, match="'## Evidence against it' is missing"):
        load_study(folder)


def test_studies_go_by_name_or_number():
    assert [study.id for study in select(("stockpiling", "2"))] == ["stockpiling", STUDIES[1].id]
    assert select(()) == STUDIES
    with pytest.raises(ReproductionError, match="did you mean 'stockpiling'"):
        select(("stokpiling",))
