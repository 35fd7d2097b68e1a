"""Linear algebra on one thread: the same bits whatever the number of cores, and no waiting for a busy core."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


def one_thread[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Run a function with BLAS limited to one thread; threads of the simulator are left alone."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with threadpool_limits(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited
