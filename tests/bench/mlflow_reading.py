"""Reading from a loopback `mlflow server`: long histories and many runs, against MLflow's own client.

The floor of the histories is the same requests, as the protocol needs them, sent as fast as the server answers and not
read at all; that of the runs is the one request that has them all.
"""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from harness import ROOT, Figure, main, paired_times

import jupyter_tracker as jt

PEER_HISTORIES = 3.0
"""How many times faster than `MlflowClient.get_metric_history` for each metric in turn."""
PEER_RUNS = 1.0
"""How many times faster than `mlflow.search_runs`."""
FLOOR = 1.5
"""Of the requests alone."""


def measure(small: bool) -> list[Figure]:
    sys.path.insert(0, str(ROOT))
    from tests.platforms.mlflow_server import serving

    steps, runs, repetitions = (500, 50, 2) if small else (10_000, 1_000, 3)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), workers=2) as server:
        run_id = _fill(server.url, steps, runs)
        os.environ.update(MLFLOW_TRACKING_URI=server.url, MLFLOW_DISABLE_TELEMETRY="true")
        return [*_histories(server.url, run_id, steps, repetitions), *_runs(server.url, runs, repetitions)]


def _histories(url: str, run_id: str, steps: int, repetitions: int) -> list[Figure]:
    from mlflow import MlflowClient

    keys = [f"m{number}" for number in range(10)]
    client = MlflowClient(url)
    with jt.connect(f"mlflow+{url}") as tracker, httpx.Client(timeout=120) as http:
        run = tracker.runs.get(run_id)

        def ours() -> None:
            frame = run.series()
            assert frame.shape == (steps, 10)

        def theirs() -> None:
            for key in keys:
                assert len(client.get_metric_history(run_id, key)) == steps

        def alone(key: str) -> None:
            query = {"metric_key": key, "run_id": run_id, "max_results": 25_000}
            http.get(f"{url}/ajax-api/2.0/mlflow/metrics/get-history-bulk", params=query).raise_for_status()

        def floor() -> None:
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(alone, keys))

        ours()
        spent, peer = paired_times(ours, theirs, repetitions)
        again, base = paired_times(ours, floor, repetitions)
    name = f"10 histories of {steps:,} points to a frame"
    return [
        Figure(f"{name}, times MlflowClient", peer / spent, "x", PEER_HISTORIES, at_least=True),
        Figure(f"{name}, of its requests alone", again, "s", FLOOR, floor=base, judge_ratio=True),
    ]


def _runs(url: str, runs: int, repetitions: int) -> list[Figure]:
    import mlflow

    with jt.connect(f"mlflow+{url}") as tracker:

        def ours() -> None:
            assert len(tracker.runs.list("sweep").frame()) == runs

        def theirs() -> None:
            assert len(mlflow.search_runs(experiment_names=["sweep"], max_results=runs)) == runs

        ours()
        spent, peer = paired_times(ours, theirs, repetitions)
    name = f"{runs:,} runs to a frame"
    return [Figure(f"{name}, times mlflow.search_runs", peer / spent, "x", PEER_RUNS, at_least=True)]


def _fill(url: str, steps: int, runs: int) -> str:
    """A run with long histories, and an experiment with many runs of ten params and ten metrics."""
    base = f"{url}/api/2.0/mlflow"
    with httpx.Client(timeout=120) as http:

        def post(path: str, **body: object) -> dict[str, dict[str, dict[str, str]]]:
            answer: dict[str, dict[str, dict[str, str]]] = (
                http.post(f"{base}/{path}", json=body).raise_for_status().json()
            )
            return answer

        def made(experiment: object, number: int) -> str:
            run = post(
                "runs/create", experiment_id=experiment, run_name=f"r{number}", start_time=1_700_000_000_000 + number
            )
            return run["run"]["info"]["run_id"]

        run_id = made(post("experiments/create", name="long")["experiment_id"], 0)
        for start in range(0, steps, 100):
            metrics = [
                {"key": f"m{key}", "value": step / 7, "timestamp": 1_700_000_000_000 + step, "step": step}
                for step in range(start, start + 100)
                for key in range(10)
            ]
            post("runs/log-batch", run_id=run_id, metrics=metrics)
        sweep = post("experiments/create", name="sweep")["experiment_id"]
        for number in range(runs):
            metrics = [{"key": f"m{key}", "value": number / 7, "timestamp": 1, "step": 0} for key in range(10)]
            params = [{"key": f"p{key}", "value": str(number * key)} for key in range(10)]
            post("runs/log-batch", run_id=made(sweep, number), metrics=metrics, params=params)
    return run_id


if __name__ == "__main__":
    main(measure)
