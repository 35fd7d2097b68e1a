"""Views of the model: `from visualization import network, fan_chart, verdict` in a notebook, `curbs app` for the page.

Names are imported when first used, so that `import visualization` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visualization.payload import encode, encode_fan
    from visualization.widgets import (
        fan_chart,
        network,
        strategy_mix,
        ternary,
        timeline_editor,
        tornado,
        transport,
        verdict,
    )

__all__ = [
    "encode",
    "encode_fan",
    "fan_chart",
    "network",
    "strategy_mix",
    "ternary",
    "timeline_editor",
    "tornado",
    "transport",
    "verdict",
]

_HOME = {name: "payload" if name.startswith("encode") else "widgets" for name in __all__}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'visualization' has no attribute {name!r}; public names: {', '.join(__all__)}")
    value = getattr(import_module(f"visualization.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
