"""Runs of a server; those that are started here have a twin in the local store (companion.py)."""

from __future__ import annotations

import dataclasses
import time as clock
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.common.code.reading import default_name
from jupyter_tracker.backends.common.values import checked_name, checked_notes, plain_data, plain_params
from jupyter_tracker.backends.local import trash
from jupyter_tracker.backends.local.queue.noun import checked_priority
from jupyter_tracker.backends.mlflow import wording
from jupyter_tracker.backends.mlflow.batches import (
    check_params,
    check_tags,
    remove_tag,
    send_end,
    send_params,
    send_tags,
)
from jupyter_tracker.backends.mlflow.companion import Companion
from jupyter_tracker.backends.mlflow.experiments import MlflowExperiments
from jupyter_tracker.backends.mlflow.listing import Listing
from jupyter_tracker.backends.mlflow.operations import MlflowOperations
from jupyter_tracker.backends.mlflow.outbox import Outbox
from jupyter_tracker.backends.mlflow.reading import deleted_at, own_tags, parse_run, write_progress
from jupyter_tracker.backends.mlflow.recording import exactly
from jupyter_tracker.backends.mlflow.search import push_down, pushes_order
from jupyter_tracker.backends.mlflow.sender import Sender, start_process
from jupyter_tracker.backends.mlflow.settings import Settings
from jupyter_tracker.backends.mlflow.starting import RUN_VARIABLES, Starter
from jupyter_tracker.backends.operations import RunOperations, RunQuery
from jupyter_tracker.errors import Conflict, Unsupported
from jupyter_tracker.filters import (
    And,
    Attribute,
    Comparison,
    Operator,
    Order,
    history_needed,
    param_text,
    to_text,
)
from jupyter_tracker.flow import Flow, Local
from jupyter_tracker.models import (
    Environment,
    JsonValue,
    Lifecycle,
    Page,
    Progress,
    QueryPlan,
    Resources,
    RunInfo,
    RunState,
    Submission,
    check_variables,
)

_EVERY = 1_000_000


class MlflowRuns(RunOperations):
    """Runs, wherever they were started."""

    def __init__(
        self,
        settings: Settings,
        native: MlflowOperations,
        limits: wording.Limits,
        experiments: MlflowExperiments,
        listing: Listing,
        companion: Companion,
        outbox: Outbox,
        sender: Sender,
    ) -> None:
        self._settings = settings
        self._native = native
        self._limits = limits
        self._experiments = experiments
        self._listing = listing
        self._companion = companion
        self._outbox = outbox
        self._sender = sender
        self._starter = Starter(settings, native, limits, experiments, companion, outbox)

    @emulated("started by the local launcher; what it logs is sent to the server")
    def submit(self, submission: Submission) -> Flow[RunInfo]:
        from jupyter_tracker.backends.common.code.codecheck import check_code

        if submission.sweep is not None:
            raise Unsupported(self._settings.backend, "queue.update")  # its trials would not be known to the server
        check_variables(submission.variables)
        checked_priority(submission.priority)
        Resources.parse(submission.resources)
        plain_data(submission.resources, "resource")
        params = plain_params(submission.params)
        code = yield Local(lambda: submission.code if submission.code.source else check_code(submission.code))
        name = checked_name("run", default_name(code) if submission.name is None else submission.name)
        made = yield from self._starter.submit(dataclasses.replace(submission, params=params), name)
        yield Local(lambda: start_process(self._settings.address, made.id, self._companion.home))
        return (yield from self._listing.by_id(made.id))

    def start(
        self,
        experiment: str,
        name: str | None,
        params: Mapping[str, JsonValue],
        tags: Mapping[str, str],
        environment: Environment,
    ) -> Flow[RunInfo]:
        name = checked_name("run", "run" if name is None else name)
        made = yield from self._starter.start(experiment, name, plain_params(params), tags, environment)
        self._sender.keep(made.id)
        return made

    def attach(self, run_id: str) -> Flow[RunInfo]:
        return (yield from exactly(self._listing, run_id))

    def end(self, run_id: str, state: RunState, reason: str) -> Flow[RunInfo]:
        if self._companion.has(run_id):
            yield from self._companion.local.runs.end(run_id, state, reason)
            self._sender.release(run_id)
            yield from self._outbox.send(run_id)
            return (yield from self._listing.by_id(run_id))
        info = yield from exactly(self._listing, run_id)
        if not info.state.ended:
            yield from send_end(self._native, self._limits, run_id, state, reason)
        return (yield from self._listing.by_id(run_id))

    def get(self, reference: str) -> Flow[RunInfo]:
        return (yield from self._listing.get(reference))

    def list(self, query: RunQuery) -> Flow[Page[RunInfo]]:
        return (yield from self._listing.page(query))

    def explain(self, query: RunQuery) -> Flow[QueryPlan]:
        yield from ()
        text, here = push_down(query.where)
        history = bool(history_needed(query.where, *query.order_by))
        return QueryPlan(text, tuple(map(to_text, here)), pushes_order(query.order_by) and not history)

    def stop(self, run_id: str, grace_period: float) -> Flow[RunInfo]:
        info = yield from exactly(self._listing, run_id)
        if info.state.ended:
            raise Conflict(f"The run has ended already ({info.state}); there is nothing to stop.")
        if self._companion.has(run_id):
            here = yield from self._companion.local.runs.stop(run_id, grace_period)
            return self._listing.shown(info, here)
        # Its process cannot be reached: the server is told that the run is over.
        yield from send_end(self._native, self._limits, run_id, RunState.STOPPED, "It was stopped on request.")
        return (yield from self._listing.by_id(run_id))

    def delete(self, run_id: str) -> Flow[RunInfo]:
        info = yield from exactly(self._listing, run_id)
        if not info.state.ended:
            raise Conflict(f"The run {run_id[:8]} has not ended. Stop it first: `%tracker stop {run_id[:8]}`.")
        yield from self._move(info, trash.DELETE)
        return (yield from self._listing.by_id(run_id))

    def restore(self, run_id: str) -> Flow[RunInfo]:
        info = yield from exactly(self._listing, run_id)
        experiment = yield from self._experiments.by_id(info.experiment_id)
        if experiment.lifecycle is Lifecycle.DELETED:
            raise Conflict(
                f"The run {info.name!r} belongs to the experiment {experiment.name!r}, which was deleted."
                f" Restore that: `%tracker restore --experiment {experiment.name}`."
            )
        yield from self._move(info, trash.RESTORE)
        return (yield from self._listing.by_id(run_id))

    @emulated("a tag, which the listings here heed")
    def archive(self, run_id: str) -> Flow[RunInfo]:
        info = yield from exactly(self._listing, run_id)
        yield from self._move(info, trash.ARCHIVE)
        return (yield from self._listing.by_id(run_id))

    @emulated("a tag, which the listings here heed")
    def unarchive(self, run_id: str) -> Flow[RunInfo]:
        info = yield from exactly(self._listing, run_id)
        yield from self._move(info, trash.UNARCHIVE)
        return (yield from self._listing.by_id(run_id))

    def update(
        self, run_id: str, name: str | None, notes: str | None, tags: Mapping[str, str | None] | None
    ) -> Flow[RunInfo]:
        if name is not None:
            checked_name("run", name)
        if notes is not None:
            checked_notes(notes)
            check_tags(self._limits, {wording.NOTE: notes})
        check_tags(self._limits, tags or {})
        info = yield from exactly(self._listing, run_id)
        trash.check_not_deleted("run", info.name, info.lifecycle, "change")
        if self._companion.has(run_id):
            yield from self._companion.local.runs.update(run_id, name, notes, tags)
        changed: dict[str, str | None] = {**(tags or {}), **({} if notes is None else {wording.NOTE: notes or None})}
        if self._companion.has(run_id):
            yield from self._outbox.send(run_id)
        else:
            if name is not None:
                yield from self._native.update_run(run_id=run_id, run_name=name)
            given = {key: text for key, text in changed.items() if text is not None}
            yield from send_tags(self._native, self._limits, run_id, given)
        for key in [key for key, text in changed.items() if text is None]:
            yield from remove_tag(self._native, run_id, key)
        return (yield from self._listing.by_id(run_id))

    def delete_before(self, experiment: str, time: datetime, maximum: int) -> Flow[int]:
        found = yield from self._experiments.find(experiment)
        where = And(
            (
                Comparison(Attribute.CREATED_AT, Operator.AT_MOST, time),
                Comparison(Attribute.EXPERIMENT_ID, Operator.EQUAL, found.id),
            )
        )
        order = (Order(Attribute.CREATED_AT),)
        page = yield from self._listing.page(RunQuery(found.id, where, order, limit=_EVERY))
        doomed = [info for info in page.items if info.state.ended][:maximum]
        for info in doomed:
            yield from self._move(info, trash.DELETE)
        return len(doomed)

    @emulated("of the runs that were deleted with this package, which notes the time in a tag")
    def restore_after(self, experiment: str, time: datetime, maximum: int) -> Flow[int]:
        found = yield from self._experiments.find(experiment)
        if found.lifecycle is Lifecycle.DELETED:
            raise Conflict(
                f"The experiment {found.name!r} was deleted. Restore it first, which restores the runs deleted with it:"
                f" `%tracker restore --experiment {found.name}`."
            )
        answer = yield from self._native.search_runs(
            experiment_ids=[found.id], max_results=wording.RUNS_PAGE, run_view_type="DELETED_ONLY"
        )
        since = time.timestamp() * 1000
        deleted = [(deleted_at(entry), entry) for entry in answer["runs"]]
        chosen = sorted((pair for pair in deleted if pair[0] >= since), key=lambda pair: -pair[0])[:maximum]
        for _, entry in chosen:
            yield from self._move(parse_run(entry, {found.id: found.name}), trash.RESTORE)
        return len(chosen)

    def _move(self, info: RunInfo, wanted: trash.Move) -> Flow[None]:
        """Put a run somewhere else, on the server and here."""
        trash.check_move("run", f"{info.name} ({info.id[:8]})", info.lifecycle, wanted)
        if wanted is trash.DELETE:
            yield from self._native.set_tag(wording.DELETED_AT, repr(clock.time() * 1000), run_id=info.id)
            yield from self._native.delete_run(info.id)
        if info.lifecycle is Lifecycle.DELETED:
            yield from self._native.restore_run(info.id)
            yield from remove_tag(self._native, info.id, wording.DELETED_AT)
        if wanted is not trash.DELETE:
            text = "true" if wanted is trash.ARCHIVE else "false"
            yield from self._native.set_tag(wording.ARCHIVED, text, run_id=info.id)
        if self._companion.has(info.id):
            local = self._companion.local.runs
            moves = {
                trash.DELETE: local.delete,
                trash.RESTORE: local.restore,
                trash.ARCHIVE: local.archive,
                trash.UNARCHIVE: local.unarchive,
            }
            with suppress(Conflict):  # it is there already, with its experiment
                yield from moves[wanted](info.id)

    def log_params(self, run_id: str, params: Mapping[str, JsonValue]) -> Flow[None]:
        plain = plain_params(params)
        check_params(self._limits, plain)
        if self._companion.has(run_id):
            yield from self._companion.local.runs.log_params(run_id, plain)
            yield from self._outbox.send(run_id)
            return
        info = yield from exactly(self._listing, run_id)
        for key, value in plain.items():
            if key in info.params and param_text(info.params[key]) != param_text(value):
                raise Conflict(
                    f"The param {key!r} is {info.params[key]!r} already and cannot become {value!r}: params are"
                    " written once. Use a tag for what changes."
                )
        known = {**info.params, **plain}
        yield from send_params(self._native, self._limits, run_id, plain)
        texts = own_tags(dataclasses.replace(info, params=known))
        if wording.JSON_PARAMS in texts:
            yield from self._native.set_tag(wording.JSON_PARAMS, texts[wording.JSON_PARAMS], run_id=run_id)

    def set_tags(self, run_id: str, tags: Mapping[str, str | None]) -> Flow[None]:
        check_tags(self._limits, tags)
        info = yield from exactly(self._listing, run_id)
        if self._companion.has(run_id):
            yield from self._companion.local.runs.set_tags(run_id, tags)
            yield from self._outbox.send(run_id)
        else:
            given = {key: text for key, text in tags.items() if text is not None}
            yield from send_tags(self._native, self._limits, run_id, given)
        for key in [key for key, text in tags.items() if text is None and key in info.tags]:
            yield from remove_tag(self._native, run_id, key)

    @emulated("a tag")
    def set_progress(self, run_id: str, progress: Progress) -> Flow[None]:
        if self._companion.has(run_id):
            yield from self._companion.local.runs.set_progress(run_id, progress)
            return
        info = yield from exactly(self._listing, run_id)
        others = [each for each in info.progress if each.operation != progress.operation]
        text = write_progress((progress, *others))
        yield from self._native.set_tag(wording.PROGRESS, text, run_id=run_id)

    @emulated("kept on this machine for runs that were started here; from tags of others")
    def environment(self, run_id: str) -> Flow[Environment]:
        if self._companion.has(run_id):
            return (yield from self._companion.local.runs.environment(run_id))
        info = yield from exactly(self._listing, run_id)
        return Environment(
            git_commit=info.tags.get(wording.GIT_COMMIT, ""), git_branch=info.tags.get(wording.GIT_BRANCH, "")
        )

    @emulated("kept on this machine, for runs that were started here")
    def submission(self, run_id: str) -> Flow[Submission | None]:
        if self._companion.has(run_id):
            kept = yield from self._companion.local.runs.submission(run_id)
            if kept is None:
                return None
            ours = {*self._settings.variables, *RUN_VARIABLES}
            given = {name: value for name, value in kept.variables.items() if name not in ours}
            return dataclasses.replace(kept, variables=given)
        yield from exactly(self._listing, run_id)
        return None
