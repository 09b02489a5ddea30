"""Models of ABEJA: each belongs to a job definition."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jupyter_tracker.backends.abeja.organization import Organization, movable
from jupyter_tracker.backends.abeja.reading import mapping, text
from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.operations import ModelOperations
from jupyter_tracker.backends.remote import archives
from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.errors import Conflict, NotFound
from jupyter_tracker.filters import Wildcard, pattern_parts
from jupyter_tracker.flow import Flow, Local, Together
from jupyter_tracker.models import Lifecycle, Model


class AbejaModels(ModelOperations):
    """Models by id; the name of one is that of its job definition, its version counts them there: `1.0.0`, `2.0.0`."""

    def __init__(self, organization: Organization) -> None:
        self._organization = organization

    @emulated("name and version are those of its job definition and of its place there")
    def get(self, reference: str) -> Flow[Model]:
        known = yield from self._all()
        name, _, version = reference.partition("@")
        found = (
            [model for model in known if reference in (model.id, model.label)]
            or [model for model in known if model.name == name and version in ("", "latest")]
            or [model for model in known if reference and model.id.startswith(reference)]
        )
        if not found:
            raise NotFound("model", reference, [model.label for model in known], "`%tracker models` lists them.")
        return found[-1]

    @emulated("name and version are those of its job definition and of its place there")
    def list(
        self, pattern: str | None, versions: bool, lifecycle: Lifecycle, run_id: str | None
    ) -> Flow[tuple[Model, ...]]:
        known = yield from self._all()
        chosen = [
            model
            for model in known
            if model.lifecycle is lifecycle
            and run_id in (None, model.run_id)
            and (pattern is None or fits(model.name, pattern))
        ]
        latest = {model.name: model for model in chosen}
        return tuple(chosen if versions else latest.values())

    def download(self, reference: str, target: Path) -> Flow[Path]:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise Conflict(f"{target} is not an empty folder. Name one that is empty or not there.")
        model = yield from self.get(reference)
        with tempfile.TemporaryDirectory(prefix="jupyter-tracker-", ignore_cleanup_errors=True) as folder:
            archive = yield from self._organization.native.download_model_archive(
                self._organization.id, model.name, model.id, Path(folder) / "model.zip"
            )
            target.mkdir(parents=True, exist_ok=True)
            yield Local(lambda: archives.unpack(archive, target, "abeja"))
        return target

    def archive(self, reference: str) -> Flow[Model]:
        model = yield from self.get(reference)
        movable(f"model {model.label}", model.lifecycle, Lifecycle.ARCHIVED)
        yield from self._organization.native.archive_training_model(self._organization.id, model.name, model.id)
        return (yield from self.get(model.id))

    def unarchive(self, reference: str) -> Flow[Model]:
        model = yield from self.get(reference)
        movable(f"model {model.label}", model.lifecycle, Lifecycle.ACTIVE)
        yield from self._organization.native.unarchive_training_model(self._organization.id, model.name, model.id)
        return (yield from self.get(model.id))

    def _all(self) -> Flow[tuple[Model, ...]]:
        experiments = yield from self._organization.experiments()
        found = yield Together([self._of(each.name) for each in experiments])
        return tuple(sorted((model for models in found for model in models), key=lambda model: model.name))

    def _of(self, definition: str) -> Flow[Sequence[Model]]:
        answer = yield from self._organization.native.get_training_models(
            self._organization.id, definition, filter_archived=False
        )
        entries = [mapping(each) for each in mapping(answer).get("entries") or ()]
        entries.sort(key=lambda each: text(each.get("created_at")))
        return [parse_model(each, definition, number) for number, each in enumerate(entries, start=1)]


def parse_model(model: Mapping[str, Any], definition: str, number: int) -> Model:
    """A model of a job definition."""
    numbers = {
        text(key): float(value)
        for key, value in mapping(model.get("metrics")).items()
        if isinstance(value, int | float) and math.isfinite(value)
    }
    return Model(
        id=text(model.get("training_model_id")),
        name=definition,
        version=f"{number}.0.0",
        run_id=text(model.get("training_job_id")),
        summary=text(model.get("description")),
        metrics=numbers,
        tags={text(key): text(value) for key, value in mapping(model.get("user_parameters")).items()},
        lifecycle=Lifecycle.ARCHIVED if model.get("archived") is True else Lifecycle.ACTIVE,
        created_at=moment(model.get("created_at")),
        updated_at=moment(model.get("modified_at")),
    )


def fits(name: str, pattern: str) -> bool:
    """Whether a name fits an ILIKE pattern."""
    signs = {Wildcard.ANY_TEXT: ".*", Wildcard.ONE_CHARACTER: "."}
    parts = (signs[part] if isinstance(part, Wildcard) else re.escape(part) for part in pattern_parts(pattern))
    return re.fullmatch("".join(parts), name, re.IGNORECASE | re.DOTALL) is not None
