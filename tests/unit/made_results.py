"""Results made by hand for tests: every series is zero but those given; sales are even over a quarter."""

from typing import Any

import numpy as np

from abm.calendar import QUARTERS
from abm.results import Results
from abm.series import FIRM_SERIES, INDEX, SERIES

FIRMS = ("TENCENT", "MICROSOFT")
DESIGNS = ("A100", "H20")
PARAMETERS = {
    "algorithmic_progress": 0.25,
    "release_delay": 0.0,
    "accelerator_share_2022": 0.2,
    "accelerator_share_2023": 0.3,
    "accelerator_share_2024": 0.4,
    "network_share": 0.2,
    "booked_late": 0.25,
}


def made(runs: int = 2, quarters: int = QUARTERS, replications: int = 1, failed: Any = None, **series: Any) -> Results:
    """Results whose series hold the given values, broadcast to (run, quarter).

    `failed` maps a run to (quarter, law); parameters are those of PARAMETERS, alike in all runs.
    """
    record = np.zeros((len(SERIES), quarters, runs))
    for name, values in {"nvidia_china_first_month": 1.0 / 3.0, **series}.items():
        record[INDEX[name]] = np.broadcast_to(np.asarray(values, dtype=float), (runs, quarters)).T
    firm_record = np.arange(len(FIRM_SERIES) * quarters * len(FIRMS) * runs, dtype=float)
    quarter, law = np.full(runs, -1), np.zeros(runs, dtype=np.int64)
    for run, broken in (failed or {}).items():
        quarter[run], law[run] = broken
    return Results(
        scenario="made",
        seed=1,
        replications=replications,
        world=np.arange(runs),
        parameters={name: np.full(runs, value) for name, value in PARAMETERS.items()},
        record=record,
        firm_record=firm_record.reshape(len(FIRM_SERIES), quarters, len(FIRMS), runs),
        firms=FIRMS,
        designs=DESIGNS,
        failed_quarter=quarter,
        failed_law=law,
        manifest={"data_checksum": "abc"},
    )
