"""The documented operations on job definitions and their versions."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jupyter_tracker.backends.abeja.wire import Wire, archived_word, definitions_path
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.flow import Flow, Local


class DefinitionOperations:
    """Job definitions."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def create_training_job_definition(self, organization_id: str, job_definition_name: str) -> Flow[Any]:
        """Make a job definition."""
        definitions_path(organization_id, job_definition_name)  # nobody could name it again
        return (
            yield from self._wire.ask(
                "create_training_job_definition",
                "POST",
                definitions_path(organization_id) + "/",
                body={"name": job_definition_name},
            )
        )

    def get_training_job_definitions(
        self,
        organization_id: str,
        filter_archived: bool | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> Flow[Any]:
        """A page of the job definitions; without archived ones when `filter_archived`."""
        query = {"filter_archived": archived_word(filter_archived), "offset": offset, "limit": limit}
        return (
            yield from self._wire.ask(
                "get_training_job_definitions", "GET", definitions_path(organization_id) + "/", query=query
            )
        )

    def get_training_job_definition(
        self, organization_id: str, job_definition_name: str, include_jobs: bool | None = None
    ) -> Flow[Any]:
        """One job definition with its versions and, unless it is said otherwise, its jobs."""
        word = None if include_jobs is None else str(include_jobs).lower()
        path = definitions_path(organization_id, job_definition_name)
        return (yield from self._wire.ask("get_training_job_definition", "GET", path, query={"include_jobs": word}))

    def delete_training_job_definition(self, organization_id: str, job_definition_name: str) -> Flow[Any]:
        """Remove a job definition for good."""
        path = definitions_path(organization_id, job_definition_name)
        return (yield from self._wire.ask("delete_training_job_definition", "DELETE", path))

    def archive_training_job_definition(self, organization_id: str, job_definition_name: str) -> Flow[Any]:
        """Put a job definition away."""
        path = definitions_path(organization_id, job_definition_name, "archive")
        return (yield from self._wire.ask("archive_training_job_definition", "POST", path, body={}))

    def unarchive_training_job_definition(self, organization_id: str, job_definition_name: str) -> Flow[Any]:
        """Take a job definition back."""
        path = definitions_path(organization_id, job_definition_name, "unarchive")
        return (yield from self._wire.ask("unarchive_training_job_definition", "POST", path, body={}))


class VersionOperations(DefinitionOperations):
    """Versions of the code of a job definition."""

    def create_training_job_definition_version(
        self,
        organization_id: str,
        job_definition_name: str,
        filepaths: Sequence[str],
        handler: str,
        image: str | None = None,
        environment: Mapping[str, str] | None = None,
        description: str | None = None,
    ) -> Flow[Any]:
        """Make a version from some files; their folders are lost.

        Args:
            organization_id: The organization.
            job_definition_name: The job definition.
            filepaths: The files.
            handler: What the platform calls: `train:handler`.
            image: In which it runs.
            environment: Variables by name.
            description: What is said of it.
        """
        said = {"handler": handler, "image": image, "environment": environment, "description": description}
        files = [Path(path) for path in filepaths]
        missing = [str(file) for file in files if not file.is_file()]
        if missing:
            raise InvalidInput(f"There is no file {missing[0]!r}.")
        with tempfile.TemporaryDirectory(prefix="jupyter-tracker-") as folder:
            archive = Path(folder) / "source_code.zip"
            yield Local(lambda: zip_files(archive, {file.name: file for file in files}))
            return (
                yield from self.create_training_job_definition_version_native_api(
                    organization_id, job_definition_name, archive, {key: value for key, value in said.items() if value}
                )
            )

    def create_training_job_definition_version_native_api(
        self, organization_id: str, job_definition_name: str, source_code: str | Path, parameters: Mapping[str, Any]
    ) -> Flow[Any]:
        """Make a version from an archive, given by its path.

        `parameters` has `handler`, `image`, `environment` and `description`.
        """
        path = definitions_path(organization_id, job_definition_name, "versions")
        archive = existing(source_code)
        return (
            yield from self._wire.send_archive(
                "create_training_job_definition_version", path, "source_code", archive, parameters
            )
        )

    def get_training_job_definition_versions(
        self, organization_id: str, job_definition_name: str, filter_archived: bool | None = None
    ) -> Flow[Any]:
        """The versions; without archived ones when `filter_archived`."""
        path = definitions_path(organization_id, job_definition_name, "versions")
        query = {"filter_archived": archived_word(filter_archived)}
        return (yield from self._wire.ask("get_training_job_definition_versions", "GET", path, query=query))

    def get_training_job_definition_version(
        self, organization_id: str, job_definition_name: str, version_id: int
    ) -> Flow[Any]:
        """One version."""
        path = definitions_path(organization_id, job_definition_name, "versions", version_id)
        return (yield from self._wire.ask("get_training_job_definition_version", "GET", path))

    def patch_training_job_definition_version(
        self, organization_id: str, job_definition_name: str, version_id: int, description: str
    ) -> Flow[Any]:
        """Describe a version in other words."""
        path = definitions_path(organization_id, job_definition_name, "versions", version_id)
        body = {"description": description}
        return (yield from self._wire.ask("patch_training_job_definition_version", "PATCH", path, body=body))

    def archive_training_job_definition_version(
        self, organization_id: str, job_definition_name: str, version_id: int
    ) -> Flow[Any]:
        """Put a version away."""
        path = definitions_path(organization_id, job_definition_name, "versions", version_id, "archive")
        return (yield from self._wire.ask("archive_training_job_definition_version", "POST", path))

    def unarchive_training_job_definition_version(
        self, organization_id: str, job_definition_name: str, version_id: int
    ) -> Flow[Any]:
        """Take a version back."""
        path = definitions_path(organization_id, job_definition_name, "versions", version_id, "unarchive")
        return (yield from self._wire.ask("unarchive_training_job_definition_version", "POST", path))

    def delete_training_job_definition_version(
        self, organization_id: str, job_definition_name: str, version_id: int
    ) -> Flow[Any]:
        """Remove a version for good."""
        path = definitions_path(organization_id, job_definition_name, "versions", version_id)
        return (yield from self._wire.ask("delete_training_job_definition_version", "DELETE", path))


def zip_files(archive: Path, files: Mapping[str, Path]) -> None:
    """An archive of files by their paths in it."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for name, file in files.items():
            made.write(file, name)


def existing(path: str | Path) -> Path:
    """A path; `InvalidInput` when there is no file."""
    if not Path(path).is_file():
        raise InvalidInput(f"There is no file {str(path)!r}.")
    return Path(path)
