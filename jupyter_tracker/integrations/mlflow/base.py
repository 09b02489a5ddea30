"""What all parts of the tracking store share."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from mlflow.store.tracking import DEFAULT_ARTIFACTS_URI
from mlflow.store.tracking.abstract_store import AbstractStore

from jupyter_tracker import flow
from jupyter_tracker.errors import NotFound
from jupyter_tracker.integrations.mlflow.address import SCHEME, address_of, backend_of, folder_of

if TYPE_CHECKING:
    from jupyter_tracker.models import RunInfo

_DESTINATION = "_MLFLOW_SERVER_ARTIFACT_DESTINATION"
"""Where `mlflow server` tells its workers to put artifacts that clients send to it."""


class Base(AbstractStore):
    """A store, and how it is used: by the code that trains, or by `mlflow server` for processes that nobody knows."""

    def __init__(self, store_uri: str, artifact_uri: str | None = None) -> None:
        self.backend = backend_of(folder_of(store_uri))
        self.serving = artifact_uri is not None
        own = address_of(self.backend.store.home)
        if artifact_uri is None or artifact_uri.startswith(f"{SCHEME}:"):
            self.artifact_root = own
        elif artifact_uri.startswith(DEFAULT_ARTIFACTS_URI):
            # Clients that cannot reach the folder go through the server, where it puts their artifacts here.
            here = os.environ.get(_DESTINATION, "").startswith(f"{SCHEME}:")
            self.artifact_root = artifact_uri.rstrip("/") if here else own
        else:
            self.artifact_root = artifact_uri.rstrip("/")
        super().__init__()

    @cached_property
    def own_run(self) -> RunInfo | None:
        """The run of this store that this process was submitted as."""
        run_id = os.environ.get("JUPYTER_TRACKER_RUN_ID", "")
        if self.serving or not run_id:
            return None
        try:
            found = flow.run(self.backend.runs.get(run_id))
        except NotFound:
            return None  # it is of another store, or was purged
        return found if found.id == run_id else None
