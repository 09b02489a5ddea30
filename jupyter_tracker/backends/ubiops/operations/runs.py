"""The documented operations on runs, and the side calls on many of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_tracker.backends.ubiops.operations.experiments import ExperimentOperations
from jupyter_tracker.backends.ubiops.operations.files import FileOperations, random_letters
from jupyter_tracker.backends.ubiops.wire import version_path
from jupyter_tracker.errors import RemoteConflict
from jupyter_tracker.flow import Flow


class RunOperations(ExperimentOperations, FileOperations):
    """Runs, which are batch requests to the version that is their experiment."""

    def experiment_runs_create(
        self, project_name: str, experiment_name: str, data: Mapping[str, Any], timeout: int | None = None
    ) -> Flow[Any]:
        """Start a run.

        Args:
            project_name: The project.
            experiment_name: The experiment, which must be available.
            data: `name`, `description`, `training_code` and `training_data` (a file, a folder, or
                `ubiops-file://BUCKET/FILE`), `parameters`.
            timeout: Seconds, from 10 to 172,800; 14,400 by default.

        Raises:
            RemoteConflict: the experiment is not available.
        """
        experiment = yield from self.experiments_get(project_name, experiment_name)
        if experiment.get("status") != "available":
            raise RemoteConflict(
                f"The experiment {experiment_name!r} is {experiment.get('status')!r}; only an available one takes"
                " runs.",
                backend=self._wire.service.backend,
                operation="experiment_runs_create",
                code=str(experiment.get("status") or ""),
            )
        bucket = experiment["default_bucket"]
        place = f"experiments/{experiment_name}/runs/{random_letters()}"
        code = yield from self._input(project_name, str(data["training_code"]), bucket, f"{place}/code/")
        given = data.get("training_data")
        material = (
            None if given is None else (yield from self._input(project_name, str(given), bucket, f"{place}/data/"))
        )
        body = {
            "name": data["name"],
            "description": data.get("description"),
            "training_code": code,
            "training_data": material,
            "parameters": data.get("parameters") or {},
        }
        made = yield from self._wire.ask(
            "experiment_runs_create",
            "POST",
            *_runs(project_name, experiment_name, "batch"),
            query={"timeout": timeout},
            body=[body],
        )
        return _run(made[0])

    def experiment_runs_get(
        self, project_name: str, experiment_name: str, run_id: str, metadata_only: bool | None = None
    ) -> Flow[Any]:
        """One run; with `metadata_only` without what it was given and what came of it."""
        found = yield from self._wire.ask(
            "experiment_runs_get",
            "GET",
            *_runs(project_name, experiment_name, run_id),
            query={"metadata_only": metadata_only},
        )
        return _run(found)

    def experiment_runs_list(
        self,
        project_name: str,
        experiment_name: str,
        status: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        start_date: str | None = None,
        end_date: str | None = None,
        search_id: str | None = None,
    ) -> Flow[Any]:
        """A page of the runs of an experiment: ids, status and times."""
        query = {
            "status": status,
            "limit": limit,
            "offset": offset,
            "start_date": start_date,
            "end_date": end_date,
            "search_id": search_id,
        }
        found = yield from self._wire.ask(
            "experiment_runs_list", "GET", *_runs(project_name, experiment_name), query=query
        )
        return [_run(run) for run in found or ()]

    def experiment_runs_update(
        self, project_name: str, experiment_name: str, run_id: str, data: Mapping[str, Any]
    ) -> Flow[Any]:
        """Cancel a run: `data` is `{"status": "cancelled"}`."""
        path = _runs(project_name, experiment_name, run_id)
        return (yield from self._wire.ask("experiment_runs_update", "PATCH", *path, body=dict(data)))

    def experiment_runs_delete(self, project_name: str, experiment_name: str, run_id: str) -> Flow[Any]:
        """Remove a run for good."""
        path = _runs(project_name, experiment_name, run_id)
        return (yield from self._wire.ask("experiment_runs_delete", "DELETE", *path))

    def experiment_runs_collect(self, project_name: str, experiment_name: str, ids: Sequence[str]) -> Flow[Any]:
        """Several runs whole (`batch_get`)."""
        found = yield from self._wire.ask(
            "deployment_version_requests_batch_get",
            "POST",
            *_runs(project_name, experiment_name, "collect"),
            body=list(ids),
        )
        return [_run(run) for run in found or ()]


def _runs(project_name: str, experiment_name: str, *parts: str) -> tuple[str, ...]:
    return version_path(project_name, experiment_name, "requests", *parts)


def _run(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request under the words of training."""
    return {**request, "experiment": request.get("version")}
