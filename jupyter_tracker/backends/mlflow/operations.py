"""The operations of the experiments API under their documented names (Databricks: `w.experiments`).

Times are milliseconds since the epoch; answers are the server's own JSON. A listing is read to its end.
"""

from __future__ import annotations

from jupyter_tracker.backends.mlflow.operations_experiments import ExperimentCalls
from jupyter_tracker.backends.mlflow.operations_runs import RunCalls
from jupyter_tracker.backends.mlflow.operations_tracking import TrackingCalls


class MlflowOperations(ExperimentCalls, RunCalls, TrackingCalls):
    """All of them. What a server does not know is `Unsupported`, which is found out once."""
