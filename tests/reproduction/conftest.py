"""A copy of one study whose files a test may change, with few worlds."""

from __future__ import annotations

import shutil

import pytest

from experiments.reproducing import study as studies

SMALL = "worlds = { quick = 8, full = 10 }"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of a study of eight worlds, the only one there is."""
    home = tmp_path / "studies"
    target = home / "stockpiling"
    shutil.copytree(studies.FOLDER / "stockpiling", target, ignore=shutil.ignore_patterns("__pycache__"))
    (target / studies.EXPECTED).unlink(missing_ok=True)
    lines = (target / studies.STUDY).read_text(encoding="utf-8").splitlines()
    text = "\n".join(SMALL if line.startswith("worlds") else line for line in lines)
    (target / studies.STUDY).write_text(text + "\n", encoding="utf-8")
    monkeypatch.setattr(studies, "FOLDER", home)
    return target
