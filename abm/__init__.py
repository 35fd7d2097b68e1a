"""Agent-based model of the AI-chip export controls: do the curbs backfire, for whom, when, how surely?

>>> import abm
>>> pair = abm.compare(abm.Scenario.load("history"), runs=256, seed=1)
>>> pair.effects(2028)

Names are imported when first used, so that `import abm` is quick; Mesa is loaded for `ChipCurbsModel` and `AIFirm`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abm.agents import AIFirm
    from abm.backfire import Comparison
    from abm.continuing import continuations
    from abm.explanation import Explanation, explain
    from abm.kinds import AgentKind
    from abm.law import ChipSpec, Ruling, classify
    from abm.model import ChipCurbsModel
    from abm.outcomes import outcome
    from abm.parameters import load_parameters
    from abm.policy import Policy, load_policy
    from abm.results import Results
    from abm.scenario import Scenario, ScenarioError, list_scenarios
    from abm.simulation import compare, simulate
    from abm.threat import threat_and_rule

__version__ = "0.1.0"

__all__ = [
    "AIFirm",
    "AgentKind",
    "ChipCurbsModel",
    "ChipSpec",
    "Comparison",
    "Explanation",
    "Policy",
    "Results",
    "Ruling",
    "Scenario",
    "ScenarioError",
    "__version__",
    "classify",
    "compare",
    "continuations",
    "explain",
    "list_scenarios",
    "load_parameters",
    "load_policy",
    "outcome",
    "simulate",
    "threat_and_rule",
]

_HOME = {
    "AIFirm": "agents",
    "AgentKind": "kinds",
    "ChipCurbsModel": "model",
    "ChipSpec": "law",
    "Comparison": "backfire",
    "Explanation": "explanation",
    "Policy": "policy",
    "Results": "results",
    "Ruling": "law",
    "Scenario": "scenario",
    "ScenarioError": "scenario",
    "classify": "law",
    "compare": "simulation",
    "continuations": "continuing",
    "explain": "explanation",
    "list_scenarios": "scenario",
    "load_parameters": "parameters",
    "load_policy": "policy",
    "outcome": "outcomes",
    "simulate": "simulation",
    "threat_and_rule": "threat",
}
"""Module in which each public name is defined."""


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'abm' has no attribute {name!r}; public names: {', '.join(__all__)}")
    value = getattr(import_module(f"abm.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
