"""Documented operations on runs as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_tracker.backends.mlflow.operations_experiments import Answer, Entry, listed
from jupyter_tracker.backends.mlflow.server import BASE, Server, paged
from jupyter_tracker.flow import Flow


class RunCalls:
    """Runs: making, finding, deleting."""

    _server: Server

    def create_run(
        self,
        *,
        experiment_id: str | None = None,
        run_name: str | None = None,
        start_time: int | None = None,
        tags: Sequence[Entry] | None = None,
        user_id: str | None = None,
    ) -> Flow[Answer]:
        """Make a run. The open-source server takes a start time that is left out as 0."""
        body = {
            "experiment_id": experiment_id,
            "run_name": run_name,
            "start_time": start_time,
            "tags": listed(tags),
            "user_id": user_id,
        }
        return self._server.call("create_run", "POST", f"{BASE}/runs/create", body=body)

    def get_run(self, run_id: str, *, run_uuid: str | None = None) -> Flow[Answer]:
        """Find one by id, with the latest value of each metric."""
        query = {"run_id": run_id, "run_uuid": run_uuid}
        return self._server.call("get_run", "GET", f"{BASE}/runs/get", query=query)

    def search_runs(
        self,
        *,
        experiment_ids: Sequence[str] | None = None,
        filter: str | None = None,  # noqa: A002  # its documented name
        max_results: int | None = None,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
        run_view_type: str | None = None,
    ) -> Flow[Answer]:
        """The runs that a filter selects; `max_results` is the size of a page."""

        def page(token: str | None) -> Flow[Answer]:
            return search_page(self._server, experiment_ids or (), filter, max_results, order_by, token, run_view_type)

        found = yield from paged(self._server, "search_runs", "runs", page, page_token)
        return {"runs": found}

    def update_run(
        self,
        *,
        end_time: int | None = None,
        run_id: str | None = None,
        run_name: str | None = None,
        run_uuid: str | None = None,
        status: str | None = None,
    ) -> Flow[Answer]:
        """Change status, end or name. The open-source server ignores a status that it does not know."""
        body = {
            "end_time": end_time,
            "run_id": run_id,
            "run_name": run_name,
            "run_uuid": run_uuid,
            "status": status,
        }
        return self._server.call("update_run", "POST", f"{BASE}/runs/update", body=body, harmless=True)

    def delete_run(self, run_id: str) -> Flow[Answer]:
        """Put it where `restore_run` finds it."""
        return self._server.call("delete_run", "POST", f"{BASE}/runs/delete", body={"run_id": run_id})

    def restore_run(self, run_id: str) -> Flow[Answer]:
        """Bring a deleted one back."""
        return self._server.call("restore_run", "POST", f"{BASE}/runs/restore", body={"run_id": run_id})

    def delete_runs(
        self, experiment_id: str, max_timestamp_millis: int, *, max_runs: int | None = None
    ) -> Flow[Answer]:
        """Delete those created up to a time, at most 10,000 (Databricks)."""
        body = {
            "experiment_id": experiment_id,
            "max_timestamp_millis": max_timestamp_millis,
            "max_runs": max_runs,
        }
        return self._server.call("delete_runs", "POST", f"{BASE}/databricks/runs/delete-runs", body=body)

    def restore_runs(
        self, experiment_id: str, min_timestamp_millis: int, *, max_runs: int | None = None
    ) -> Flow[Answer]:
        """Bring back those deleted since a time, at most 10,000 (Databricks)."""
        body = {
            "experiment_id": experiment_id,
            "min_timestamp_millis": min_timestamp_millis,
            "max_runs": max_runs,
        }
        return self._server.call("restore_runs", "POST", f"{BASE}/databricks/runs/restore-runs", body=body)


def search_page(
    server: Server,
    experiment_ids: Sequence[str],
    condition: str | None,
    max_results: int | None,
    order_by: Sequence[str] | None,
    token: str | None,
    view: str | None,
) -> Flow[Answer]:
    """One page of `search_runs`."""
    body = {
        "experiment_ids": list(experiment_ids) or None,
        "filter": condition,
        "max_results": max_results,
        "order_by": listed(order_by),
        "page_token": token,
        "run_view_type": view,
    }
    return server.call("search_runs", "POST", f"{BASE}/runs/search", body=body, harmless=True)
