"""One reproduction: every study is measured, judged, compared with what was recorded, and drawn; killed, it goes on.

Layout of the folder: a folder a study with `findings.json`, `data/*.csv`, `verdict.json`, `figure.svg` and `.png` with
a sidecar; `session.json` with provenance and the state of every study; `index.html`, the report.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from experiments.design import beliefs_digest, data_checksum, model_digest
from experiments.products import write_json, write_picture
from experiments.reproducing.control import negative_control
from experiments.reproducing.deciding import Deciding, deciding
from experiments.reproducing.expectations import DIFFERS, NOT_RUN, Compared, Expected, compare, load_expected
from experiments.reproducing.findings import Findings, Number, Shown, read_findings, share_of, write_findings
from experiments.reproducing.provenance import session_provenance, sources_digest
from experiments.reproducing.setting import Setting
from experiments.reproducing.study import CLAIM, EXPECTED, ReproductionError, Study, load_studies
from experiments.reproducing.verdicts import Verdict, judge_numbers, judge_shares

SESSION, VERDICT, FIGURE, FAILURE = "session.json", "verdict.json", "figure", "failure.txt"
POSTERIOR, PRIOR = "posterior", "prior"
SHARE = {POSTERIOR: "share_posterior", PRIOR: "share_prior"}
"""Names of the numbers that say in which share of worlds a claim holds."""

type Progress = Callable[[int, int, Study | None], None]
"""Told the number of studies done and in all, and the one that begins."""


@dataclass(frozen=True)
class Asked:
    """What to reproduce.

    Attributes
    ----------
    mode : "quick" or "full".
    changed : parameters held at other values, a negative control: what is found must differ from what is recorded.
    again : True: studies of another version of the code are measured again in the same folder.
    """

    studies: Sequence[Study]
    mode: str
    folder: Path
    changed: Mapping[str, float] = field(default_factory=dict)
    again: bool = False
    threads: int | None = None


@dataclass(frozen=True, eq=False)
class Outcome:
    """One study as it came out."""

    study: Study
    status: str
    verdict: Verdict | None
    shown: Shown | None
    rows: tuple[Compared, ...]
    decides: Deciding | None
    failure: str = ""


class ControlError(Exception):
    """The negative control failed: arms differ without a rule, or do not differ with one."""


def reproduce(asked: Asked, progress: Progress) -> list[Outcome]:
    """Carry out the studies that the folder does not hold yet, then compare all of them with what was recorded.

    Raises
    ------
    ReproductionError
        The folder holds something else, or the same studies made otherwise; an unusable study or expectation.
    ControlError
        The negative control failed.
    """
    _check_folder(asked)
    studies = sorted([*asked.studies, *_finished(asked)], key=lambda study: study.number)
    expected = {study.id: load_expected(study, asked.mode) for study in studies}
    started = time.time()
    outcomes = []
    for place, study in enumerate(studies):
        progress(place, len(studies), study)
        outcomes.append(_one(asked, study, expected[study.id]))
    progress(len(studies), len(studies), None)
    control = negative_control()
    told = session_provenance(asked.mode, asked.changed, started) | _states(outcomes)
    asked.folder.mkdir(parents=True, exist_ok=True)
    write_json(asked.folder / SESSION, told | {"negative_control": asdict(control) | {"sentence": control.sentence}})
    if not control.passed:
        raise ControlError(control.sentence)
    return outcomes


def _check_folder(asked: Asked) -> None:
    """Refuse a folder in which there is anything but a reproduction of the same kind."""
    folder = asked.folder
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ReproductionError(f"{folder} is no folder; choose another --out")
    session = folder / SESSION
    if any(folder.iterdir()) and not session.is_file() and not any(folder.glob(f"*/{VERDICT}")):
        raise ReproductionError(f"{folder} holds something else; choose another --out")
    for study in asked.studies:
        made = _made(folder / study.id)
        if made is not None and made != fingerprint(asked, study) and not asked.again:
            raise ReproductionError(
                f"{folder / study.id} was made by another version of the code, another mode or other changes; "
                "choose another --out, or add --again to make it anew"
            )


def _finished(asked: Asked) -> list[Study]:
    """Studies that were not asked for but stand in the folder, made alike: the report keeps them."""
    wanted = {study.id for study in asked.studies}
    return [
        study
        for study in load_studies()
        if study.id not in wanted and _made(asked.folder / study.id) == fingerprint(asked, study)
    ]


def _made(folder: Path) -> str | None:
    """Fingerprint of what a study's folder holds; None if it is not complete."""
    path = folder / VERDICT
    return None if not path.is_file() else str(json.loads(path.read_text(encoding="utf-8"))["fingerprint"])


def fingerprint(asked: Asked, study: Study) -> str:
    """SHA-256 of all that a study's findings depend on: model, data, beliefs, code, settings."""
    parts = [model_digest(), data_checksum(), beliefs_digest(POSTERIOR), sources_digest()]
    own = sorted(path for path in study.folder.iterdir() if path.is_file() and path.name not in (EXPECTED, CLAIM))
    parts += [f"{path.name}\0{path.read_text(encoding='utf-8')}" for path in own]
    parts += [asked.mode, json.dumps(dict(sorted(asked.changed.items())))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _one(asked: Asked, study: Study, expected: Expected | None) -> Outcome:
    """One study, from its folder if that is complete."""
    target = asked.folder / study.id
    mark = fingerprint(asked, study)
    if _made(target) != mark:
        try:
            _carry_out(asked, study, target, mark)
        except Exception:
            return _failed(asked.folder, study, traceback.format_exc())
    (asked.folder / f"{study.id}.{FAILURE}").unlink(missing_ok=True)
    told = json.loads((target / VERDICT).read_text(encoding="utf-8"))
    shown = read_findings(target)
    decides = None if told["decides"] is None else Deciding(**told["decides"])
    verdict = Verdict(told["word"], told["sentence"])
    status, rows = compare(expected, shown.numbers, verdict.word)
    return Outcome(study, status, verdict, shown, rows, decides)


def _failed(folder: Path, study: Study, text: str) -> Outcome:
    """A study that could not be carried out; the others go on."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{study.id}.{FAILURE}").write_text(text, encoding="utf-8")
    return Outcome(study, NOT_RUN, None, None, (), None, text.strip().splitlines()[-1])


def _carry_out(asked: Asked, study: Study, target: Path, mark: str) -> None:
    """Measure, judge and draw into a hidden folder, which takes its name when all is there."""
    asked.folder.mkdir(parents=True, exist_ok=True)
    work = asked.folder / f".{study.id}.work"
    work.mkdir(exist_ok=True)
    started = time.perf_counter()
    settings = {
        beliefs: study.setting(asked.mode, beliefs, work / beliefs, changed=asked.changed, threads=asked.threads)
        for beliefs in (POSTERIOR, PRIOR)
    }
    findings = study.measure(settings[POSTERIOR])
    judged = _judge(study, findings, settings[PRIOR])
    facts = _facts(asked, study, settings[POSTERIOR], mark) | {"seconds": round(time.perf_counter() - started, 2)}
    hidden = Path(tempfile.mkdtemp(prefix=f".{study.id}.", dir=asked.folder))
    try:
        write_findings(hidden, judged.findings, facts)
        write_picture(hidden, FIGURE, study.draw(read_findings(hidden)), facts)
        decides = None if judged.decides is None else asdict(judged.decides)
        told = {"word": judged.verdict.word, "sentence": judged.verdict.sentence, "decides": decides}
        write_json(hidden / VERDICT, told | {"fingerprint": mark})
        hidden.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)  # made by another version, and asked for again
        hidden.rename(target)
    except BaseException:
        shutil.rmtree(hidden, ignore_errors=True)
        raise
    shutil.rmtree(work, ignore_errors=True)


@dataclass(frozen=True, eq=False)
class _Judged:
    findings: Findings
    verdict: Verdict
    decides: Deciding | None


def _judge(study: Study, findings: Findings, prior: Setting) -> _Judged:
    """Apply the study's rule; a statement about worlds is measured under the prior too."""
    if study.rule == "numbers":
        numbers = {one.name: one for one in findings.numbers}
        for condition in study.conditions:
            if condition.number not in numbers:
                raise ReproductionError(f"{study.folder}: the study measures no number {condition.number!r}")
        return _Judged(findings, judge_numbers(study, numbers), None)
    found = {POSTERIOR: findings, PRIOR: study.measure(prior)}
    shares = {}
    for beliefs, each in found.items():
        if each.worlds is None:
            raise ReproductionError(f"{study.folder}: rule 'share' needs the worlds in which the claim holds")
        label = f"share of worlds in which the claim holds, {beliefs}"
        shares[beliefs] = share_of(SHARE[beliefs], label, each.worlds.holds, each.worlds.point, each.worlds.known)
    decides = next((one for each in found.values() if (one := _deciding(each)) is not None), None)
    verdict = judge_shares(study, shares[POSTERIOR], shares[PRIOR], decides)
    complete = Findings((*shares.values(), *findings.numbers), findings.tables, findings.worlds, findings.notes)
    return _Judged(complete, verdict, decides)


def _deciding(findings: Findings) -> Deciding | None:
    return None if findings.worlds is None else deciding(findings.worlds)


def _facts(asked: Asked, study: Study, setting: Setting, mark: str) -> dict[str, Any]:
    """What the sidecar of a figure says."""
    return {
        "study": study.id,
        "title": study.title,
        "mode": asked.mode,
        "worlds": setting.worlds,
        "replications": setting.replications,
        "seed": setting.seed,
        "beliefs": study.rests_on,
        "horizon": study.horizon,
        "changed": dict(asked.changed),
        "fingerprint": mark,
    }


def _states(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """State of every study, for `session.json` and `--json`."""
    return {"studies": [state(one) for one in outcomes]}


def state(one: Outcome) -> dict[str, Any]:
    """One study as plain values."""
    return {
        "id": one.study.id,
        "number": one.study.number,
        "title": one.study.title,
        "status": one.status,
        "verdict": None if one.verdict is None else one.verdict.word,
        "sentence": None if one.verdict is None else one.verdict.sentence,
        "failure": one.failure,
        "differs": [asdict(row) for row in one.rows if row.status in (DIFFERS, NOT_RUN)],
    }


def numbers_of(outcome: Outcome) -> Iterator[tuple[Number, Compared | None]]:
    """Numbers of a study beside what was recorded of them."""
    rows = {row.name: row for row in outcome.rows}
    if outcome.shown is not None:
        for name, number in outcome.shown.numbers.items():
            yield number, rows.get(name)
