"""Documented operations on experiments and their permissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from jupyter_tracker.backends.mlflow.server import BASE, Server, paged
from jupyter_tracker.flow import Flow

Entry = Mapping[str, Any]
Answer = dict[str, Any]


class ExperimentCalls:
    """Experiments and permissions."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def create_experiment(
        self, name: str, *, artifact_location: str | None = None, tags: Sequence[Entry] | None = None
    ) -> Flow[Answer]:
        """Make an experiment. On Databricks the name is an absolute path of the workspace."""
        body = {"name": name, "artifact_location": artifact_location, "tags": listed(tags)}
        return self._server.call("create_experiment", "POST", f"{BASE}/experiments/create", body=body)

    def get_experiment(self, experiment_id: str) -> Flow[Answer]:
        """Find one by id, also a deleted one."""
        query = {"experiment_id": experiment_id}
        return self._server.call("get_experiment", "GET", f"{BASE}/experiments/get", query=query)

    def get_by_name(self, experiment_name: str) -> Flow[Answer]:
        """Find one by name, also a deleted one."""
        query = {"experiment_name": experiment_name}
        return self._server.call("get_by_name", "GET", f"{BASE}/experiments/get-by-name", query=query)

    def list_experiments(
        self, *, max_results: int | None = None, page_token: str | None = None, view_type: str | None = None
    ) -> Flow[Answer]:
        """All experiments; `max_results` is the size of a page."""

        def page(token: str | None) -> Flow[Answer]:
            query = {"max_results": max_results, "page_token": token, "view_type": view_type}
            return self._server.call("list_experiments", "GET", f"{BASE}/experiments/list", query=query)

        found = yield from paged(self._server, "list_experiments", "experiments", page, page_token)
        return {"experiments": found}

    def search_experiments(
        self,
        *,
        filter: str | None = None,  # noqa: A002  # its documented name
        max_results: int = 1000,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
        view_type: str | None = None,
    ) -> Flow[Answer]:
        """The experiments that a filter selects; `max_results` is the size of a page."""

        def page(token: str | None) -> Flow[Answer]:
            body = {
                "filter": filter,
                "max_results": max_results,
                "order_by": listed(order_by),
                "page_token": token,
                "view_type": view_type,
            }
            path = f"{BASE}/experiments/search"
            return self._server.call("search_experiments", "POST", path, body=body, harmless=True)

        found = yield from paged(self._server, "search_experiments", "experiments", page, page_token)
        return {"experiments": found}

    def update_experiment(self, experiment_id: str, *, new_name: str | None = None) -> Flow[Answer]:
        """Rename one."""
        body = {"experiment_id": experiment_id, "new_name": new_name}
        return self._server.call("update_experiment", "POST", f"{BASE}/experiments/update", body=body)

    def delete_experiment(self, experiment_id: str) -> Flow[Answer]:
        """Put it and its runs where `restore_experiment` finds them."""
        body = {"experiment_id": experiment_id}
        return self._server.call("delete_experiment", "POST", f"{BASE}/experiments/delete", body=body)

    def restore_experiment(self, experiment_id: str) -> Flow[Answer]:
        """Bring a deleted one back."""
        body = {"experiment_id": experiment_id}
        return self._server.call("restore_experiment", "POST", f"{BASE}/experiments/restore", body=body)

    def set_experiment_tag(self, experiment_id: str, key: str, value: str) -> Flow[Answer]:
        """Set a tag, in place of the one of its key."""
        body = {"experiment_id": experiment_id, "key": key, "value": value}
        path = f"{BASE}/experiments/set-experiment-tag"
        return self._server.call("set_experiment_tag", "POST", path, body=body, harmless=True)

    def delete_experiment_tag(self, experiment_id: str, key: str) -> Flow[Answer]:
        """Remove a tag (open-source server)."""
        body = {"experiment_id": experiment_id, "key": key}
        return self._server.call(
            "delete_experiment_tag", "POST", f"{BASE}/experiments/delete-experiment-tag", body=body
        )

    def get_permission_levels(self, experiment_id: str) -> Flow[Answer]:
        """The levels that can be given (Databricks)."""
        path = f"{_permissions(experiment_id)}/permissionLevels"
        return self._server.call("get_permission_levels", "GET", path)

    def get_permissions(self, experiment_id: str) -> Flow[Answer]:
        """Who may do what (Databricks)."""
        return self._server.call("get_permissions", "GET", _permissions(experiment_id))

    def set_permissions(
        self, experiment_id: str, *, access_control_list: Sequence[Entry] | None = None
    ) -> Flow[Answer]:
        """Replace who may do what (Databricks)."""
        body = {"access_control_list": listed(access_control_list)}
        return self._server.call("set_permissions", "PUT", _permissions(experiment_id), body=body)

    def update_permissions(
        self, experiment_id: str, *, access_control_list: Sequence[Entry] | None = None
    ) -> Flow[Answer]:
        """Add to who may do what, or change it (Databricks)."""
        body = {"access_control_list": listed(access_control_list)}
        return self._server.call("update_permissions", "PATCH", _permissions(experiment_id), body=body)


def _permissions(experiment_id: str) -> str:
    return f"/api/2.0/permissions/experiments/{quote(experiment_id, safe='')}"


def listed(items: Sequence[Any] | None) -> list[Any] | None:
    """A list for a request; None for none."""
    return None if items is None else list(items)
