"""A reproduction as an RO-Crate: a description of who made what from what, for archives and referees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rocrate.model import ContextEntity
from rocrate.rocrate import ROCrate

from experiments.reproducing.page import PAGE
from experiments.reproducing.session import FIGURE, SESSION, VERDICT
from experiments.reproducing.study import ReproductionError

NAME = "ro-crate-metadata.json"
CODE_LICENCE = "https://spdx.org/licenses/MIT"
TITLE = "Reproduction of the studies of chip-curbs"


def write_crate(folder: Path) -> Path:
    """Write the metadata beside what a reproduction left.

    Raises
    ------
    ReproductionError
        The folder holds no finished reproduction.
    """
    session = folder / SESSION
    if not session.is_file() or not (folder / PAGE).is_file():
        raise ReproductionError(f"{folder} holds no finished reproduction; run curbs reproduce --out {folder} first")
    told = json.loads(session.read_text(encoding="utf-8"))
    crate = ROCrate()
    crate.name = TITLE
    crate.description = f"Every claim as an experiment, {told['mode']} run, with figures, data, verdicts and report."
    crate.license = CODE_LICENCE
    crate.root_dataset["dateCreated"] = told["started"]
    software = _software(crate, told)
    produced: list[Any] = [_file(crate, folder, folder / PAGE, "The report: every claim with its verdict")]
    for study in told["studies"]:
        produced += _study(crate, folder, study)
    _file(crate, folder, session, "Provenance of the session and the state of every study")
    crate.add(
        ContextEntity(
            crate,
            "#reproduction",
            properties={
                "@type": "CreateAction",
                "name": " ".join(told["argv"]),
                "startTime": told["started"],
                "instrument": {"@id": software.id},
                "result": [{"@id": one.id} for one in produced],
            },
        )
    )
    crate.metadata.write(folder)
    return folder / NAME


def _software(crate: ROCrate, told: dict[str, Any]) -> Any:
    git = told["git"] or {}
    properties = {
        "@type": "SoftwareApplication",
        "name": "chip-curbs",
        "softwareVersion": told["chip_curbs"],
        "identifier": git.get("commit", "unknown"),
        "license": CODE_LICENCE,
        "softwareRequirements": [f"{name} {version}" for name, version in told["all_packages"].items()],
    }
    return crate.add(ContextEntity(crate, "#chip-curbs", properties=properties))


def _study(crate: ROCrate, folder: Path, study: dict[str, Any]) -> list[Any]:
    """Files of one study; none if it could not be carried out."""
    home = folder / study["id"]
    if not (home / VERDICT).is_file():
        return []
    files = sorted(path for path in home.rglob("*") if path.is_file())
    return [_file(crate, folder, path, _told(path, study)) for path in files]


def _told(path: Path, study: dict[str, Any]) -> str:
    if path.stem == FIGURE:
        return f"Figure of study {study['number']}: {study['title']}"
    if path.name == VERDICT:
        return str(study["sentence"])
    return f"Data of study {study['number']}: {study['title']}"


def _file(crate: ROCrate, folder: Path, path: Path, name: str) -> Any:
    place = path.relative_to(folder).as_posix()
    return crate.add_file(path, place, properties={"name": name, "contentSize": str(path.stat().st_size)})
