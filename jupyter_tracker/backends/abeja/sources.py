"""Sources of ABEJA: versions of job definitions, and the variables that belong to them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_tracker.backends.abeja.experiments import AbejaExperiments, usable
from jupyter_tracker.backends.abeja.organization import Organization, movable
from jupyter_tracker.backends.abeja.reading import SOURCE_VARIABLE, mapping, parse_source, text
from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.common.code.reading import default_name
from jupyter_tracker.backends.operations import SourceOperations, VariableOperations
from jupyter_tracker.backends.remote.packing import Packed, pack
from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.errors import Ambiguous, NotFound
from jupyter_tracker.flow import Flow, Local, Together
from jupyter_tracker.models import Code, Lifecycle, Scope, Source, Variable

FUNCTION = "handler"
"""What ABEJA calls: `handler(context)` of the file that the version names."""


class AbejaSources(SourceOperations):
    """Sources as versions: `digits@3` is version 3 of the job definition `digits`, which is the experiment, too."""

    def __init__(self, organization: Organization, experiments: AbejaExperiments) -> None:
        self._organization = organization
        self._experiments = experiments

    def create(self, code: Code, name: str | None, description: str, commit: str | None) -> Flow[Source]:
        """Keep code as the next version of a job definition, which is made when it is not there.

        Code without a function `handler` goes with a file that has it and starts the code.
        """
        wanted = default_name(code) if name is None else name
        with tempfile.TemporaryDirectory(prefix="jupyter-tracker-", ignore_cleanup_errors=True) as made:
            packed = yield Local(lambda: pack(code, FUNCTION, Path(made), lone_file=False, commit=commit))
            definition = yield from usable(self._organization, self._experiments, wanted)
            return (yield from self.keep(packed, definition, description))

    def keep(self, packed: Packed, definition: str, description: str) -> Flow[Source]:
        """The version of a job definition that has this code: a new one, or the one that is there."""
        handler = f"{packed.module}:{FUNCTION}"
        known = yield from self._versions(definition)
        for source in known:
            same = (source.digest, source.entry_point) == (packed.digest, packed.entry_point or handler)
            if same and source.lifecycle is Lifecycle.ACTIVE and packed.digest:
                return source
        about = {
            "digest": packed.digest,
            "kind": packed.kind,
            "entry_point": packed.entry_point,
            "files": packed.files,
            "size": packed.size,
        }
        parameters = {
            "handler": handler,
            "image": self._organization.settings.image,
            "environment": {SOURCE_VARIABLE: json.dumps(about)},
            **({"description": description} if description else {}),
        }
        made = yield from self._organization.native.create_training_job_definition_version_native_api(
            self._organization.id, definition, packed.path, parameters
        )
        _ = made["job_definition_version"]  # without it nothing was made
        return parse_source(made, definition)

    def get(self, reference: str) -> Flow[Source]:
        name, _, version = reference.rpartition("@")
        experiments = yield from self._organization.experiments()
        names = [each.name for each in experiments]
        if name in names and version.isdecimal():
            known = yield from self._versions(name)
            found = [source for source in known if source.version == int(version)]
        elif reference in names:
            known = yield from self._versions(reference)
            found = [source for source in known if source.lifecycle is Lifecycle.ACTIVE] or list(known)
        else:
            likely = [
                each for each in names if reference and (each.startswith(reference) or reference.startswith(each))
            ]
            versions = yield Together([self._versions(each) for each in likely])
            found = [source for known in versions for source in known if source.id.startswith(reference)]
            if len(found) > 1:
                raise Ambiguous("source", reference, [source.label for source in found])
        if not found:
            raise NotFound("source", reference, names, "`%tracker sources` lists them.")
        return found[0]

    def list(self, name: str | None, lifecycle: Lifecycle) -> Flow[tuple[Source, ...]]:
        experiments = yield from self._organization.experiments()
        found = yield Together([self._versions(each.name) for each in experiments if name in (None, each.name)])
        chosen = [source for sources in found for source in sources if source.lifecycle is lifecycle]
        return tuple(sorted(chosen, key=_newest, reverse=True))

    def update(self, reference: str, description: str) -> Flow[Source]:
        found = yield from self.get(reference)
        changed = yield from self._organization.native.patch_training_job_definition_version(
            self._organization.id, found.name, found.version, description
        )
        return parse_source(changed, found.name)

    def delete(self, reference: str) -> Flow[Source]:
        """Remove it for good."""
        found = yield from self.get(reference)
        yield from self._organization.native.delete_training_job_definition_version(
            self._organization.id, found.name, found.version
        )
        return found

    def archive(self, reference: str) -> Flow[Source]:
        found = yield from self.get(reference)
        movable(f"source {found.label}", found.lifecycle, Lifecycle.ARCHIVED)
        yield from self._organization.native.archive_training_job_definition_version(
            self._organization.id, found.name, found.version
        )
        return (yield from self.get(found.id))

    def unarchive(self, reference: str) -> Flow[Source]:
        found = yield from self.get(reference)
        movable(f"source {found.label}", found.lifecycle, Lifecycle.ACTIVE)
        yield from self._organization.native.unarchive_training_job_definition_version(
            self._organization.id, found.name, found.version
        )
        return (yield from self.get(found.id))

    def raw(self, definition: str) -> Flow[tuple[Mapping[str, Any], ...]]:
        """The JSON of the versions, newest first, archived ones, too."""
        answer = yield from self._organization.native.get_training_job_definition_versions(
            self._organization.id, definition, filter_archived=False
        )
        entries = [mapping(each) for each in mapping(answer).get("entries") or ()]
        return tuple(sorted(entries, key=lambda each: int(each.get("job_definition_version") or 0), reverse=True))

    def _versions(self, definition: str) -> Flow[tuple[Source, ...]]:
        found = yield from self.raw(definition)
        return tuple(parse_source(each, definition) for each in found)


class AbejaVariables(VariableOperations):
    """Variables as the newest version of a job definition has them; a version never changes."""

    def __init__(self, organization: Organization, sources: AbejaSources) -> None:
        self._organization = organization
        self._sources = sources

    @emulated("those of the newest version of the code, which never change")
    def get(self, name: str, experiment: str | None) -> Flow[Variable]:
        known = yield from self.list(experiment)
        for variable in known:
            if variable.name == name:
                return variable
        raise NotFound("variable", name, [each.name for each in known], "`%tracker variables` lists them.")

    @emulated("those of the newest version of the code, which never change")
    def list(self, experiment: str | None) -> Flow[tuple[Variable, ...]]:
        if experiment is None:
            return ()  # nothing is inherited
        found = yield from self._organization.experiment(experiment)
        versions = yield from self._sources.raw(found.name)
        active = [version for version in versions if version.get("archived") is not True]
        if not active:
            return ()
        variables = mapping(active[0].get("environment"))
        time = moment(active[0].get("created_at"))
        return tuple(
            Variable(
                f"{found.name}@{active[0].get('job_definition_version')}/{name}",
                name,
                text(value),
                scope=Scope.EXPERIMENT,
                experiment=found.name,
                created_at=time,
                updated_at=time,
            )
            for name, value in sorted(variables.items())
            if name != SOURCE_VARIABLE
        )


def _newest(source: Source) -> tuple[float, int]:
    return (source.created_at.timestamp() if source.created_at else 0.0), source.version
