"""MLflow: its open-source server and Databricks, which speak the same protocol."""

from __future__ import annotations

from jupyter_tracker.backends.base import Backend


def connect(address: str) -> Backend:
    """The backend for `mlflow+http://host:5000`, `mlflow+https://…`, `mlflow`, `databricks` or `databricks://PROFILE`.

    Raises:
        ConfigError: the address cannot be understood, or what it needs is not set.
    """
    from jupyter_tracker.backends.mlflow.backend import MlflowBackend
    from jupyter_tracker.backends.mlflow.settings import settings

    return MlflowBackend(settings(address))
