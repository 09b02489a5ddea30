"""Every documented operation of ABEJA Platform's training, under its documented name; each gives a flow of its JSON."""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_tracker.backends.abeja.operations.definitions import VersionOperations, existing, zip_files
from jupyter_tracker.backends.abeja.wire import archived_word, definitions_path
from jupyter_tracker.backends.remote import signed
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.flow import Flow, Local
from jupyter_tracker.progress import bar

_INSTANCE = re.compile(r"(cpu|gpu)(:[abcd])?-\d+(\.\d+)?")
TRIES = 3
"""How often a signed URL is asked for anew after it was refused."""


class JobOperations(VersionOperations):
    """Training jobs."""

    def create_training_job(
        self,
        organization_id: str,
        job_definition_name: str,
        version_id: int,
        user_parameters: Mapping[str, Any] | None = None,
        datasets: Mapping[str, str] | None = None,
        instance_type: str | None = None,
        environment: Mapping[str, str] | None = None,
        description: str | None = None,
        export_log: bool | None = None,
    ) -> Flow[Any]:
        """Start a job of a version.

        Args:
            organization_id: The organization.
            job_definition_name: The job definition.
            version_id: The version.
            user_parameters: An old name of `environment`.
            datasets: Ids of datasets by alias.
            instance_type: `cpu-1`, `gpu:b-4`.
            environment: Variables by name.
            description: What is said of it.
            export_log: Whether its log is put into the archive of its result.

        Raises:
            InvalidInput: the instance type cannot be one.
        """
        if instance_type is not None and not _INSTANCE.fullmatch(instance_type):
            raise InvalidInput(
                f"{instance_type!r} is no instance type of ABEJA: write cpu or gpu, a category from a to d if wanted,"
                " and a number: 'cpu-0.25', 'gpu:b-4'."
            )
        given = {
            "environment": user_parameters if environment is None else environment,
            "datasets": datasets,
            "instance_type": instance_type,
            "description": description,
            "export_log": export_log,
        }
        path = definitions_path(organization_id, job_definition_name, "versions", version_id, "jobs")
        body = {name: value for name, value in given.items() if value is not None}
        return (yield from self._wire.ask("create_training_job", "POST", path, body=body))

    def get_training_jobs(
        self,
        organization_id: str,
        job_definition_name: str,
        limit: int | None = None,
        offset: int | None = None,
        filter_archived: bool | None = None,
    ) -> Flow[Any]:
        """A page of the jobs, with their total; without archived ones when `filter_archived`."""
        query = {"limit": limit, "offset": offset, "filter_archived": archived_word(filter_archived)}
        path = definitions_path(organization_id, job_definition_name, "jobs")
        return (yield from self._wire.ask("get_training_jobs", "GET", path, query=query))

    def get_training_job(self, organization_id: str, job_definition_name: str, training_job_id: str) -> Flow[Any]:
        """One job."""
        path = definitions_path(organization_id, job_definition_name, "jobs", training_job_id)
        return (yield from self._wire.ask("get_training_job", "GET", path))

    def stop_training_job(self, organization_id: str, job_definition_name: str, training_job_id: str) -> Flow[Any]:
        """Stop a job."""
        path = definitions_path(organization_id, job_definition_name, "jobs", training_job_id, "stop")
        return (yield from self._wire.ask("stop_training_job", "POST", path))

    def archive_training_job(self, organization_id: str, job_definition_name: str, training_job_id: str) -> Flow[Any]:
        """Put a job away."""
        path = definitions_path(organization_id, job_definition_name, "jobs", training_job_id, "archive")
        return (yield from self._wire.ask("archive_training_job", "POST", path, body={}))

    def unarchive_training_job(self, organization_id: str, job_definition_name: str, training_job_id: str) -> Flow[Any]:
        """Take a job back."""
        path = definitions_path(organization_id, job_definition_name, "jobs", training_job_id, "unarchive")
        return (yield from self._wire.ask("unarchive_training_job", "POST", path, body={}))

    def get_training_result(self, organization_id: str, job_definition_name: str, training_job_id: str) -> Flow[Any]:
        """Where the archive with the result of a job is."""
        path = definitions_path(organization_id, job_definition_name, "jobs", training_job_id, "result")
        return (yield from self._wire.ask("get_training_result", "GET", path))

    def update_statistics(
        self, organization_id: str, job_definition_name: str, training_job_id: str, statistics: Mapping[str, Any]
    ) -> Flow[Any]:
        """Replace the statistics of a job: `num_epochs`, `epoch`, `progress_percentage` (0 to 1), `stages`, others.

        Zeros are sent, which the SDK's own helper leaves out.
        """
        path = definitions_path(organization_id, job_definition_name, "jobs", training_job_id, "statistics")
        body = {"statistics": dict(statistics)}
        return (yield from self._wire.ask("update_statistics", "POST", path, body=body))

    def download_training_result(
        self, organization_id: str, job_definition_name: str, training_job_id: str, output_path: str | Path
    ) -> Flow[Path]:
        """Write the archive with the result of a job to a path."""

        def ask() -> Flow[str]:
            found = yield from self.get_training_result(organization_id, job_definition_name, training_job_id)
            return str(found["artifacts"]["complete"]["uri"])

        return (yield from self._fetch("get_training_result", ask, Path(output_path)))

    def _fetch(self, operation: str, ask: Any, target: Path) -> Flow[Path]:
        """Write what a signed URL gives, which is asked for anew where it has expired; without our authority."""
        with bar(f"download {target.name}") as progress:
            yield from signed.fetch(self._wire.service, operation, ask, target, progress)
        return target


class AbejaOperations(JobOperations):
    """Training: job definitions, versions, jobs, models."""

    def create_training_model(
        self,
        organization_id: str,
        job_definition_name: str,
        model_data: str | Path,
        parameters: Mapping[str, Any] | None = None,
    ) -> Flow[Any]:
        """Keep a model from a file, given by its path, which is put into an archive unless it is one.

        `parameters` has `training_job_id`, `description`, `user_parameters`, `metrics`.
        """
        source = existing(model_data)
        path = definitions_path(organization_id, job_definition_name, "models")
        with tempfile.TemporaryDirectory(prefix="jupyter-tracker-") as folder:
            archive = source
            if not (yield Local(lambda: zipfile.is_zipfile(source))):
                archive = Path(folder) / "model_data.zip"
                yield Local(lambda: zip_files(archive, {source.name: source}))
            return (
                yield from self._wire.send_archive(
                    "create_training_model", path, "model_data", archive, parameters or {}
                )
            )

    def get_training_models(
        self, organization_id: str, job_definition_name: str, filter_archived: bool | None = None
    ) -> Flow[Any]:
        """The models; without archived ones when `filter_archived`."""
        path = definitions_path(organization_id, job_definition_name, "models")
        query = {"filter_archived": archived_word(filter_archived)}
        return (yield from self._wire.ask("get_training_models", "GET", path, query=query))

    def get_training_model(self, organization_id: str, job_definition_name: str, model_id: str) -> Flow[Any]:
        """One model."""
        path = definitions_path(organization_id, job_definition_name, "models", model_id)
        return (yield from self._wire.ask("get_training_model", "GET", path))

    def patch_training_model(
        self, organization_id: str, job_definition_name: str, model_id: str, description: str
    ) -> Flow[Any]:
        """Describe a model in other words."""
        path = definitions_path(organization_id, job_definition_name, "models", model_id)
        return (yield from self._wire.ask("patch_training_model", "PATCH", path, body={"description": description}))

    def download_training_model(self, organization_id: str, job_definition_name: str, model_id: str) -> Flow[Any]:
        """Where a model can be downloaded."""
        path = definitions_path(organization_id, job_definition_name, "models", model_id, "download")
        return (yield from self._wire.ask("download_training_model", "GET", path))

    def archive_training_model(self, organization_id: str, job_definition_name: str, model_id: str) -> Flow[Any]:
        """Put a model away."""
        path = definitions_path(organization_id, job_definition_name, "models", model_id, "archive")
        return (yield from self._wire.ask("archive_training_model", "POST", path))

    def unarchive_training_model(self, organization_id: str, job_definition_name: str, model_id: str) -> Flow[Any]:
        """Take a model back."""
        path = definitions_path(organization_id, job_definition_name, "models", model_id, "unarchive")
        return (yield from self._wire.ask("unarchive_training_model", "POST", path))

    def download_model_archive(
        self, organization_id: str, job_definition_name: str, model_id: str, output_path: str | Path
    ) -> Flow[Path]:
        """Write the archive of a model to a path."""

        def ask() -> Flow[str]:
            found = yield from self.download_training_model(organization_id, job_definition_name, model_id)
            return str(found["download_uri"])

        return (yield from self._fetch("download_training_model", ask, Path(output_path)))
