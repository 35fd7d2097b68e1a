"""The studies to reproduce: `study.toml` says how each is run and judged, `claim.md` what is claimed and by whom."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.scenario_values import nearest_of
from experiments.reproducing.findings import Findings, Shown
from experiments.reproducing.setting import Setting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FOLDER = Path(__file__).parent.parent / "reproductions"
PACKAGE = "experiments.reproductions"
CLAIM, STUDY, EXPECTED = "claim.md", "study.toml", "expected.toml"
MODES = ("quick", "full")
KINDS = {"claim": "claims of the article", "policy": "questions of policy", "method": "how far to trust the model"}
RULES = ("share", "numbers")
SECTIONS = (
    "Who says so",
    "Evidence for it",
    "Evidence against it",
    "What would refute it",
    "What the model cannot say",
)
"""Headings that every `claim.md` has, after the claim itself."""


class ReproductionError(ValueError):
    """A study or expectation that cannot be used; one line with file, key and cure."""


@dataclass(frozen=True)
class Condition:
    """A bound on one number, of which a verdict by numbers has one or more."""

    number: str
    above: float | None = None
    below: float | None = None
    text: str = ""

    def holds(self, value: float) -> bool:
        """Whether a value lies within the bounds; an undefined one does not."""
        return (self.above is None or value > self.above) and (self.below is None or value < self.below) \
            and value == value  # noqa: PLR0124  (NaN)  # fmt: skip

    @property
    def asked(self) -> str:
        """The bounds in words."""
        ends = [("above", self.above), ("below", self.below)]
        return " and ".join(f"{word} {bound:g}" for word, bound in ends if bound is not None)


@dataclass(frozen=True)
class Study:
    """One study.

    Attributes
    ----------
    id : name of its folder.
    number : place in the report, from 1.
    title : the claim or question in a few words.
    kind : one of `KINDS`.
    statement : what one world shows if the claim holds in it, or what the numbers show; ends the verdict's sentence.
    horizon : quarter up to which it is judged.
    rule : "share": by the share of worlds; "numbers": by `conditions`.
    worlds : number of worlds by mode. replications, seed : see `Setting`.
    rests_on : where the parameters come from, in words, if not from the posterior alone.
    supports, not_supports : sentence that the figure supports, and one that it does not.
    """

    id: str
    number: int
    title: str
    kind: str
    statement: str
    horizon: str
    rule: str
    worlds: Mapping[str, int]
    replications: int = 2
    seed: int = 1
    conditions: tuple[Condition, ...] = ()
    rests_on: str = "posterior"
    supports: str = ""
    not_supports: str = ""
    claim: str = field(default="", repr=False)

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return FOLDER / self.id

    def measure(self, setting: Setting) -> Findings:
        """Carry it out."""
        act: Callable[[Setting], Findings] = import_module(f"{PACKAGE}.{self.id}.measure").measure
        return act(setting)

    def draw(self, shown: Shown) -> Figure:
        """Its figure, from findings as they were written."""
        act: Callable[[Shown], Figure] = import_module(f"{PACKAGE}.{self.id}.figure").draw
        return act(shown)

    def setting(self, mode: str, beliefs: str, folder: Path, **changes: Any) -> Setting:
        """Where it is measured in a mode."""
        quick = mode == MODES[0]
        return Setting(self.worlds[mode], self.seed, self.replications, beliefs, quick, folder, **changes)


def load_studies() -> tuple[Study, ...]:
    """All studies, by number."""
    found = [load_study(path.parent) for path in sorted(FOLDER.glob(f"*/{STUDY}"))]
    found.sort(key=lambda study: study.number)
    numbers = [study.number for study in found]
    if len(set(numbers)) < len(numbers):
        raise ReproductionError(f"{FOLDER}: two studies have one number: {numbers}")
    return tuple(found)


def select(names: tuple[str, ...]) -> tuple[Study, ...]:
    """Studies by id or number; all if no name is given.

    Raises
    ------
    ReproductionError
        An unknown name, with the nearest one.
    """
    studies = load_studies()
    by_name = {study.id: study for study in studies} | {str(study.number): study for study in studies}
    for name in names:
        if name not in by_name:
            known = nearest_of(name, [study.id for study in studies])
            raise ReproductionError(f"no study {name!r}{known}; numbers 1 to {len(studies)} do too")
    return tuple(by_name[name] for name in names) if names else studies


def load_study(folder: Path) -> Study:
    """Read one study's files.

    Raises
    ------
    ReproductionError
        A missing or unknown key or a value of the wrong kind: file, key, cure.
    """
    path = folder / STUDY
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ReproductionError(f"{path}: not valid TOML: {error}") from None
    claim = _claim(folder / CLAIM)
    verdict = told.pop("verdict", {})
    known = ("number", "title", "kind", "statement", "horizon", "worlds", "replications", "seed", "supports",
             "not_supports", "rests_on")  # fmt: skip
    for key in told:
        if key not in known:
            raise ReproductionError(f"{path}: unknown key {key!r}{nearest_of(key, known)}")
    for key in known[:6]:
        if key not in told:
            raise ReproductionError(f"{path}: key {key!r} is missing")
    if told["kind"] not in KINDS:
        raise ReproductionError(f"{path}: key 'kind': unknown kind {told['kind']!r}{nearest_of(told['kind'], KINDS)}")
    worlds = told["worlds"]
    if set(worlds) != set(MODES) or not all(isinstance(size, int) and size > 0 for size in worlds.values()):
        raise ReproductionError(f"{path}: key 'worlds' needs whole numbers for {' and '.join(MODES)}")
    conditions = tuple(_condition(path, one) for one in verdict.pop("conditions", []))
    rule = verdict.pop("rule", RULES[0])
    if rule not in RULES or verdict or (rule == "numbers") != bool(conditions):
        raise ReproductionError(
            f"{path}: [verdict] has rule = 'share', or rule = 'numbers' with [[verdict.conditions]], and nothing else"
        )
    return Study(id=folder.name, rule=rule, conditions=conditions, claim=claim, **told)


def _condition(path: Path, told: Mapping[str, Any]) -> Condition:
    try:
        found = Condition(**told)
    except TypeError:
        raise ReproductionError(
            f"{path}: a condition has the keys number, above, below and text, not {sorted(told)}"
        ) from None
    if found.above is None and found.below is None:
        raise ReproductionError(f"{path}: condition on {found.number!r} needs 'above' or 'below'")
    return found


def _claim(path: Path) -> str:
    """Text of a claim, checked for its sections."""
    if not path.is_file():
        raise ReproductionError(f"{path}: missing; every study says what is claimed, by whom and what would refute it")
    text = path.read_text(encoding="utf-8")
    for section in SECTIONS:
        if f"\n## {section}\n" not in text:
            raise ReproductionError(f"{path}: the section '## {section}' is missing")
    return text
