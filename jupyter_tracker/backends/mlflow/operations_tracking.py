"""Documented operations on what runs record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from jupyter_tracker.backends.mlflow.numbers import to_wire
from jupyter_tracker.backends.mlflow.operations_experiments import Answer, Entry, listed
from jupyter_tracker.backends.mlflow.server import BASE, PAGES, Server, paged
from jupyter_tracker.flow import Flow


class TrackingCalls:
    """Metrics, params, tags, inputs, models, artifacts, traces."""

    _server: Server

    def log_metric(
        self,
        key: str,
        value: float,
        timestamp: int,
        *,
        dataset_digest: str | None = None,
        dataset_name: str | None = None,
        model_id: str | None = None,
        run_id: str | None = None,
        run_uuid: str | None = None,
        step: int | None = None,
    ) -> Flow[Answer]:
        """Add a point to a metric; NaN and infinities are sent as the text that the protocol has for them."""
        body = {
            "key": key,
            "value": to_wire(value),
            "timestamp": timestamp,
            "dataset_digest": dataset_digest,
            "dataset_name": dataset_name,
            "model_id": model_id,
            "run_id": run_id,
            "run_uuid": run_uuid,
            "step": step,
        }
        return self._server.call("log_metric", "POST", f"{BASE}/runs/log-metric", body=body, harmless=True)

    def log_param(
        self, key: str, value: str, *, run_id: str | None = None, run_uuid: str | None = None
    ) -> Flow[Answer]:
        """Add a param, which is written once."""
        body = {"key": key, "value": value, "run_id": run_id, "run_uuid": run_uuid}
        return self._server.call("log_param", "POST", f"{BASE}/runs/log-parameter", body=body, harmless=True)

    def set_tag(self, key: str, value: str, *, run_id: str | None = None, run_uuid: str | None = None) -> Flow[Answer]:
        """Set a tag, in place of the one of its key."""
        body = {"key": key, "value": value, "run_id": run_id, "run_uuid": run_uuid}
        return self._server.call("set_tag", "POST", f"{BASE}/runs/set-tag", body=body, harmless=True)

    def delete_tag(self, run_id: str, key: str) -> Flow[Answer]:
        """Remove a tag."""
        body = {"run_id": run_id, "key": key}
        return self._server.call("delete_tag", "POST", f"{BASE}/runs/delete-tag", body=body)

    def log_batch(
        self,
        *,
        metrics: Sequence[Entry] | None = None,
        params: Sequence[Entry] | None = None,
        run_id: str | None = None,
        tags: Sequence[Entry] | None = None,
    ) -> Flow[Answer]:
        """Add metrics, params and tags at once, within the documented limits of one request."""
        body = {
            "metrics": None if metrics is None else [_point(metric) for metric in metrics],
            "params": listed(params),
            "run_id": run_id,
            "tags": listed(tags),
        }
        # A point that comes twice is one point, and so are params and tags.
        return self._server.call("log_batch", "POST", f"{BASE}/runs/log-batch", body=body, harmless=True)

    def log_inputs(
        self, run_id: str, *, datasets: Sequence[Entry] | None = None, models: Sequence[Entry] | None = None
    ) -> Flow[Answer]:
        """Say which data sets and models a run used."""
        body = {"run_id": run_id, "datasets": listed(datasets), "models": listed(models)}
        return self._server.call("log_inputs", "POST", f"{BASE}/runs/log-inputs", body=body, harmless=True)

    def log_model(self, *, model_json: str | None = None, run_id: str | None = None) -> Flow[Answer]:
        """Say which model a run made: the text of its MLmodel file, as JSON."""
        body = {"model_json": model_json, "run_id": run_id}
        return self._server.call("log_model", "POST", f"{BASE}/runs/log-model", body=body)

    def get_history(
        self,
        metric_key: str,
        *,
        max_results: int | None = None,
        page_token: str | None = None,
        run_id: str | None = None,
        run_uuid: str | None = None,
    ) -> Flow[Answer]:
        """All points of a metric; `max_results` is the size of a page, at most 25,000."""

        def page(token: str | None) -> Flow[Answer]:
            query = {
                "metric_key": metric_key,
                "max_results": max_results,
                "page_token": token,
                "run_id": run_id,
                "run_uuid": run_uuid,
            }
            return self._server.call("get_history", "GET", f"{BASE}/metrics/get-history", query=query)

        found = yield from paged(self._server, "get_history", "metrics", page, page_token)
        return {"metrics": found}

    def get_history_bulk(
        self, metric_key: str, *, run_ids: Sequence[str], max_results: int | None = None
    ) -> Flow[Answer]:
        """The points of a metric of at most 100 runs, in their order (open-source server, for its own pages).

        At most 25,000 points come, and nothing says that there are more.
        """
        query = {"metric_key": metric_key, "run_id": [*run_ids], "max_results": max_results}
        return self._server.call("get_history_bulk", "GET", f"{PAGES}/metrics/get-history-bulk", query=query)

    def list_artifacts(
        self,
        *,
        page_token: str | None = None,
        path: str | None = None,
        run_id: str | None = None,
        run_uuid: str | None = None,
    ) -> Flow[Answer]:
        """The files in a folder of a run's artifacts; the paths are relative to the run."""
        root = ""

        def page(token: str | None) -> Flow[Answer]:
            nonlocal root
            query = {"page_token": token, "path": path, "run_id": run_id, "run_uuid": run_uuid}
            answer = yield from self._server.call("list_artifacts", "GET", f"{BASE}/artifacts/list", query=query)
            root = answer.get("root_uri", root)
            return answer

        found = yield from paged(self._server, "list_artifacts", "files", page, page_token)
        return {"root_uri": root, "files": found}

    def get_credentials_for_trace_data_download(self, request_id: str) -> Flow[Answer]:
        """A signed URL from which the data of a trace can be read (Databricks)."""
        path = f"{BASE}/traces/{quote(request_id, safe='')}/credentials-for-data-download"
        return self._server.call("get_credentials_for_trace_data_download", "GET", path)

    def get_credentials_for_trace_data_upload(self, request_id: str) -> Flow[Answer]:
        """A signed URL to which the data of a trace can be written (Databricks)."""
        path = f"{BASE}/traces/{quote(request_id, safe='')}/credentials-for-data-upload"
        return self._server.call("get_credentials_for_trace_data_upload", "GET", path)


def _point(metric: Mapping[str, Any]) -> dict[str, Any]:
    return {**metric, "value": to_wire(metric["value"])} if "value" in metric else dict(metric)
