"""Runs as contexts of the metadata store."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.common.values import checked_name, checked_notes, plain_params
from jupyter_tracker.backends.operations import RunOperations, RunQuery
from jupyter_tracker.backends.remote.selection import choose, page_of
from jupyter_tracker.backends.vertex.address import run_of_job
from jupyter_tracker.backends.vertex.experiments import VertexExperiments
from jupyter_tracker.backends.vertex.lineage import VertexLineage
from jupyter_tracker.backends.vertex.metrics import VertexMetrics
from jupyter_tracker.backends.vertex.nodes import Place, child_of, titled
from jupyter_tracker.backends.vertex.operations import VertexOperations
from jupyter_tracker.backends.vertex.parse import NATIVE_STATES, STATES, deleted, parse_params, parse_run
from jupyter_tracker.backends.vertex.record import Record, changed_tags, exact, read_record, shown, write_record
from jupyter_tracker.backends.vertex.resources import (
    PARAMS,
    RUN,
    STATE,
    Json,
    free_run_name,
    last,
    slug,
    state_name,
    usable,
)
from jupyter_tracker.backends.vertex.site import Site
from jupyter_tracker.errors import Conflict, InvalidInput, RemoteConflict
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Environment, JsonValue, Lifecycle, Page, Progress, RunInfo, RunState

DEFAULT_NAME = "run"
RUNNING = "RUNNING"

RunInfos = list[RunInfo]


class VertexRuns(RunOperations):
    """Runs of this process or of others."""

    def __init__(
        self, site: Site, native: VertexOperations, experiments: VertexExperiments, metrics: VertexMetrics
    ) -> None:
        self._site = site
        self._native = native
        self._experiments = experiments
        self._metrics = metrics
        self._lineage = VertexLineage(site, self)
        self._names: dict[str, str] = {}

    def start(
        self,
        experiment: str,
        name: str | None,
        params: Mapping[str, JsonValue],
        tags: Mapping[str, str],
        environment: Environment,
    ) -> Flow[RunInfo]:
        shown_name = checked_name("run", DEFAULT_NAME if name is None else name)
        plain = plain_params(params)
        record = Record(tags=changed_tags({}, tags), params=exact(plain))
        extra: Json = {PARAMS: {key: shown(value) for key, value in plain.items()}}
        write_record(extra, record)
        job = run_of_job()
        if name is None and job is not None and job.experiment == experiment:
            return (yield from self._resumed(job, plain, tags))
        parent = yield from self._experiments.for_run("runs.start", experiment)
        place, context = yield from self._created(last(parent["name"]), name, shown_name, extra)
        yield from self._site.nodes.adopt("runs.start", parent["name"], context["name"])
        context["parentContexts"] = [parent["name"]]
        self._metrics.started(context, place)
        self._names[place.experiment] = str(parent.get("displayName") or place.experiment)
        return parse_run(context, self._names)

    def attach(self, run_id: str) -> Flow[RunInfo]:
        return self.get(run_id)

    def end(self, run_id: str, state: RunState, reason: str) -> Flow[RunInfo]:
        yield from self._metrics.end(run_id)

        def edit(metadata: Json) -> None:
            if _state(metadata).ended:
                return
            metadata[STATE] = NATIVE_STATES[state]
            record = read_record({"metadata": metadata})
            record.reason, record.ended_at = reason, datetime.now(UTC)
            write_record(metadata, record)

        return (yield from self._changed("runs.end", run_id, edit))

    def get(self, reference: str) -> Flow[RunInfo]:
        if usable(reference):
            yield from self._metrics.flush(reference)
            found = yield from self._site.rest.find("runs.get", self._site.names.context(reference))
            if found is not None and found.get("schemaTitle") == RUN:
                return (yield from self._info(found))
        yield from self._metrics.flush()
        return choose((yield from self._all(None)), reference)

    def list(self, query: RunQuery) -> Flow[Page[RunInfo]]:
        parent = None
        if query.experiment is not None:
            parent = yield from self._experiments.find("runs.list", query.experiment)
        if query.lifecycle is not Lifecycle.ACTIVE:
            return Page((), None)
        yield from self._metrics.flush()
        runs = yield from self._all(parent)
        return (yield from page_of(query, runs, self._metrics, self._lineage))

    @emulated("the state becomes CANCELLED; code that logs to the run is refused within 10 s")
    def stop(self, run_id: str, grace_period: float) -> Flow[RunInfo]:
        def edit(metadata: Json) -> None:
            state = _state(metadata)
            if state.ended:
                raise Conflict(f"The run {run_id} has ended already ({state}).")
            metadata[STATE] = NATIVE_STATES[RunState.STOPPED]
            record = read_record({"metadata": metadata})
            record.reason, record.ended_at = "It was stopped on request.", datetime.now(UTC)
            write_record(metadata, record)

        return (yield from self._changed("runs.stop", run_id, edit))

    def delete(self, run_id: str) -> Flow[RunInfo]:
        context = yield from self._site.run_context("runs.delete", run_id)
        info = yield from self._info(context)
        if not info.state.ended:
            raise Conflict(f"The run {run_id} has not ended. Stop it first: `%tracker stop {run_id}`.")
        place = self._site.place_of(context)
        yield from self._native.delete(place.experiment, place.run, delete_backing_tensorboard_run=True)
        return deleted(info)

    def log_params(self, run_id: str, params: Mapping[str, JsonValue]) -> Flow[None]:
        plain = plain_params(params)

        def edit(metadata: Json) -> None:
            record = read_record({"metadata": metadata})
            known = parse_params(metadata.get(PARAMS), record)
            for key, value in plain.items():
                if key in known and not _same(known[key], value, foreign=key not in record.params):
                    raise Conflict(
                        f"The param {key!r} is {known[key]!r} already and cannot become {value!r}: params are written"
                        " once. Use a tag for what changes."
                    )
            metadata[PARAMS] = {**(metadata.get(PARAMS) or {}), **{key: shown(value) for key, value in plain.items()}}
            record.params = {**record.params, **exact(plain)}
            write_record(metadata, record)

        yield from self._changed("runs.log_params", run_id, edit)

    @emulated("kept in the metadata of the run")
    def set_tags(self, run_id: str, tags: Mapping[str, str | None]) -> Flow[None]:
        changed_tags({}, tags)

        def change(record: Record) -> None:
            record.tags = changed_tags(record.tags, tags)

        yield from self._recorded("runs.set_tags", run_id, change)

    @emulated("notes and tags are kept in the metadata of the run")
    def update(
        self, run_id: str, name: str | None, notes: str | None, tags: Mapping[str, str | None] | None
    ) -> Flow[RunInfo]:
        changed = {} if name is None else {"displayName": checked_name("run", name)}
        changed_tags({}, tags or {})
        told = None if notes is None else checked_notes(notes)

        def edit(context: Json) -> None:
            record = read_record(context)
            record.tags = changed_tags(record.tags, tags or {})
            record.notes = record.notes if told is None else told
            write_record(context.setdefault("metadata", {}), record)
            context.update(changed)

        context = yield from self._site.run_context("runs.update", run_id)
        return (
            yield from self._info((yield from self._site.rest.change("runs.update", context["name"], "context", edit)))
        )

    @emulated("kept in the metadata of the run")
    def set_progress(self, run_id: str, progress: Progress) -> Flow[None]:
        now = datetime.now(UTC)
        told = Progress(progress.operation, progress.value, progress.final_value, progress.units, now)

        def change(record: Record) -> None:
            others = tuple(one for one in record.progress if one.operation != progress.operation)
            record.progress = (told, *others)

        yield from self._recorded("runs.set_progress", run_id, change)

    def _resumed(self, place: Place, params: Mapping[str, JsonValue], tags: Mapping[str, str]) -> Flow[RunInfo]:
        """The run that this job was started for goes on here, as with the official SDK."""
        yield from self._site.run_context("runs.start", place.id)
        yield from self.log_params(place.id, params)

        def edit(metadata: Json) -> None:
            record = read_record({"metadata": metadata})
            record.tags, record.reason, record.ended_at = changed_tags(record.tags, tags), "", None
            write_record(metadata, record)
            metadata[STATE] = RUNNING

        return (yield from self._changed("runs.start", place.id, edit))

    def _created(self, experiment: str, name: str | None, shown_name: str, extra: Json) -> Flow[tuple[Place, Json]]:
        """The context of a new run: under its name where the platform takes it and it is free, as the SDK has it."""
        if name is not None and slug(name, len(name)) == name:
            place = Place(experiment, name)
            try:
                return place, (yield from self._site.nodes.create_run("runs.start", place, name, RUNNING, extra))
            except (RemoteConflict, InvalidInput) as error:
                if isinstance(error, RemoteConflict) and error.code != "ALREADY_EXISTS":
                    raise
        place = Place(experiment, free_run_name(experiment, shown_name))
        return place, (yield from self._site.nodes.create_run("runs.start", place, shown_name, RUNNING, extra))

    def _all(self, parent: Json | None) -> Flow[RunInfos]:
        conditions = [titled(RUN), *([] if parent is None else [child_of(parent["name"])])]
        contexts = yield from self._site.nodes.list("runs.list", "contexts", *conditions)
        self._names.update((yield from self._site.experiment_names("runs.list")))
        return [parse_run(context, self._names) for context in reversed(contexts)]

    def _info(self, context: Json) -> Flow[RunInfo]:
        experiment = self._site.place_of(context).experiment
        if experiment not in self._names:
            found = yield from self._site.rest.find("runs.get", self._site.names.context(experiment))
            self._names[experiment] = str((found or {}).get("displayName") or experiment)
        return parse_run(context, self._names)

    def _recorded(self, operation: str, run_id: str, change: Callable[[Record], None]) -> Flow[None]:
        def edit(metadata: Json) -> None:
            record = read_record({"metadata": metadata})
            change(record)
            write_record(metadata, record)

        yield from self._changed(operation, run_id, edit)

    def _changed(self, operation: str, run_id: str, edit: Callable[[Json], None]) -> Flow[RunInfo]:
        yield from self._site.run_context(operation, run_id)
        return (yield from self._info((yield from self._site.nodes.change_run(operation, run_id, edit))))


def _state(metadata: Json) -> RunState:
    return STATES.get(state_name(metadata.get(STATE)), RunState.UNKNOWN)


def _same(known: JsonValue, value: JsonValue, *, foreign: bool) -> bool:
    """Whether a param has that value already; one that somebody else wrote has lost its type on the platform."""
    if json.dumps(known, sort_keys=True) == json.dumps(value, sort_keys=True):
        return True
    return foreign and shown(value) == known
