"""What a visitor has chosen, in one frozen value: it makes the scenario, it is the share link, it can be undone."""

from __future__ import annotations

import base64
import tempfile
import tomllib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from abm.backfire import HORIZONS
from abm.calendar import quarter_index
from abm.parameter_index import PARAMETERS
from abm.parameters import ParameterError, check_values
from abm.scenario import CONTINUATIONS, FOLDER, Scenario, ScenarioError, list_scenarios
from abm.schema import nearest
from abm.slide import CHINA_GATES
from abm.vocabulary import MECHANISMS
from visualization.instruments import Change, changed_text, check_change, dropped, edited, toml_text
from visualization.kept import Kept
from visualization.limits import LINK, UPLOAD

VERSION = 1
"""Version of share links; a link that says another is told so and read as far as it can be."""
DEFAULT_SEED = 1
FIRST_BRANCH, LAST_BRANCH = "2022Q3", "2031Q4"
"""Quarters at which a visitor may branch."""
OWN = "own scenario"
"""Name of a scenario that a visitor uploaded."""
FILE = "laboratory.toml"
"""Name of the scenario file that the laboratory hands out."""
FORBIDDEN = {
    "policy": "files cannot be uploaded with it; move and change rules in the policy timeline",
    "timeline": "files cannot be uploaded with it; move and change rules in the policy timeline",
    "synthetic": "drawn worlds are too large for a page; run them with `curbs run`",
}
"""Keys of a scenario file that the page refuses, and why."""


@dataclass(frozen=True)
class Session:
    """Everything that a visitor may change; equal sessions show the same page.

    Attributes
    ----------
    scenario : name of a shipped scenario; toml : text of an uploaded file, which takes its place.
    against : counterfactual.
    continuation, gate : what follows the script; "" leaves them as the scenario has them.
    parameters : values held in every world. off : mechanisms switched off in both arms.
    law : changes of instruments by id.
    branch : quarter from which the arm with controls goes on under the law of the scenario `then`; "" for never.
    point : parameters at their defaults instead of drawn.
    seed : root seed. world : the run on show. horizon : year of the verdict.
    """

    scenario: str = "history"
    toml: str = ""
    against: str = "none_0"
    continuation: str = ""
    gate: str = ""
    parameters: Mapping[str, float] = field(default_factory=dict)
    off: frozenset[str] = frozenset()
    law: Mapping[str, Change] = field(default_factory=dict)
    branch: str = ""
    then: str = "none_0"
    point: bool = False
    seed: int = DEFAULT_SEED
    world: int = 0
    horizon: int = 2028

    @property
    def key(self) -> str:
        """What the numbers depend on, as text; the run on show and the horizon do not matter."""
        return encode(replace(self, world=0, horizon=2028))

    @property
    def title(self) -> str:
        """Name of the scenario as it stands on the page."""
        return OWN if self.toml else self.scenario

    @property
    def changed(self) -> int:
        """Assumptions that differ from the scenario's own."""
        return len(self.parameters) + len(self.off) + int(self.point)


# --- the scenario -----------------------------------------------------------------------------------------------------


def checked(session: Session) -> Session:
    """The session, if it makes a scenario.

    Raises
    ------
    ScenarioError, ValueError
        One line that names what is wrong and the cure.
    """
    for name, change in session.law.items():
        check_change(name, change)
    arms(session)
    return session


def arms(session: Session) -> tuple[Scenario, Scenario, Scenario | None]:
    """The scenario, its counterfactual, and the scenario of the branch (None without one)."""
    return _ARMS.get_or(session.key, lambda: _made(session))


_ARMS: Kept[str, tuple[Scenario, Scenario, Scenario | None]] = Kept(64)


def _made(session: Session) -> tuple[Scenario, Scenario, Scenario | None]:
    scenario = _scenario(session)
    branch = scenario.counterfactual(session.then) if session.branch else None
    return scenario, scenario.counterfactual(session.against), branch


def _scenario(session: Session) -> Scenario:
    """The scenario as the engine reads it: its file, and the changes as the engine's own API makes them."""
    with tempfile.TemporaryDirectory(prefix="curbs-lab-") as folder:
        if session.toml:
            path = Path(folder) / FILE
            path.write_text(session.toml, encoding="utf-8")
            scenario = Scenario.load(path)
        else:
            scenario = Scenario.load(session.scenario)
        scenario = scenario.with_parameters(**session.parameters).without(*sorted(session.off))
        scenario = scenario.with_point(True) if session.point else scenario
        scenario = scenario.with_china_gate(session.gate) if session.gate else scenario
        gone = dropped(session.law)
        if gone:
            timeline = replace(scenario.timeline, history=scenario.timeline.history.without(gone))
            scenario = replace(scenario, policy=timeline.policy(scenario.mode), timeline=timeline)
        files = []
        for name, text in instrument_files(session).items():
            files.append(Path(folder) / name)
            files[-1].write_text(text, encoding="utf-8")
        scenario = scenario.with_policy(files) if files else scenario
    return scenario.with_continuation(session.continuation) if session.continuation else scenario


def instrument_files(session: Session) -> dict[str, str]:
    """Files of the instruments that were changed and still exist, by name."""
    return {f"{name}.toml": changed_text(name, change) for name, change in edited(session.law).items()}


def scenario_file(session: Session) -> str:
    """The scenario as TOML; with `instrument_files` beside it `curbs run` and `abm.compare` give the same numbers."""
    text = session.toml or (FOLDER / f"{session.scenario}.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    content["description"] = content.get("description", "A scenario of the browser laboratory.")
    if session.continuation:
        content["continuation"] = session.continuation
    if session.gate:
        content["china_gate"] = session.gate
    if session.point:
        content["point"] = True
    if session.off:
        content["without"] = sorted({*content.get("without", ()), *session.off})
    if gone := dropped(session.law):
        content["drop"] = sorted({*content.get("drop", ()), *gone})
    if files := instrument_files(session):
        content["policy"] = list(files)
    if session.parameters:
        content["parameters"] = {**content.get("parameters", {}), **session.parameters}
    return toml_text(content)


def read_upload(data: bytes) -> str:
    """Text of an uploaded scenario.

    Raises
    ------
    ScenarioError
        Too large, no TOML, or a key that pages refuse.
    """
    if len(data) > UPLOAD:
        raise ScenarioError(f"the file has {len(data):,} bytes, at most {UPLOAD:,}; a scenario file is much shorter")
    try:
        text = data.decode("utf-8")
        content = tomllib.loads(text)
    except UnicodeDecodeError:
        raise ScenarioError(
            "the file is no text in UTF-8; upload a scenario in TOML, such as the one handed out"
        ) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ScenarioError(f"the file is not valid TOML: {error}") from None
    for key, why in FORBIDDEN.items():
        if key in content:
            raise ScenarioError(f"key {key!r} cannot be used here: {why}")
    return text


def uploaded(data: bytes) -> Session:
    """The session of an uploaded scenario (see `read_upload`), if the engine takes it."""
    return checked(Session(toml=read_upload(data)))


# --- share links ------------------------------------------------------------------------------------------------------


def encode(session: Session) -> str:
    """Query of a share link; what is as usual is left out."""
    pairs: list[tuple[str, str]] = [("v", str(VERSION))]
    usual = Session()
    for one in fields(Session):
        value = getattr(session, one.name)
        if value != getattr(usual, one.name):
            pairs.append((one.name, _WRITE.get(one.name, str)(value)))
    return urlencode(pairs, quote_via=quote, safe=":,~!")


def decode(query: str) -> tuple[Session, tuple[str, ...]]:
    """A session from the query of a link, and what was wrong with it; what is wrong is left as usual."""
    query = query.removeprefix("?")
    if len(query) > LINK:
        return Session(), (
            f"the link has {len(query):,} characters, at most {LINK:,}; hand on the scenario file instead",
        )
    try:
        given = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=40, strict_parsing=bool(query)))
    except ValueError:
        return Session(), ("the link cannot be read; it may have been cut off, copy it again as a whole",)
    problems: list[str] = []
    version = given.pop("v", str(VERSION) if not given else "none")
    if version != str(VERSION):
        problems.append(
            f"the link is of version {version[:20]!r} and this page reads version {VERSION}; "
            "what could be read was kept, check the rest"
        )
    session = Session()
    for name, text in given.items():
        if name not in _READ:
            problems.append(f"the link has an unknown part {name[:40]!r}{nearest(name[:40], _READ)}; it was left out")
            continue
        try:
            session = replace(session, **{name: _READ[name](text)})
        except ValueError as error:
            problems.append(f"{name}: {error}; it was left as usual")
    return session, tuple(problems)


def opened(query: str) -> tuple[Session, tuple[str, ...]]:
    """A session that makes a scenario, from a link; if it makes none, the usual one with what is wrong."""
    session, problems = decode(query)
    try:
        return checked(session), problems
    except ValueError as error:
        return Session(), (*problems, f"{error}; the page shows the usual scenario instead")


def _write_law(law: Mapping[str, Change]) -> str:
    def one(name: str, change: Change) -> str:
        if change.dropped:
            return f"{name}!"
        return "~".join([name, change.start or "", change.end or "", f"{change.severity:g}"])

    return ",".join(one(name, change) for name, change in sorted(law.items()) if not change.nothing)


def _read_law(text: str) -> dict[str, Change]:
    law = {}
    for item in text.split(","):
        if item.endswith("!"):
            name, change = item[:-1], Change(dropped=True)
        else:
            parts = item.split("~")
            if len(parts) != 4:
                raise ValueError(
                    f"{item[:60]!r} is no change of a rule, such as us_2022_10_advanced_computing~2023Q1~~0.5"
                )
            name, change = parts[0], Change(parts[1] or None, parts[2] or None, _number(parts[3]))
        check_change(name, change)
        law[name] = change
    return law


def _read_parameters(text: str) -> dict[str, float]:
    found = {}
    for item in text.split(","):
        name, colon, value = item.partition(":")
        if not colon:
            raise ValueError(f"{item[:60]!r} is no setting, such as enforcement:0.9")
        found[name] = _number(value)
    try:
        return check_values(PARAMETERS, found)
    except ParameterError as error:
        raise ValueError(str(error)) from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text[:20]!r} is not a number") from None


def _one_of(names: Callable[[], Any], empty: bool = False) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text in names() or (empty and not text):
            return text
        raise ValueError(f"unknown {text[:40]!r}{nearest(text[:40], names())}")

    return read


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 19 or not low <= int(text) <= high:
            raise ValueError(f"{text[:20]!r} is not a whole number from {low} to {high}")
        return int(text)

    return read


def _read_branch(text: str) -> str:
    first, last = quarter_index(FIRST_BRANCH), quarter_index(LAST_BRANCH)
    if not first <= quarter_index(text) <= last:
        raise ValueError(f"{text} lies outside {FIRST_BRANCH} to {LAST_BRANCH}")
    return text


def _read_off(text: str) -> frozenset[str]:
    read = _one_of(lambda: MECHANISMS)
    return frozenset(map(read, text.split(",")))


def _read_toml(text: str) -> str:
    """A packed file; unpacking stops at the limit, so that a small link cannot hide a large file."""
    try:
        packed = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(packed, UPLOAD + 1)
    except (ValueError, zlib.error):
        raise ValueError("the uploaded scenario in the link is damaged; upload the file again") from None
    if not unpacker.eof and len(data) <= UPLOAD:
        raise ValueError("the uploaded scenario in the link was cut off; copy the link as a whole")
    return read_upload(data)


def _write_toml(text: str) -> str:
    return base64.urlsafe_b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii")


def _write_parameters(values: Mapping[str, float]) -> str:
    return ",".join(f"{name}:{value!r}" for name, value in sorted(values.items()))


_WRITE: dict[str, Callable[[Any], str]] = {
    "parameters": _write_parameters,
    "off": lambda names: ",".join(sorted(names)),
    "law": _write_law,
    "toml": _write_toml,
    "point": lambda value: str(int(value)),
}
_READ: dict[str, Callable[[str], Any]] = {
    "scenario": _one_of(list_scenarios),
    "toml": _read_toml,
    "against": _one_of(list_scenarios),
    "continuation": _one_of(lambda: CONTINUATIONS),
    "gate": _one_of(lambda: CHINA_GATES),
    "parameters": _read_parameters,
    "off": _read_off,
    "law": _read_law,
    "branch": _read_branch,
    "then": _one_of(list_scenarios),
    "point": lambda text: bool(_whole(0, 1)(text)),
    "seed": _whole(0, 2**63 - 1),
    "world": _whole(0, 4_999),
    "horizon": lambda text: int(_one_of(lambda: HORIZONS)(text)),
}
"""Readers of the parts of a link."""
