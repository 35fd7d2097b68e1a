"""Slices of a design on a Dask cluster: `--dask ADDRESS` of a scheduler, or `--dask local`."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future
from contextlib import suppress
from importlib import import_module
from typing import Any

from experiments.design import Design
from experiments.evaluate import Rows
from experiments.pools import Broken, pack, work
from experiments.store import DiskError


class ClusterError(DiskError):
    """A cluster that cannot be reached or was lost; what was finished is kept."""


class DaskPool:
    """Workers of a Dask cluster; the scheduler says when one died with a slice."""

    def __init__(self, design: Design, address: str, workers: int) -> None:
        try:
            dask: Any = import_module("distributed")  # an extra
        except ImportError:
            raise ClusterError("--dask needs the extra 'cluster': pip install 'chip-curbs[cluster]'") from None
        self.broken: Broken = (dask.scheduler.KilledWorker, CancelledError)
        self.payload = pack(design)
        self._cluster: Any = None
        self._client: Any = None
        if address == "local":
            self._cluster = dask.LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
        try:
            self._client = dask.Client(self._cluster or address, timeout="20s")
        except (OSError, TimeoutError, ValueError) as error:
            raise ClusterError(f"--dask {address}: no scheduler answers there: {error}") from None
        self._executor = self._client.get_executor(pure=False, retries=0)
        self.workers = max(len(self._client.scheduler_info()["workers"]), 1)

    def submit(self, lo: int, hi: int) -> Future[Rows]:
        """Give the slice to the cluster."""
        future: Future[Rows] = self._executor.submit(work, self.payload, lo, hi)
        return future

    def restart(self) -> None:
        """Workers are the scheduler's to replace; it may also be gone itself."""
        self.check()

    def check(self) -> None:
        """Raise ClusterError if the scheduler is gone."""
        if self._client.status != "running":
            raise ClusterError("the Dask scheduler is gone; what was finished is kept: start it and resume")

    def close(self) -> None:
        """Leave the cluster; end it if it is ours."""
        with suppress(Exception):
            self._executor.shutdown(wait=False)
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()
