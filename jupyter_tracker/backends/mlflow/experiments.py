"""Experiments of a server."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.common.values import checked_name
from jupyter_tracker.backends.local import trash
from jupyter_tracker.backends.local.experiments import clash
from jupyter_tracker.backends.mlflow import wording
from jupyter_tracker.backends.mlflow.batches import check_tags, pairs
from jupyter_tracker.backends.mlflow.companion import Companion
from jupyter_tracker.backends.mlflow.operations import MlflowOperations
from jupyter_tracker.backends.mlflow.operations_runs import search_page
from jupyter_tracker.backends.mlflow.reading import parse_experiment
from jupyter_tracker.backends.mlflow.server import Server
from jupyter_tracker.backends.operations import ExperimentOperations
from jupyter_tracker.errors import Conflict, NotFound, RemoteConflict, RemoteInvalid, RemoteNotFound, Unsupported
from jupyter_tracker.flow import Flow, Together
from jupyter_tracker.models import Experiment, Lifecycle, RetentionMode

NAMES_KEPT = 10.0
"""Seconds for which the name of an experiment is not asked for again."""


class MlflowExperiments(ExperimentOperations):
    """Experiments; how many runs they have is not told."""

    def __init__(
        self,
        companion: Companion,
        server: Server,
        native: MlflowOperations,
        limits: wording.Limits,
        before_looking: Callable[[], Flow[None]],
    ) -> None:
        self._companion = companion
        self._server = server
        self._native = native
        self._limits = limits
        self._before_looking = before_looking
        self._names: dict[str, tuple[str, float]] = {}

    def create(
        self,
        name: str,
        description: str,
        tags: Mapping[str, str],
        retention_mode: RetentionMode,
        retention_time: float | None,
    ) -> Flow[Experiment]:
        self._check_retention(retention_mode, retention_time)
        checked_name("experiment", name)
        check_tags(self._limits, tags)
        identity = yield from self._create(name, {**tags, **({wording.NOTE: description} if description else {})})
        return (yield from self.by_id(identity))

    def get(self, reference: str) -> Flow[Experiment]:
        return (yield from self.find(reference))

    def list(self, lifecycle: Lifecycle) -> Flow[tuple[Experiment, ...]]:
        found = yield from self.all("DELETED_ONLY" if lifecycle is Lifecycle.DELETED else "ACTIVE_ONLY")
        chosen = [experiment for experiment in found if experiment.lifecycle is lifecycle]
        return tuple(sorted(chosen, key=_used, reverse=True))

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
        if name is not None:
            checked_name("experiment", name)
        check_tags(self._limits, tags or {})
        found = yield from self.find(reference)
        trash.check_not_deleted("experiment", found.name, found.lifecycle, "change")
        changed = {**(tags or {}), **({} if description is None else {wording.NOTE: description})}
        if name is not None and name != found.name:
            try:
                yield from self._native.update_experiment(found.id, new_name=name)
                yield from self._companion.follow(lambda here: here.update(found.name, name, None, None, None, None))
            except (RemoteConflict, RemoteInvalid) as error:
                yield from self._explain(name, error)
        steps = [self._change_tag(found, key, value) for key, value in changed.items()]
        yield Together(steps)
        return (yield from self.by_id(found.id))

    def delete(self, reference: str) -> Flow[Experiment]:
        found = yield from self.find(reference)
        trash.check_move("experiment", found.name, found.lifecycle, trash.DELETE)
        yield from self._before_looking()
        for status in ("RUNNING", "SCHEDULED"):
            condition = f"attributes.status = '{status}'"
            answer = yield from search_page(self._server, [found.id], condition, 1, None, None, "ACTIVE_ONLY")
            if answer.get("runs"):
                raise Conflict(f"There are runs of {found.name!r} that have not ended. Stop them first.")
        yield from self._native.delete_experiment(found.id)
        yield from self._companion.follow(lambda here: here.delete(found.name))
        return (yield from self.by_id(found.id))

    def restore(self, reference: str) -> Flow[Experiment]:
        found = yield from self.find(reference)
        trash.check_move("experiment", found.name, found.lifecycle, trash.RESTORE)
        if found.lifecycle is Lifecycle.DELETED:
            yield from self._native.restore_experiment(found.id)
            yield from self._delete_again(found.id)
            found = yield from self.by_id(found.id)
        yield from self._companion.follow(lambda here: here.restore(found.name))
        if found.lifecycle is Lifecycle.ARCHIVED:
            yield from self._native.set_experiment_tag(found.id, wording.ARCHIVED, "false")
        return (yield from self.by_id(found.id))

    @emulated("a tag, which the listings here heed")
    def archive(self, reference: str) -> Flow[Experiment]:
        return self._put_away(reference, trash.ARCHIVE)

    @emulated("a tag, which the listings here heed")
    def unarchive(self, reference: str) -> Flow[Experiment]:
        return self._put_away(reference, trash.UNARCHIVE)

    def _put_away(self, reference: str, wanted: trash.Move) -> Flow[Experiment]:
        found = yield from self.find(reference)
        trash.check_move("experiment", found.name, found.lifecycle, wanted)
        text = "true" if wanted.target is Lifecycle.ARCHIVED else "false"
        yield from self._native.set_experiment_tag(found.id, wording.ARCHIVED, text)
        return (yield from self.by_id(found.id))

    def _delete_again(self, identity: str) -> Flow[None]:
        """The server brings back all runs with their experiment, also those that were deleted on their own."""
        answer = yield from self._native.search_runs(experiment_ids=[identity], max_results=wording.RUNS_PAGE)
        for entry in answer["runs"]:
            tags = (entry.get("data") or {}).get("tags") or ()
            if any(tag.get("key") == wording.DELETED_AT and tag.get("value") for tag in tags):
                yield from self._native.delete_run(str(entry["info"]["run_id"]))

    def _check_retention(self, mode: RetentionMode | None, time: float | None) -> None:
        if time is not None or mode not in (None, RetentionMode.FULL):
            raise Unsupported(self._server.backend, "maintenance.maintain")

    def find(self, reference: str) -> Flow[Experiment]:
        """One by id or name, in whatever lifecycle; `NotFound` suggests close names."""
        looks = [self._native.get_by_name(reference)] if reference else []
        if reference.isdecimal() and reference.isascii():
            looks.insert(0, self._native.get_experiment(reference))
        for look in looks:
            try:
                answer = yield from look
            except RemoteNotFound:
                continue
            return self._kept(parse_experiment(answer.get("experiment") or {}))
        known = yield from self.all("ACTIVE_ONLY")
        names = [experiment.name for experiment in known]
        raise NotFound("experiment", reference, names, "`%tracker experiments` lists them.")

    def by_id(self, identity: str) -> Flow[Experiment]:
        """One by its id."""
        answer = yield from self._native.get_experiment(identity)
        return self._kept(parse_experiment(answer.get("experiment") or {}))

    def name_of(self, identity: str) -> Flow[str]:
        """The name of one, which may be some seconds old."""
        known = self._names.get(identity)
        if known is not None and time.monotonic() - known[1] < NAMES_KEPT:
            return known[0]
        return (yield from self.by_id(identity)).name

    def all(self, view: str) -> Flow[tuple[Experiment, ...]]:
        """All of a view of the server: `ACTIVE_ONLY`, `DELETED_ONLY`, `ALL`."""
        answer = yield from self._native.search_experiments(max_results=1000, view_type=view)
        return tuple(self._kept(parse_experiment(entry)) for entry in answer["experiments"])

    def usable(self, reference: str) -> Flow[Experiment]:
        """The experiment for a new run, which is made if it is not there; `Conflict` when it was deleted."""
        checked_name("experiment", reference)
        try:
            found = yield from self.find(reference)
        except NotFound:
            identity = yield from self._create(reference, {})
            return (yield from self.by_id(identity))
        if found.lifecycle is Lifecycle.DELETED:
            raise Conflict(clash(found.name, Lifecycle.DELETED))
        return found

    def used(self, identity: str) -> Flow[None]:
        """Remember that a run was started in it, for the order of the listing."""
        yield from self._native.set_experiment_tag(identity, wording.USED_AT, str(time.time_ns() // 1_000_000))

    def _create(self, name: str, tags: Mapping[str, str]) -> Flow[str]:
        try:
            answer = yield from self._native.create_experiment(name, tags=pairs(tags) or None)
        except RemoteConflict as error:
            yield from self._explain(name, error)
            raise
        return str(answer.get("experiment_id", ""))

    def _explain(self, name: str, error: RemoteConflict | RemoteInvalid) -> Flow[None]:
        """Raise what is wrong with a name: that another one has it, or what the server said."""
        try:
            answer = yield from self._native.get_by_name(name)
        except RemoteNotFound:
            raise error from None
        taken = parse_experiment(answer.get("experiment") or {})
        raise Conflict(clash(name, taken.lifecycle)) from error

    def _change_tag(self, found: Experiment, key: str, value: str | None) -> Flow[None]:
        if value is not None:
            yield from self._native.set_experiment_tag(found.id, key, value)
        elif key in found.tags:
            yield from self._native.delete_experiment_tag(found.id, key)

    def _kept(self, experiment: Experiment) -> Experiment:
        self._names[experiment.id] = (experiment.name, time.monotonic())
        return experiment


def _used(experiment: Experiment) -> tuple[float, int]:
    times = [time.timestamp() for time in (experiment.created_at, experiment.updated_at) if time is not None]
    return max(times, default=0.0), int(experiment.id) if experiment.id.isdecimal() else 0
