"""Events, made from what the platform knows of a run, and classification metrics as artifacts."""

from __future__ import annotations

from datetime import UTC, datetime

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.operations import ClassificationOperations, EventOperations
from jupyter_tracker.backends.vertex import checks
from jupyter_tracker.backends.vertex.files import checkpoint_artifacts, parse_checkpoint
from jupyter_tracker.backends.vertex.nodes import inside, titled
from jupyter_tracker.backends.vertex.parse import parse_classification, parse_run
from jupyter_tracker.backends.vertex.resources import CLASSIFICATION, LIVE, SCHEMA_VERSION, Json
from jupyter_tracker.backends.vertex.site import Site
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Classification, Event, JsonValue, Level, RunState


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
        found: list[tuple[datetime, str, str, Level, dict[str, JsonValue]]] = [
            (start, "created", "The run was created.", Level.INFO, {}),
            (start, "started", "The run started.", Level.INFO, {}),
        ]
        points = [parse_checkpoint(one, run_id) for one in kept]
        for one in sorted(points, key=lambda one: one.created_at or unknown):
            message = f"A checkpoint of step {one.step} was kept."
            found.append((one.created_at or unknown, "checkpoint", message, Level.INFO, {"step": one.step}))
        if info.state.ended:
            level = Level.ERROR if info.state is RunState.FAILED else Level.INFO
            message = info.reason or f"The run {info.state}."
            found.append((info.ended_at or start, "ended", message, level, {"state": str(info.state)}))
        events = [
            Event(number, time, kind, message, level, data)
            for number, (time, kind, message, level, data) in enumerate(found, start=1)
        ]
        return tuple(event for event in events if event.sequence > after)[:limit]


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
