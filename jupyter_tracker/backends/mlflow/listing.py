"""Finding runs on a server: one by what people call it, many by filter and order."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence

from jupyter_tracker.backends.mlflow import wording
from jupyter_tracker.backends.mlflow.companion import Companion
from jupyter_tracker.backends.mlflow.experiments import MlflowExperiments
from jupyter_tracker.backends.mlflow.inputs import merged, read_inputs
from jupyter_tracker.backends.mlflow.metrics import MlflowMetrics
from jupyter_tracker.backends.mlflow.operations import MlflowOperations
from jupyter_tracker.backends.mlflow.operations_runs import search_page
from jupyter_tracker.backends.mlflow.outbox import Outbox
from jupyter_tracker.backends.mlflow.reading import parse_run
from jupyter_tracker.backends.mlflow.search import NEWEST_FIRST, conditions, push_down, pushes_order
from jupyter_tracker.backends.mlflow.server import Server
from jupyter_tracker.backends.operations import RunQuery
from jupyter_tracker.errors import Ambiguous, InvalidInput, NotFound, PlatformFailure, RemoteInvalid, RemoteNotFound
from jupyter_tracker.filters import (
    Attribute,
    Comparison,
    Expression,
    Operator,
    evaluate,
    history_needed,
    sort_runs,
)
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import DatasetUse, Experiment, Lifecycle, MetricValue, Page, RunInfo

LAST = "last"
_ID = re.compile(r"[0-9a-f]{32}")
_PREFIX = re.compile(r"[0-9a-f]{1,31}")
_SHOWN = 50


class Listing:
    """Looks for runs; those that were started here are shown as they are known here."""

    def __init__(
        self,
        server: Server,
        native: MlflowOperations,
        experiments: MlflowExperiments,
        metrics: MlflowMetrics,
        companion: Companion,
        outbox: Outbox,
    ) -> None:
        self._server = server
        self._native = native
        self._experiments = experiments
        self._metrics = metrics
        self._companion = companion
        self._outbox = outbox

    def get(self, reference: str) -> Flow[RunInfo]:
        """One by id, name or unique prefix of its id, or the one that was started last."""
        if _ID.fullmatch(reference):
            try:
                return (yield from self.by_id(reference))
            except RemoteNotFound:
                pass
        found = yield from self._called(reference)
        if not found:
            if reference == LAST:
                raise NotFound("run", reference, (), "There are no runs yet.")
            newest = yield from self._look("", 200)
            raise NotFound("run", reference, [run.name for run in newest], "`%tracker runs` lists them.")
        if len(found) > 1:
            raise Ambiguous("run", reference, [f"{run.id[:8]} ({run.experiment} / {run.name})" for run in found])
        if self._outbox.is_pending(found[0].id):
            return (yield from self.by_id(found[0].id))
        return found[0]

    def by_id(self, run_id: str) -> Flow[RunInfo]:
        """One by its id, also a deleted one; `RemoteNotFound` where the server does not know it."""
        known = yield from self._known_here(run_id)
        if known is not None and known.state.ended and self._outbox.is_pending(run_id):
            yield from self._outbox.send(run_id)
        answer = yield from self._native.get_run(run_id)
        entry = answer.get("run") or {}
        experiment = str((entry.get("info") or {}).get("experiment_id", ""))
        name = yield from self._experiments.name_of(experiment)
        return self.shown(parse_run(entry, {experiment: name}), known)

    def page(self, query: RunQuery) -> Flow[Page[RunInfo]]:
        """One page of the runs that a query selects.

        The newest first are read page by page; another order is made here, of all runs that the filter selects.
        """
        experiments = yield from self._scope(query)
        yield from self._outbox.send_all()
        start, token = _parse_cursor(query.cursor)
        if not experiments:
            return Page((), None)
        text, _ = push_down(query.where)
        view = "DELETED_ONLY" if query.lifecycle is Lifecycle.DELETED else "ACTIVE_ONLY"
        scope = (experiments, text, view)
        if pushes_order(query.order_by) and not history_needed(query.where):
            return (yield from self._newest(query, scope, start, token))
        found: list[RunInfo] = []
        inputs: dict[str, Sequence[DatasetUse]] = {}
        while True:
            runs, token = yield from self._read(scope, wording.RUNS_PAGE, token, inputs)
            found += runs
            if not token:
                break
        ordered = yield from self._chosen(query, found, inputs)
        shown = ordered[start : start + query.limit]
        more = start + query.limit < len(ordered) and shown
        return Page(tuple(shown), f"{start + query.limit}:" if more else None)

    def _newest(
        self, query: RunQuery, scope: tuple[Mapping[str, str], str, str], start: int, token: str
    ) -> Flow[Page[RunInfo]]:
        found: list[RunInfo] = []
        size = min(max(query.limit + start, 1), wording.RUNS_PAGE)
        seen: set[str] = set()
        while True:
            inputs: dict[str, Sequence[DatasetUse]] = {}
            runs, following = yield from self._read(scope, size, token, inputs)
            for index, run in enumerate(runs):
                if index < start or run.lifecycle is not query.lifecycle:
                    continue
                if not evaluate(query.where, run, datasets=inputs[run.id]):
                    continue
                if len(found) == query.limit:
                    return Page(tuple(found), f"{index}:{token}")
                found.append(run)
            if not following:
                return Page(tuple(found), None)
            if following in seen:
                raise PlatformFailure(
                    f"{self._server.backend} answered search_runs with the same page token twice;"
                    " what it lists has no end.",
                    backend=self._server.backend,
                    operation="search_runs",
                )
            seen.add(following)
            start, token = 0, following

    def _chosen(
        self, query: RunQuery, runs: Sequence[RunInfo], inputs: Mapping[str, Sequence[DatasetUse]]
    ) -> Flow[list[RunInfo]]:
        """The runs that a filter selects, in its order."""
        kept = [run for run in runs if run.lifecycle is query.lifecycle]
        keys = history_needed(query.where, *query.order_by)
        if not keys:
            return sort_runs([run for run in kept if evaluate(query.where, run, None, inputs[run.id])], query.order_by)
        histories = yield from self._metrics.histories(kept, keys)
        chosen = [run for run in kept if evaluate(query.where, run, histories[run.id], inputs[run.id])]
        return sort_runs(chosen, query.order_by, lambda run: histories[run.id])

    def _read(
        self,
        scope: tuple[Mapping[str, str], str, str],
        size: int,
        token: str,
        inputs: dict[str, Sequence[DatasetUse]] | None = None,
    ) -> Flow[tuple[list[RunInfo], str]]:
        """A page of the server, each run as it is shown; what they read is put into `inputs`, by run."""
        experiments, text, view = scope
        answer = yield from search_page(
            self._server, list(experiments), text or None, size, [NEWEST_FIRST], token or None, view
        )
        parsed = [parse_run(entry, experiments) for entry in answer.get("runs") or ()]
        known = yield from self._companion.infos(run.id for run in parsed)
        if inputs is not None:
            here = yield from self._companion.inputs(known)
            for run, entry in zip(parsed, answer.get("runs") or (), strict=True):
                inputs[run.id] = merged(here.get(run.id, ()), read_inputs(entry))
        return [self.shown(run, known.get(run.id)) for run in parsed], str(answer.get("next_page_token") or "")

    def _scope(self, query: RunQuery) -> Flow[dict[str, str]]:
        """The experiments that are looked through: their names by id."""
        if query.experiment is not None:
            found: tuple[Experiment, ...] = ((yield from self._experiments.find(query.experiment)),)
        else:
            view = "ALL" if query.lifecycle is Lifecycle.DELETED else "ACTIVE_ONLY"
            found = yield from self._experiments.all(view)
        return {each.id: each.name for each in found if _may_have(each, query.where)}

    def _called(self, reference: str) -> Flow[list[RunInfo]]:
        if reference == LAST:
            return (yield from self._look("", 1))
        where = Comparison(Attribute.NAME, Operator.EQUAL, reference)
        text, _ = push_down(where)
        named = [run for run in (yield from self._look(text, _SHOWN)) if run.name == reference] if text else []
        if not text and reference:
            page = yield from self.page(RunQuery(where=where, limit=_SHOWN))
            named = list(page.items)
        if named or not _PREFIX.fullmatch(reference):
            return named
        try:
            return (yield from self._look(f"attributes.run_id LIKE '{reference}%'", _SHOWN))
        except RemoteInvalid:  # not every server compares ids so
            newest = yield from self._look("", wording.RUNS_PAGE)
            return [run for run in newest if run.id.startswith(reference)]

    def _look(self, text: str, count: int) -> Flow[list[RunInfo]]:
        experiments = {each.id: each.name for each in (yield from self._experiments.all("ACTIVE_ONLY"))}
        if not experiments:
            return []
        runs, _ = yield from self._read((experiments, text, "ACTIVE_ONLY"), count, "")
        return runs

    def _known_here(self, run_id: str) -> Flow[RunInfo | None]:
        if not self._companion.has(run_id) and self._outbox.is_pending(run_id):
            yield from self._outbox.send(run_id)  # which waits until it is here, since another process starts it
        if not self._companion.has(run_id):
            return None
        return (yield from self._companion.local.runs.get(run_id))

    def shown(self, there: RunInfo, here: RunInfo | None) -> RunInfo:
        """A run as it is on the server, completed by what is known here of one that was started here."""
        if here is None:
            return there
        pending = self._outbox.is_pending(here.id)
        tags = {**there.tags, **here.tags} if pending else there.tags
        return dataclasses.replace(
            there,
            state=there.state if there.state.ended and not here.state.ended else here.state,
            reason=here.reason or there.reason,
            kind=here.kind,
            params={**there.params, **here.params},
            metrics=_latest(there.metrics, here.metrics),
            tags=tags,
            progress=here.progress or there.progress,
            created_at=here.created_at,
            started_at=here.started_at,
            ended_at=here.ended_at or there.ended_at,
            exit_code=here.exit_code,
            signal=here.signal,
            source=here.source,
            name=here.name if pending else there.name,
            notes=here.notes if pending else there.notes,
            attempt=here.attempt,
            priority=here.priority,
        )


def _latest(there: Mapping[str, MetricValue], here: Mapping[str, MetricValue]) -> dict[str, MetricValue]:
    """The latest values, exact where they were logged here."""
    merged = dict(here)
    for key, value in there.items():
        mine = here.get(key)
        # Milliseconds: only a later one was logged by somebody else.
        if mine is None or int(value.time.timestamp() * 1000) > int(mine.time.timestamp() * 1000) + 1:
            merged[key] = value
    return merged


def _may_have(experiment: Experiment, where: Expression) -> bool:
    """Whether a filter that names the experiment of its runs lets this one pass."""
    for part in conditions(where):
        match part:
            case Comparison(Attribute.EXPERIMENT, Operator.EQUAL, value) if experiment.name != value:
                return False
            case Comparison(Attribute.EXPERIMENT_ID, Operator.EQUAL, value) if experiment.id != value:
                return False
    return True


def _parse_cursor(text: str | None) -> tuple[int, str]:
    if text is None:
        return 0, ""
    number, _, token = text.partition(":")
    if not number.isdecimal():
        raise InvalidInput(f"{text!r} is not a cursor that listing runs gave.")
    return int(number), token
