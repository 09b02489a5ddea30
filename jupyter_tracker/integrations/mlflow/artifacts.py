"""Artifacts of runs and logged models for MLflow.

A repository begins at a run, a logged model, a folder of one, or, for the artifacts that `mlflow server` takes from its
clients, at the whole store; then each path names its run.
"""

from __future__ import annotations

import posixpath
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mlflow.entities import FileInfo
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST
from mlflow.store.artifact.artifact_repo import ArtifactRepository

from jupyter_tracker import flow
from jupyter_tracker.backends.common.files import artifact_path, files_of, keep
from jupyter_tracker.backends.local.artifacts import artifact_folder, remove_artifacts
from jupyter_tracker.backends.local.logged_models import FOLDER
from jupyter_tracker.integrations.mlflow.address import Place, backend_of, folder_of, place_of, split
from jupyter_tracker.integrations.mlflow.errors import speaking_mlflow

MODELS = f"{FOLDER}/m-"


@speaking_mlflow
class TrackerArtifacts(ArtifactRepository):
    """The artifacts below an address (see address.py)."""

    def __init__(self, artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None) -> None:
        super().__init__(artifact_uri, tracking_uri, registry_uri)
        store, self._below = split(artifact_uri)
        self._backend = backend_of(folder_of(store))

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        self._keep(self._place(artifact_path), Path(local_file))

    def log_artifacts(self, local_dir: str, artifact_path: str | None = None) -> None:
        place = self._place(artifact_path)
        for entry in sorted(Path(local_dir).iterdir()):
            self._keep(place, entry)

    def list_artifacts(self, path: str | None = None) -> list[FileInfo]:
        place = place_of(self._joined(path))
        if place is None:
            return []
        found: dict[str, FileInfo] = {}
        for relative, size in self._files(place):
            name, _, deeper = relative.partition("/")
            shown = posixpath.join(path or "", name)
            found.setdefault(shown, FileInfo(shown, bool(deeper), None if deeper else size))
        return [found[name] for name in sorted(found)]

    def delete_artifacts(self, artifact_path: str | None = None) -> None:
        place = self._place(artifact_path)
        if place.run_id:
            remove_artifacts(self._backend.store, place.run_id, place.path)
        else:
            shutil.rmtree(self._folder(place) / place.path, ignore_errors=True)

    def download_artifacts(self, artifact_path: str, dst_path: str | None = None) -> str:
        """Copy a file or folder into a folder; without one, the result is where it is kept."""
        place = self._place(artifact_path)
        kept = self._folder(place) / place.path
        if not kept.exists():
            raise MlflowException(f"No such artifact: '{artifact_path}'", error_code=RESOURCE_DOES_NOT_EXIST)
        if dst_path is None:
            return str(kept)
        target = Path(dst_path) / (artifact_path or "")
        if kept.is_dir():
            # Contents only: what a model shares is read-only here, and its copy need not be.
            shutil.copytree(kept, target, dirs_exist_ok=True, copy_function=shutil.copyfile)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(kept, target)
        return str(target)

    def _download_file(self, remote_file_path: str, local_path: str) -> None:
        place = self._place(remote_file_path)
        file = self._folder(place) / place.path
        if not file.is_file():
            raise MlflowException(f"No such artifact: '{remote_file_path}'", error_code=RESOURCE_DOES_NOT_EXIST)
        shutil.copyfile(file, local_path)

    def _keep(self, place: Place, source: Path) -> None:
        if place.run_id:
            flow.run(self._backend.artifacts.log(place.run_id, source, posixpath.join(place.path, source.name)))
            return
        for file, relative in files_of(source):
            keep(file, self._folder(place) / place.path / source.name / relative)

    def _files(self, place: Place) -> Iterator[tuple[str, int]]:
        """Files below a place, by path within it, with their sizes in bytes."""
        inside = self._inside(place)
        if not inside.run_id:
            folder = self._folder(inside) / inside.path
            if folder.is_dir():
                yield from ((relative.as_posix(), file.stat().st_size) for file, relative in files_of(folder))
            return
        prefix = f"{inside.path}/" if inside.path else ""
        for artifact in flow.run(self._backend.artifacts.list(inside.run_id)):
            # The files of logged models are artifacts of their run here, and no artifacts of it there.
            if artifact.path.startswith(prefix) and not (place.run_id and artifact.path.startswith(MODELS)):
                yield artifact.path.removeprefix(prefix), artifact.size

    def _place(self, path: str | None) -> Place:
        """What a path below the repository names.

        Raises:
            InvalidInput: it leaves its run or model.
            MlflowException: it names no run and no model.
        """
        place = place_of(self._joined(path))
        if place is None:
            raise MlflowException(
                f"{path!r} names no run: artifacts lie below EXPERIMENT/RUN/artifacts.",
                error_code=INVALID_PARAMETER_VALUE,
            )
        return self._inside(place)

    def _inside(self, place: Place) -> Place:
        """Where it lies: the files of a model that a run made are artifacts of the run."""
        path = artifact_path(place.path) if place.path else ""
        if place.run_id:
            return replace(place, path=path)
        model = self._backend.logged_models.get(place.model_id, deleted=True)
        if not model.run_id:
            return replace(place, path=path)
        return Place(posixpath.join(FOLDER, model.id, path).rstrip("/"), run_id=model.run_id)

    def _folder(self, place: Place) -> Path:
        if place.run_id:
            return artifact_folder(self._backend.store, place.run_id)
        return self._backend.logged_models.folder(self._backend.logged_models.get(place.model_id, deleted=True))

    def _joined(self, path: str | None) -> str:
        return posixpath.join(self._below, path or "").strip("/")
