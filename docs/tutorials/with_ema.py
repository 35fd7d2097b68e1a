"""The model inside the EMA workbench: its experiments in one call of the model, as a vectorised evaluator.

The workbench (pip install ema_workbench, BSD licence, not a dependency) calls an ordinary model once an experiment. Its
own parallel evaluator hangs on a plain error and keeps all results in memory, so here it samples and looks for boxes,
and the engine runs the whole sample at once.
"""

from __future__ import annotations
