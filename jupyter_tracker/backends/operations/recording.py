"""What a run records as it goes: metrics, events, log, classification metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jupyter_tracker.backends.operations.noun import Operations, emulated
from jupyter_tracker.backends.operations.summarizing import summarized
from jupyter_tracker.flow import Flow, Streaming, Together
from jupyter_tracker.models import (
    Alert,
    Classification,
    Event,
    JsonValue,
    Level,
    LogLine,
    LogPiece,
    MetricSummary,
    Page,
    Points,
    Stream,
)


class MetricOperations(Operations):
    """Numbers over steps."""

    noun = "metrics"

    def log(self, run_id: str, values: Mapping[str, float], step: int | None, time: float | None) -> Flow[None]:
        """Add one point to each metric.

        A step left out continues from the largest (Vertex AI: `log_time_series_metrics`).
        """
        self._lacks("log")

    def read(self, run_id: str, keys: Sequence[str] | None, after: str | None) -> Flow[Points]:
        """All points behind a cursor, of some keys or of all."""
        self._lacks("read")

    @emulated("from all points of the runs")
    def summaries(self, run_ids: Sequence[str], keys: Sequence[str]) -> Flow[Mapping[str, Mapping[str, MetricSummary]]]:
        """Some metrics of some runs over all their points, by run and key; what a run has not logged is left out."""
        wanted = tuple(keys)
        points = yield Together([self.read(run_id, wanted, None) for run_id in run_ids])
        return {run_id: summarized(read.blocks) for run_id, read in zip(run_ids, points, strict=True)}

    def stream(self, run_id: str) -> Streaming:
        """The blocks of all points, in the order of `read` and as they are now, without holding all of them."""
        self._lacks("stream")


class EventOperations(Operations):
    """What happened to a run, in order."""

    noun = "events"

    def append(self, run_id: str, kind: str, message: str, level: Level, data: Mapping[str, JsonValue]) -> Flow[Event]:
        """Add an event."""
        self._lacks("append")

    def read(self, run_id: str, after: int, limit: int) -> Flow[tuple[Event, ...]]:
        """The events behind a sequence number, oldest first."""
        self._lacks("read")

    def alerts(self, experiment: str | None, levels: Sequence[Level], limit: int | None) -> Flow[tuple[Alert, ...]]:
        """The alerts of all runs, or of those of an experiment, newest first."""
        self._lacks("alerts")


class LogOperations(Operations):
    """What a run printed."""

    noun = "logs"

    def append(self, run_id: str, stream: Stream, text: str) -> Flow[None]:
        """Add text as it was printed, with or without an end of line."""
        self._lacks("append")

    def read(self, run_id: str, after: str | None, limit: int) -> Flow[Page[LogLine]]:
        """The lines behind a cursor, oldest first; the page's cursor goes on from there."""
        self._lacks("read")

    def tail(self, run_id: str, lines: int, before: str | None) -> Flow[Page[LogLine]]:
        """The last lines, or the last before a cursor, oldest first."""
        self._lacks("tail")

    def pieces(self, run_id: str, after: str | None, limit: int) -> Flow[Page[LogPiece]]:
        """What was printed, byte for byte: the pieces behind a cursor, until they have more than `limit` bytes."""
        self._lacks("pieces")


class ClassificationOperations(Operations):
    """Confusion matrices and ROC curves."""

    noun = "classifications"

    def log(self, run_id: str, classification: Classification) -> Flow[None]:
        """Keep one under its name; the same name again replaces it (Vertex AI: `log_classification_metrics`)."""
        self._lacks("log")

    def list(self, run_id: str) -> Flow[tuple[Classification, ...]]:
        """All of a run, oldest first."""
        self._lacks("list")
