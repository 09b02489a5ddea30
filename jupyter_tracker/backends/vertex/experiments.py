"""Experiments as contexts of the metadata store."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from jupyter_tracker.backends.common.values import checked_name
from jupyter_tracker.backends.operations import ExperimentOperations
from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.backends.vertex.nodes import child_of, parents_of, titled
from jupyter_tracker.backends.vertex.operations import VertexOperations
from jupyter_tracker.backends.vertex.parse import parse_experiment, parse_run
from jupyter_tracker.backends.vertex.record import changed_tags, read_record, write_record
from jupyter_tracker.backends.vertex.resources import EXPERIMENT, RUN, Json, experiment_id, last, usable
from jupyter_tracker.backends.vertex.series import PARALLEL
from jupyter_tracker.backends.vertex.site import Site
from jupyter_tracker.errors import Conflict, NotFound, Unsupported
from jupyter_tracker.flow import Flow, Together
from jupyter_tracker.models import Experiment, Lifecycle, RetentionMode


class VertexExperiments(ExperimentOperations):
    """Experiments; one whose name the platform takes as an id has it as its id, as those of the official SDK."""

    def __init__(self, site: Site, native: VertexOperations) -> None:
        self._site = site
        self._native = native

    def create(
        self,
        name: str,
        description: str,
        tags: Mapping[str, str],
        retention_mode: RetentionMode,
        retention_time: float | None,
    ) -> Flow[Experiment]:
        checked_name("experiment", name)
        self._check_retention(retention_mode, retention_time)
        if (yield from self._site.nodes.experiment_named("experiments.create", name)) is not None:
            raise Conflict(f"There is an experiment {name!r} already. Use it, or choose another name.")
        context = yield from self._created("experiments.create", name, description, tags)
        return dataclasses.replace(parse_experiment(context), run_count=0, active_run_count=0)

    def get(self, reference: str) -> Flow[Experiment]:
        context = yield from self.find("experiments.get", reference)
        runs = yield from self._site.nodes.list("experiments.get", "contexts", titled(RUN), child_of(context["name"]))
        return _counted(context, runs)

    def list(self, lifecycle: Lifecycle) -> Flow[tuple[Experiment, ...]]:
        if lifecycle is not Lifecycle.ACTIVE:
            return ()
        contexts = yield from self._site.experiments("experiments.list")
        runs = yield from self._site.nodes.list("experiments.list", "contexts", titled(RUN))
        by_parent: dict[str, list[Json]] = {}
        for run in runs:
            for parent in parents_of(run):
                by_parent.setdefault(parent, []).append(run)
        found = [(_used_at(one, by_parent.get(one["name"], ())), one) for one in contexts]
        found.sort(key=lambda pair: pair[0], reverse=True)
        return tuple(_counted(one, by_parent.get(one["name"], ())) for _, one in found)

    def update(
        self,
        reference: str,
        name: str | None,
        description: str | None,
        tags: Mapping[str, str | None] | None,
        retention_mode: RetentionMode | None,
        retention_time: float | None,
    ) -> Flow[Experiment]:
        self._check_retention(retention_mode, retention_time)
        changed_tags({}, tags or {})
        context = yield from self.find("experiments.update", reference)
        if name is not None and name != context.get("displayName"):
            checked_name("experiment", name)
            if (yield from self._site.nodes.experiment_named("experiments.update", name)) is not None:
                raise Conflict(f"There is an experiment {name!r} already. Choose another name.")

        def edit(found: Json) -> None:
            found["displayName"] = found.get("displayName", "") if name is None else name
            if description is not None:
                found["description"] = description
            metadata = found.setdefault("metadata", {})
            record = read_record(found)
            record.tags = changed_tags(record.tags, tags or {})
            write_record(metadata, record)

        changed = yield from self._site.rest.change("experiments.update", context["name"], "context", edit)
        return parse_experiment(changed)

    def delete(self, reference: str) -> Flow[Experiment]:
        context = yield from self.find("experiments.delete", reference)
        runs = yield from self._site.nodes.list(
            "experiments.delete", "contexts", titled(RUN), child_of(context["name"])
        )
        active = sum(not parse_run(run, {}).state.ended for run in runs)
        if active:
            raise Conflict(f"{active} runs of {context.get('displayName')!r} have not ended. Stop them first.")
        places = [self._site.place_of(run) for run in runs]
        yield Together(
            [self._native.delete(place.experiment, place.run, delete_backing_tensorboard_run=True) for place in places],
            PARALLEL,
        )
        yield from self._site.nodes.delete_context("experiments.delete", context["name"])
        return dataclasses.replace(parse_experiment(context), lifecycle=Lifecycle.DELETED)

    def _check_retention(self, mode: RetentionMode | None, time: float | None) -> None:
        if mode not in (None, RetentionMode.FULL) or time is not None:
            raise NoRetention(self.backend)

    def find(self, operation: str, reference: str) -> Flow[Json]:
        """The context of the experiment of that id or name; `NotFound` suggests close names."""
        found = yield from self._known(operation, reference)
        if found is None:
            known = yield from self._site.experiment_names(operation)
            raise NotFound("experiment", reference, known.values(), "`%tracker experiments` lists them.")
        return found

    def for_run(self, operation: str, reference: str) -> Flow[Json]:
        """The context of the experiment for a new run, which is made when it is not there."""
        found = yield from self._known(operation, reference)
        if found is None:
            checked_name("experiment", reference)
            found = yield from self._created(operation, reference, "", {})
        return found

    def _known(self, operation: str, reference: str) -> Flow[Json | None]:
        for identity in dict.fromkeys((reference, experiment_id(reference))):
            if not usable(identity):
                continue
            found = yield from self._site.rest.find(operation, self._site.names.context(identity))
            if found is not None and found.get("schemaTitle") == EXPERIMENT:
                return found
        return (yield from self._site.nodes.experiment_named(operation, reference))

    def _created(self, operation: str, name: str, description: str, tags: Mapping[str, str]) -> Flow[Json]:
        extra: Json = {}
        record = read_record({})
        record.tags = changed_tags({}, tags)
        write_record(extra, record)
        return (yield from self._site.nodes.create_experiment(operation, experiment_id(name), name, description, extra))


class NoRetention(Unsupported):
    """Runs are kept until they are deleted."""

    def __init__(self, backend: str) -> None:
        super().__init__(backend, "maintenance.maintain")
        self.args = ("Vertex AI keeps the runs of an experiment until they are deleted; it has no retention.",)


def _counted(context: Json, runs: Iterable[Json]) -> Experiment:
    states = [parse_run(run, {}).state for run in runs]
    active = sum(not state.ended for state in states)
    return dataclasses.replace(parse_experiment(context), run_count=len(states), active_run_count=active)


def _used_at(context: Json, runs: Iterable[Json]) -> str:
    times = [context.get("updateTime") or context.get("createTime"), *(run.get("createTime") for run in runs)]
    known = [found for time in times if (found := moment(time)) is not None]
    return max(known).isoformat() if known else last(context["name"])
