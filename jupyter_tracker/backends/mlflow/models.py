"""Models that were logged to a server (`mlflow.<library>.log_model`), for reading.

A logged model has a name that others have, too, and no version: here those of a name are counted, `1.0.0`, `2.0.0`, the
oldest first.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.common.files import check_empty
from jupyter_tracker.backends.mlflow.artifacts import MlflowArtifacts
from jupyter_tracker.backends.mlflow.experiments import MlflowExperiments
from jupyter_tracker.backends.mlflow.listing import Listing
from jupyter_tracker.backends.mlflow.numbers import from_wire
from jupyter_tracker.backends.mlflow.reading import moment
from jupyter_tracker.backends.mlflow.server import BASE, Server, paged
from jupyter_tracker.backends.operations import ModelOperations
from jupyter_tracker.backends.remote.selection import fits
from jupyter_tracker.errors import NotFound, RemoteNotFound
from jupyter_tracker.flow import Flow, Local, Together
from jupyter_tracker.models import Artifact, Lifecycle, Model, ModelDescription

_COUNTED = "logged models; their versions count those of a name"
_PAGE = 50
"""Models of one answer (Databricks allows no more)."""
_AT_ONCE = 4
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


class MlflowModels(ModelOperations):
    """Logged models, found by going through those of all experiments."""

    def __init__(
        self, server: Server, experiments: MlflowExperiments, listing: Listing, artifacts: MlflowArtifacts
    ) -> None:
        self._server = server
        self._experiments = experiments
        self._listing = listing
        self._artifacts = artifacts

    @emulated(_COUNTED)
    def get(self, reference: str) -> Flow[Model]:
        known = yield from self._all()
        name, _, version = reference.partition("@")
        found = (
            [model for model in known if reference in (model.id, model.label)]
            or [model for model in known if model.name == name and version in ("", "latest")]
            or [model for model in known if reference and model.id.removeprefix("m-").startswith(reference)]
        )
        if not found:
            raise NotFound("model", reference, [model.label for model in known], "`%tracker models` lists them.")
        return found[-1]

    @emulated(_COUNTED)
    def list(
        self, pattern: str | None, versions: bool, lifecycle: Lifecycle, run_id: str | None
    ) -> Flow[tuple[Model, ...]]:
        if lifecycle is not Lifecycle.ACTIVE:
            return ()  # a server does not show those that were deleted
        chosen = [
            model
            for model in (yield from self._all())
            if run_id in (None, model.run_id) and (pattern is None or fits(model.name, pattern))
        ]
        return tuple(chosen if versions else {model.name: model for model in chosen}.values())

    @emulated(_COUNTED)
    def describe(self, reference: str) -> Flow[ModelDescription]:
        model = yield from self.get(reference)
        files = yield from self._files(model.id)
        run = None
        if model.run_id:
            with suppress(RemoteNotFound):  # it was deleted for good
                run = yield from self._listing.by_id(model.run_id)
        size = sum(file.size for file in files)
        return ModelDescription(dataclasses.replace(model, file_count=len(files), size=size), files, run=run)

    def download(self, reference: str, target: Path) -> Flow[Path]:
        yield Local(lambda: check_empty(target))
        model = yield from self.get(reference)
        files = yield from self._files(model.id)
        answer = yield from self._server.call("get_logged_model", "GET", f"{BASE}/logged-models/{model.id}")
        root = str(((answer.get("model") or {}).get("info") or {}).get("artifact_uri") or "")
        yield Local(lambda: target.mkdir(parents=True, exist_ok=True))
        yield Together([self._artifacts.fetch_below(root, file.path, target / file.path) for file in files], _AT_ONCE)
        return target

    def _all(self) -> Flow[tuple[Model, ...]]:
        """All of the server, by name and age."""
        experiments = [each.id for each in (yield from self._experiments.all("ACTIVE_ONLY"))]
        if not experiments:
            return ()

        def page(token: str | None) -> Flow[dict[str, Any]]:
            body = {"experiment_ids": experiments, "max_results": _PAGE, "page_token": token}
            path = f"{BASE}/logged-models/search"
            return self._server.call("search_logged_models", "POST", path, body=body, harmless=True)

        entries = yield from paged(self._server, "search_logged_models", "models", page)
        counts: dict[str, int] = {}
        found = []
        for model in sorted(map(parse_model, entries), key=lambda model: model.created_at or _BEFORE_ALL):
            counts[model.name] = counts.get(model.name, 0) + 1
            found.append(dataclasses.replace(model, version=f"{counts[model.name]}.0.0"))
        return tuple(sorted(found, key=lambda model: model.name))

    def _files(self, model_id: str) -> Flow[tuple[Artifact, ...]]:
        found: list[Artifact] = []
        folders: list[str | None] = [None]
        while folders:
            answer = yield from self._server.call(
                "list_logged_model_artifacts",
                "GET",
                f"{BASE}/logged-models/{model_id}/artifacts/directories",
                query={"artifact_directory_path": folders.pop()},
            )
            for entry in answer.get("files") or ():
                path = str(entry.get("path") or "")
                if not path or path.startswith("/") or ".." in PurePosixPath(path).parts:
                    continue  # a hostile name must not lead out of the folder into which it is downloaded
                if entry.get("is_dir"):
                    folders.append(path)
                else:
                    found.append(Artifact(path, int(entry.get("file_size") or 0)))
        return tuple(sorted(found, key=lambda file: file.path))


def parse_model(entry: Mapping[str, Any]) -> Model:
    """A logged model of an answer; its params are tags here."""
    info, data = entry.get("info") or {}, entry.get("data") or {}
    pairs: Sequence[Mapping[str, Any]] = [*(data.get("params") or ()), *(info.get("tags") or ())]
    return Model(
        id=str(info.get("model_id") or ""),
        name=str(info.get("name") or ""),
        version="1.0.0",
        run_id=str(info.get("source_run_id") or ""),
        metrics={str(each.get("key")): from_wire(each.get("value")) for each in data.get("metrics") or ()},
        tags={str(each.get("key")): str(each.get("value") or "") for each in pairs},
        created_at=moment(info.get("creation_timestamp_ms")),
        updated_at=moment(info.get("last_updated_timestamp_ms")),
    )
