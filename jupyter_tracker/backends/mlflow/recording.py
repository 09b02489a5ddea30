"""Events, log and classification metrics.

A server has no place for events and logs. For a run that was started here the local store has them; the log is kept as
an artifact when the run ends, so that others can read it. Events of all other runs are made from their state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.mlflow.companion import Companion
from jupyter_tracker.backends.mlflow.documents import Documents
from jupyter_tracker.backends.mlflow.experiments import MlflowExperiments
from jupyter_tracker.backends.mlflow.listing import Listing
from jupyter_tracker.backends.operations import (
    ClassificationOperations,
    EventOperations,
    LogOperations,
)
from jupyter_tracker.errors import Conflict, InvalidInput, NotFound, RemoteNotFound
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import (
    Alert,
    Classification,
    Event,
    JsonValue,
    Level,
    LogLine,
    LogPiece,
    Page,
    RunInfo,
    RunState,
    Stream,
)


def exactly(listing: Listing, run_id: str) -> Flow[RunInfo]:
    """The run of an id; `NotFound` when the server does not know it."""
    try:
        return (yield from listing.by_id(run_id))
    except RemoteNotFound:
        raise NotFound("run", run_id, (), "`%tracker runs` lists them.") from None


class MlflowEvents(EventOperations):
    """Events of runs that were started here, and what the state of others tells."""

    def __init__(self, companion: Companion, listing: Listing, experiments: MlflowExperiments) -> None:
        self._companion = companion
        self._listing = listing
        self._experiments = experiments

    @emulated("kept on this machine, for runs that were started here")
    def append(self, run_id: str, kind: str, message: str, level: Level, data: Mapping[str, JsonValue]) -> Flow[Event]:
        if not self._companion.has(run_id):
            yield from exactly(self._listing, run_id)
            raise Conflict(_elsewhere(run_id, "events"))
        return (yield from self._companion.local.events.append(run_id, kind, message, level, data))

    @emulated("kept on this machine for runs that were started here; made from the state of others")
    def read(self, run_id: str, after: int, limit: int) -> Flow[tuple[Event, ...]]:
        if self._companion.has(run_id):
            return (yield from self._companion.local.events.read(run_id, after, limit))
        info = yield from exactly(self._listing, run_id)
        return tuple(_events(info))[after : after + limit]

    @emulated("of the runs that were started on this machine")
    def alerts(self, experiment: str | None, levels: Sequence[Level], limit: int | None) -> Flow[tuple[Alert, ...]]:
        if experiment is not None:
            experiment = (yield from self._experiments.find(experiment)).name
        try:
            return (yield from self._companion.local.events.alerts(experiment, levels, limit))
        except NotFound:  # no run of that experiment was started here
            return ()


class MlflowLogs(LogOperations):
    """The log of runs that were started here, and that which was kept as an artifact."""

    def __init__(self, companion: Companion, documents: Documents, listing: Listing) -> None:
        self._companion = companion
        self._documents = documents
        self._listing = listing

    @emulated("kept on this machine, and as an artifact when the run ends")
    def append(self, run_id: str, stream: Stream, text: str) -> Flow[None]:
        if not self._companion.has(run_id):
            yield from exactly(self._listing, run_id)
            raise Conflict(_elsewhere(run_id, "log lines"))
        yield from self._companion.local.logs.append(run_id, stream, text)

    @emulated("from this machine, or from the artifact that is kept when the run ends")
    def read(self, run_id: str, after: str | None, limit: int) -> Flow[Page[LogLine]]:
        if self._companion.has(run_id):
            return (yield from self._companion.local.logs.read(run_id, after, limit))
        lines = yield from self._kept(run_id)
        start = _line(after)
        shown = lines[start : start + limit]
        return Page(tuple(shown), shown[-1].cursor if shown else after or "0")

    @emulated("from this machine, or from the artifact that is kept when the run ends")
    def tail(self, run_id: str, lines: int, before: str | None) -> Flow[Page[LogLine]]:
        if self._companion.has(run_id):
            return (yield from self._companion.local.logs.tail(run_id, lines, before))
        kept = yield from self._kept(run_id)
        end = len(kept) if before is None else max(0, _line(before) - 1)
        return Page(tuple(kept[max(0, end - lines) : end]), str(end))

    @emulated("from this machine, or from the lines of the artifact that is kept when the run ends")
    def pieces(self, run_id: str, after: str | None, limit: int) -> Flow[Page[LogPiece]]:
        if self._companion.has(run_id):
            return (yield from self._companion.local.logs.pieces(run_id, after, limit))
        lines = (yield from self._kept(run_id))[_line(after) :]
        sizes = accumulate(len(line.text) for line in lines)
        count = sum(size <= limit for size in sizes) + 1
        shown = [
            LogPiece(round(line.time.timestamp() * 1e6), line.stream, f"{line.text}\n".encode())
            for line in lines[:count]
        ]
        return Page(tuple(shown), str(_line(after) + len(shown)))

    def _kept(self, run_id: str) -> Flow[list[LogLine]]:
        yield from exactly(self._listing, run_id)
        return (yield from self._documents.log(run_id))


class MlflowClassifications(ClassificationOperations):
    """Classification metrics as artifacts (documents.py has their form)."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    @emulated("an artifact of a documented form")
    def log(self, run_id: str, classification: Classification) -> Flow[None]:
        yield from self._documents.put_classification(run_id, classification)

    @emulated("artifacts of a documented form")
    def list(self, run_id: str) -> Flow[tuple[Classification, ...]]:
        return (yield from self._documents.classifications(run_id))


def _events(info: RunInfo) -> list[Event]:
    known = [
        (info.created_at, "created", f"The run was created in {info.experiment!r}.", Level.INFO),
        (info.started_at, "started", "The training code was started.", Level.INFO),
    ]
    if info.state.ended:
        level = Level.ERROR if info.state in (RunState.FAILED, RunState.LOST) else Level.INFO
        known.append((info.ended_at or info.started_at, "ended", info.reason or f"The run {info.state}.", level))
    return [
        Event(number, time, kind, message, level)
        for number, (time, kind, message, level) in enumerate((each for each in known if each[0] is not None), 1)
        if time is not None
    ]


def _line(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal():
        raise InvalidInput(f"{cursor!r} is not a cursor that reading this log gave.")
    return int(cursor)


def _elsewhere(run_id: str, what: str) -> str:
    return f"The run {run_id[:8]} was started elsewhere, and its server keeps no {what}. Use a tag or an artifact."
