"""docs/trace.md: every test, study and page that is said to back a claim exists."""

from __future__ import annotations

import re
from pathlib import Path

from experiments.reproducing.study import load_studies

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "trace.md"
TEXT = PAGE.read_text(encoding="utf-8")
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith("| claim ")]


def test_every_claim_is_backed():
    assert len(ROWS) > 20
    for row in ROWS:
        backing = row.split(" | ")[1]
        assert re.search(r"`tests/|stud(y|ies) `|\]\(", backing), row


def test_every_test_exists():
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT)
    assert len(named) > 20
    for path, function in named:
        file = ROOT / path
        assert file.is_file(), path
        assert not function or f"\ndef {function}(" in file.read_text(encoding="utf-8"), (path, function)


def test_every_study_and_page_exists():
    ids = {study.id for study in load_studies()}
    for row in ROWS:
        for part in re.findall(r"stud(?:y|ies) (`\w+`(?: and `\w+`)?)", row):
            assert set(re.findall(r"\w+", part)) - {"and"} <= ids, part
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (PAGE.parent / target).exists(), target
