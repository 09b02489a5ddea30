"""Every operation of UbiOps that training needs, under its documented name; each gives a flow of the platform's JSON.

There is no training on the wire: an experiment is a version of one deployment, a run is a batch request to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_tracker.backends.ubiops.operations.runs import RunOperations
from jupyter_tracker.flow import Flow


class UbiOpsOperations(RunOperations):
    """Training, and what belongs to it: variables of the deployment, logs, time series, definitions of metrics."""

    def deployment_environment_variables_create(
        self, project_name: str, deployment_name: str, data: Mapping[str, Any]
    ) -> Flow[Any]:
        """Make a variable of a deployment, which its versions inherit, from `name`, `value` and `secret`."""
        path = _variables(project_name, deployment_name)
        return (yield from self._wire.ask("deployment_environment_variables_create", "POST", *path, body=dict(data)))

    def deployment_environment_variables_list(self, project_name: str, deployment_name: str) -> Flow[Any]:
        """The variables of a deployment with those that it inherits from its project."""
        path = _variables(project_name, deployment_name)
        return (yield from self._wire.ask("deployment_environment_variables_list", "GET", *path))

    def deployment_environment_variables_update(
        self, project_name: str, deployment_name: str, id: str, data: Mapping[str, Any]
    ) -> Flow[Any]:
        """Set `name`, `value` and `secret` of a variable of a deployment."""
        path = _variables(project_name, deployment_name, id)
        return (yield from self._wire.ask("deployment_environment_variables_update", "PATCH", *path, body=dict(data)))

    def deployment_environment_variables_delete(self, project_name: str, deployment_name: str, id: str) -> Flow[Any]:
        """Remove a variable of a deployment."""
        path = _variables(project_name, deployment_name, id)
        return (yield from self._wire.ask("deployment_environment_variables_delete", "DELETE", *path))

    def logs_list(
        self,
        project_name: str,
        query: str | None = None,
        start: str | int | None = None,
        end: str | int | None = None,
        limit: int | None = None,
    ) -> Flow[Any]:
        """Lines of the log that a query selects, oldest first; times are ISO texts or nanoseconds."""
        asked = {"query": query, "start": start, "end": end, "limit": limit}
        return (yield from self._wire.ask("logs_list", "GET", "projects", project_name, "logs", query=asked))

    def metrics_list(self, project_name: str) -> Flow[Any]:
        """The metrics that are defined."""
        return (yield from self._wire.ask("metrics_list", "GET", "projects", project_name, "metrics"))

    def metrics_create(self, project_name: str, data: Mapping[str, Any]) -> Flow[Any]:
        """Define a metric from `name`, `metric_type`, `unit`, `description`, `labels`."""
        path = ("projects", project_name, "metrics")
        return (yield from self._wire.ask("metrics_create", "POST", *path, body=dict(data)))

    def time_series_search(
        self,
        project_name: str,
        metric: str | None = None,
        labels: str | None = None,
        custom: bool | None = None,
        exact_match: bool | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Flow[Any]:
        """Which series there are; labels are `key:value,key:value`."""
        query = {
            "metric": metric,
            "labels": labels,
            "custom": custom,
            "exact_match": exact_match,
            "limit": limit,
            "offset": offset,
        }
        path = ("projects", project_name, "time-series", "search")
        return (yield from self._wire.ask("time_series_search", "GET", *path, query=query))

    def time_series_data_list(
        self,
        project_name: str,
        metric: str,
        start_date: str,
        end_date: str | None = None,
        aggregation_period: int | None = None,
        unit_period: int | None = None,
        labels: str | None = None,
    ) -> Flow[Any]:
        """The points of a series."""
        query = {
            "metric": metric,
            "start_date": start_date,
            "end_date": end_date,
            "aggregation_period": aggregation_period,
            "unit_period": unit_period,
            "labels": labels,
        }
        return (yield from self._wire.ask("time_series_data_list", "GET", *_series(project_name), query=query))

    def time_series_data_create(self, project_name: str, data: Sequence[Mapping[str, Any]]) -> Flow[Any]:
        """Write points: `metric`, `labels` and `data`, each of `date` and `value`."""
        body = [dict(series) for series in data]
        return (yield from self._wire.ask("time_series_data_create", "POST", *_series(project_name), body=body))


def _variables(project_name: str, deployment_name: str, *identity: str) -> tuple[str, ...]:
    return ("projects", project_name, "deployments", deployment_name, "environment-variables", *identity)


def _series(project_name: str) -> tuple[str, ...]:
    return ("projects", project_name, "time-series", "data")
