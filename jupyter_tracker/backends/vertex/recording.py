"""Events, made from what the platform knows of a run, and classification metrics as artifacts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.operations import ClassificationOperations, EventOperations
from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.backends.vertex import checks
from jupyter_tracker.backends.vertex.checkpoints import DELETED, checkpoint_artifacts, parse_checkpoint
from jupyter_tracker.backends.vertex.nodes import inside, titled
from jupyter_tracker.backends.vertex.parse import parse_classification, parse_run
from jupyter_tracker.backends.vertex.resources import CLASSIFICATION, LIVE, SCHEMA_VERSION, Json, Messages
from jupyter_tracker.backends.vertex.site import Site
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Checkpoint, Classification, Event, JsonValue, Level, RunState

Told = tuple[datetime, str, str, Level, dict[str, JsonValue]]
"""Time, kind, message, level and data of an event."""


class VertexEvents(EventOperations):
    """What happened to a run, as far as its times and its state tell."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @emulated("from times, state and checkpoints")
    def read(self, run_id: str, after: int, limit: int) -> Flow[tuple[Event, ...]]:
        context = yield from self._site.run_context("events.read", run_id)
        info = parse_run(context, {})
        kept = yield from checkpoint_artifacts(self._site, "events.read", context["name"])
        unknown = datetime.fromtimestamp(0, UTC)
        start = info.created_at or unknown
        found: list[Told] = [
            (start, "created", "The run was created.", Level.INFO, {}),
            (start, "started", "The run started.", Level.INFO, {}),
        ]
        later = [*_checkpoint_events(kept)]
        if info.state.ended:
            level = Level.ERROR if info.state is RunState.FAILED else Level.INFO
            message = info.reason or f"The run {info.state}."
            later.append((info.ended_at or start, "ended", message, level, {"state": str(info.state)}))
        found += sorted(later, key=lambda one: one[0])
        events = [
            Event(number, time, kind, message, level, data)
            for number, (time, kind, message, level, data) in enumerate(found, start=1)
        ]
        return tuple(event for event in events if event.sequence > after)[:limit]


def _checkpoint_events(artifacts: Messages) -> Iterator[Told]:
    """What happened to the checkpoints of a run: each was completed, and some were deleted together."""
    gone: dict[str, list[Checkpoint]] = {}
    for artifact in artifacts:
        one = parse_checkpoint(artifact)
        if one.complete and one.completed_at is not None:
            data: dict[str, JsonValue] = {"id": one.id, "step": one.step, "path": one.path, "size": one.size}
            message = f"A checkpoint of step {one.step} was kept."
            yield one.completed_at, "checkpoint", message, Level.INFO, data
        if deleted_at := artifact["metadata"].get(DELETED):
            gone.setdefault(str(deleted_at), []).append(one)
    for text, them in gone.items():
        ids: list[JsonValue] = [one.id for one in them]
        steps: list[JsonValue] = [one.step for one in them]
        message = f"Deleted checkpoints of these steps: {', '.join(str(one.step) for one in them)}."
        time = moment(text) or datetime.fromtimestamp(0, UTC)
        yield time, "checkpoint_deleted", message, Level.INFO, {"ids": ids, "steps": steps}


class VertexClassifications(ClassificationOperations):
    """Classification metrics; of those of one name the one that was logged last counts."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def log(self, run_id: str, classification: Classification) -> Flow[None]:
        context = yield from self._site.run_context("classifications.log", run_id)
        matrix, curve = bool(classification.labels), bool(classification.fpr)
        metadata = checks.classification(
            classification.labels if matrix else None,
            classification.matrix if matrix else None,
            classification.fpr if curve else None,
            classification.tpr if curve else None,
            classification.thresholds if curve else None,
        )
        body: Json = {
            "displayName": classification.name,
            "schemaTitle": CLASSIFICATION,
            "schemaVersion": SCHEMA_VERSION,
            "metadata": metadata,
            "state": LIVE,
        }
        if classification.step is not None:
            body["labels"] = {"jupyter_tracker_step": str(classification.step)}
        yield from self._site.nodes.log_artifact("classifications.log", context["name"], body)

    def list(self, run_id: str) -> Flow[tuple[Classification, ...]]:
        context = yield from self._site.run_context("classifications.list", run_id)
        found = yield from self._site.nodes.list(
            "classifications.list", "artifacts", titled(CLASSIFICATION), inside(context["name"])
        )
        newest: dict[str, Classification] = {}
        for artifact in found:
            parsed = parse_classification(artifact)
            newest.pop(parsed.name, None)
            newest[parsed.name] = parsed
        return tuple(newest.values())
