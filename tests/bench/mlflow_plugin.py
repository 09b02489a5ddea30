"""Logging with `mlflow` into the local store, against MLflow's own SQLite store: the same code, another address."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from harness import Figure, main, paired_times

PEER = 5.0
"""How many times faster than into MLflow's own SQLite store."""


def measure(small: bool) -> list[Figure]:
    calls, batches, repetitions = (100, 5, 2) if small else (500, 20, 3)
    os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JUPYTER_TRACKER_HOME"] = folder
        ours = _Client("jupyter-tracker://")
        theirs = _Client(f"sqlite:///{Path(folder, 'mlflow.db')}")
        for client in (ours, theirs):
            client.log_metrics(1)
        figures = []
        for name, how in (
            ("mlflow.log_metrics of ten", lambda to: to.log_metrics(calls)),
            ("MlflowClient.log_metric", lambda to: to.log_metric(calls)),
            ("MlflowClient.log_batch of 1,000", lambda to: to.log_batch(batches)),
        ):
            spent, peer = paired_times(_of(how, ours), _of(how, theirs), repetitions)
            figures.append(Figure(f"{name}, times MLflow's SQLite store", peer / spent, "x", PEER, at_least=True))
        return figures


def _of(how: Callable[[_Client], None], client: _Client) -> Callable[[], None]:
    return lambda: how(client)


class _Client:
    """Code that logs to an address."""

    def __init__(self, address: str) -> None:
        from mlflow import MlflowClient

        self._address = address
        self._client = MlflowClient(address)
        self._run = self._client.create_run(self._client.create_experiment("bench")).info.run_id
        self._step = 0

    def log_metrics(self, calls: int) -> None:
        import mlflow

        mlflow.set_tracking_uri(self._address)
        with mlflow.start_run(self._run):
            for _ in range(calls):
                self._step += 1
                mlflow.log_metrics({f"m{key}": self._step / (key + 1) for key in range(10)}, step=self._step)

    def log_metric(self, calls: int) -> None:
        for _ in range(calls):
            self._step += 1
            self._client.log_metric(self._run, "loss", 1 / self._step, step=self._step)

    def log_batch(self, calls: int) -> None:
        from mlflow.entities import Metric

        for _ in range(calls):
            metrics = [Metric(f"m{key}", key / 7, 1, self._step + step) for step in range(100) for key in range(10)]
            self._step += 100
            self._client.log_batch(self._run, metrics)


if __name__ == "__main__":
    main(measure)
