"""What a run of Chariot records: metrics, events and checkpoints. Only the job writes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.chariot import paging
from jupyter_tracker.backends.chariot.checks import ilike
from jupyter_tracker.backends.chariot.operations import ChariotOperations
from jupyter_tracker.backends.chariot.parse import parse_checkpoint, parse_events, parse_points, parse_run
from jupyter_tracker.backends.chariot.requests import Json
from jupyter_tracker.backends.common.files import check_empty
from jupyter_tracker.backends.operations import CheckpointOperations, EventOperations, MetricOperations, ModelOperations
from jupyter_tracker.backends.remote.selection import select_checkpoints
from jupyter_tracker.errors import Ambiguous, InvalidInput, NotFound, Unsupported
from jupyter_tracker.flow import Emit, Flow, Local, Streaming, Together
from jupyter_tracker.models import Checkpoint, CheckpointQuery, Event, Model, ModelDraft, Points

PATIENCE = 10.0
"""Seconds for which an event is held back because one before it is missing."""


class ChariotMetrics(MetricOperations):
    """Metrics by global step."""

    def __init__(self, native: ChariotOperations) -> None:
        self._native = native

    @emulated("from all points, which are held meanwhile")
    def stream(self, run_id: str) -> Streaming:
        points = yield from self.read(run_id, None, None)
        yield Emit(points.blocks)

    def read(self, run_id: str, keys: Sequence[str] | None, after: str | None) -> Flow[Points]:
        since, seen = _parse_cursor(after)
        yield from self._native.get_run(run_id)
        found = yield from paging.metrics_since(self._native, run_id, since, None if keys is None else list(keys))
        fresh = [one for one in found if str(one["id"]) not in seen]
        if not fresh:
            return Points((), after or _format_cursor(None, []))
        newest = max(float(one["created_at"]) for one in found)
        # Others of the same time may still come; those that came are known by their ids.
        kept = [str(one["id"]) for one in found if float(one["created_at"]) == newest]
        return Points(parse_points(fresh).blocks, _format_cursor(newest, kept))


class ChariotEvents(EventOperations):
    """Events with the platform's sequence."""

    def __init__(self, native: ChariotOperations) -> None:
        self._native = native

    def read(self, run_id: str, after: int, limit: int) -> Flow[tuple[Event, ...]]:
        # The run first: what happened before its end is then read after it.
        ended = parse_run((yield from self._native.get_run(run_id))).state.ended
        found = yield from paging.all_events(self._native, run_id)
        events = parse_events(found, ended=ended, now=datetime.now(UTC), patience=PATIENCE)
        return tuple(event for event in events if event.sequence > after)[:limit]


class ChariotCheckpoints(CheckpointOperations):
    """Checkpoints; one that is still uploaded is incomplete."""

    def __init__(self, native: ChariotOperations, project: str) -> None:
        self._native = native
        self._project = project

    def get(self, reference: str) -> Flow[Checkpoint]:
        found = yield from self._found(reference)
        try:
            run = yield from self._native.get_run(str(found.get("run_id")))
        except NotFound:  # it was deleted
            return parse_checkpoint(found, {})
        return parse_checkpoint(found, {str(run["id"]): run})

    def list(self, query: CheckpointQuery) -> Flow[tuple[Checkpoint, ...]]:
        runs, name = query.run_ids, query.experiment
        known = yield from paging.all_runs(self._native, self._project, None if name is None else ilike(name))
        if name is not None:
            named = [str(run["id"]) for run in known if run.get("name") == name]
            runs = tuple(run for run in named if runs is None or run in runs)
        if runs == ():
            return ()
        found = yield from paging.all_checkpoints(self._native, runs, self._project)
        by_id = {str(run["id"]): run for run in known}
        return select_checkpoints([parse_checkpoint(one, by_id) for one in found], query)

    def steps(self, run_id: str) -> Flow[tuple[int, ...]]:
        # Of complete ones: the platform's own list of steps has the others, too.
        found = yield from self.list(CheckpointQuery(run_ids=(run_id,), complete=True))
        return tuple(sorted({one.step for one in found}))

    def download(self, reference: str, target: Path) -> Flow[Path]:
        found = yield from self._found(reference)
        yield Local(lambda: check_empty(target))
        yield Local(lambda: target.mkdir(parents=True, exist_ok=True))
        yield from self._native.download_checkpoint(str(found["id"]), target)
        return target

    def delete(self, references: Sequence[str] | None, run_id: str | None) -> Flow[int]:
        if references is None and run_id is None:
            raise InvalidInput("Say which checkpoints are deleted: ids, a run, or both. Without that all would be.")
        if references is None:
            found = yield from paging.all_checkpoints(self._native, [str(run_id)], self._project)
        else:
            found = yield Together([self._found(reference) for reference in references])
        chosen = {str(one["id"]): None for one in found if run_id in (None, one.get("run_id"))}
        if chosen:
            yield from self._native.delete_checkpoints(ids=[*chosen])
        return len(chosen)

    def _found(self, reference: str) -> Flow[Json]:
        """The checkpoint of that id, or of the only id that begins so."""
        found = (yield from self._native.get_checkpoints(ids=[reference], limit=1)) if reference else []
        if not found and reference:
            listed = yield from paging.all_checkpoints(self._native, None, self._project)
            found = [one for one in listed if str(one["id"]).startswith(reference)]
        if not found:
            raise NotFound("checkpoint", reference, (), "`%tracker checkpoints` lists them.")
        if len(found) > 1:
            told = [f"{str(one['id'])[:12]} (step {one.get('global_step')})" for one in found]
            raise Ambiguous("checkpoint", reference, told)
        return found[0]


class ChariotModels(ModelOperations):
    """Models are made of checkpoints; the training service has no other operation on them."""

    def __init__(self, native: ChariotOperations) -> None:
        self._native = native

    def create(self, draft: ModelDraft) -> Flow[Model]:
        if draft.checkpoint is None:
            raise NeedsCheckpoint(self.backend)
        if draft.version is None:
            raise InvalidInput("Chariot asks for the version of a model: give version=, like '1.0.0'.")
        made = yield from self._native.create_model_from_checkpoint(
            draft.checkpoint, draft.name, draft.version, draft.summary or draft.name
        )
        return Model(id=made, name=draft.name, version=draft.version, summary=draft.summary)


class NeedsCheckpoint(Unsupported):
    """A model is made of a checkpoint; no files are taken."""

    def __init__(self, backend: str) -> None:
        super().__init__(backend, "artifacts.log")
        self.args = ("Chariot takes no files: its models are made of checkpoints. Give checkpoint=.",)


def _format_cursor(newest: float | None, ids: Sequence[str]) -> str:
    return json.dumps([newest, sorted(ids)], separators=(",", ":"))


def _parse_cursor(text: str | None) -> tuple[float | None, set[str]]:
    if text is None:
        return None, set()
    try:
        newest, ids = json.loads(text)
        return (None if newest is None else float(newest)), {str(one) for one in ids}
    except (ValueError, TypeError):
        raise InvalidInput(f"{text!r} is not a cursor that reading metrics gave.") from None
