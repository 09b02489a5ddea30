"""The tracking store of MLflow over a local store.

    AbstractStore → Base → Experiments → Runs → Metrics → LoggedModels → TrackingStore

Each part is one noun. What MLflow knows beside them, such as traces, has no place here: it is empty where
MLflow looks for it, so that its UI works, and an error of MLflow where something is to be kept.
"""

from __future__ import annotations

from typing import Any

from mlflow.store.entities.paged_list import PagedList

from jupyter_tracker.integrations.mlflow.errors import speaking_mlflow
from jupyter_tracker.integrations.mlflow.logged_models import LoggedModels


@speaking_mlflow
class TrackingStore(LoggedModels):
    """Experiments, runs and logged models of a local store, for `mlflow` in this process and for `mlflow server`."""

    def search_traces(self, *_: Any, **__: Any) -> tuple[list[Any], None]:
        return [], None

    def query_trace_metrics(self, *_: Any, **__: Any) -> PagedList:
        return PagedList([], None)

    def search_datasets(self, *_: Any, **__: Any) -> PagedList:
        """Evaluation datasets, which are others than those that runs read."""
        return PagedList([], None)

    def search_issues(self, *_: Any, **__: Any) -> PagedList:
        return PagedList([], None)

    def list_scorers(self, *_: Any, **__: Any) -> list[Any]:
        return []

    def list_scorers_across_experiments(self, *_: Any, **__: Any) -> list[Any]:
        return []
