"""The plugin of MLflow: code that logs with `mlflow` writes into the local store, in this process and without a server.

    MLFLOW_TRACKING_URI=jupyter-tracker://            the default store
    MLFLOW_TRACKING_URI=jupyter-tracker:///folder     the store in a folder

`mlflow` finds it by the entry points of this package and calls these functions while it is itself being imported, so
they load the rest when they are used.
"""

from __future__ import annotations

from typing import Any


def tracking_store(store_uri: str, artifact_uri: str | None = None) -> Any:
    """The tracking store of an address (entry point `mlflow.tracking_store`).

    Args:
        store_uri: `jupyter-tracker://`, with the path of a folder unless it is the default store.
        artifact_uri: Where `mlflow server` wants artifacts; None outside of a server.
    """
    from jupyter_tracker.integrations.mlflow.store import TrackingStore

    return TrackingStore(store_uri, artifact_uri)


def artifact_repository(artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None) -> Any:
    """The artifacts below an address of this scheme (entry point `mlflow.artifact_repository`)."""
    from jupyter_tracker.integrations.mlflow.artifacts import TrackerArtifacts

    return TrackerArtifacts(artifact_uri, tracking_uri, registry_uri)


def model_registry(store_uri: str) -> Any:
    """The model registry beside the store of an address (entry point `mlflow.model_registry_store`)."""
    from jupyter_tracker.integrations.mlflow.registry import open_registry

    return open_registry(store_uri)
