"""MLflow's model registry beside a local store: MLflow's own, in a file of the store's folder.

Its versions, aliases and stages have no counterpart here; its UI shows no run without it.
"""

from __future__ import annotations

from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

from jupyter_tracker.errors import TrackerError
from jupyter_tracker.integrations.mlflow.address import backend_of, folder_of
from jupyter_tracker.integrations.mlflow.errors import translated

FILE = "mlflow-registry.db"


def open_registry(store_uri: str) -> SqlAlchemyStore:
    """The registry of the store at an address; its file is made when it is first opened."""
    try:
        store = backend_of(folder_of(store_uri)).store
        with store.read():
            pass  # the folder is made as a private one
    except TrackerError as error:
        raise translated(error) from error
    return SqlAlchemyStore(f"sqlite:///{store.home / FILE}")
