"""What jobs of ABEJA record: statistics, of which the points are kept here, events, and the log in the result."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from jupyter_tracker.backends.abeja.organization import Organization
from jupyter_tracker.backends.abeja.reading import ENDED, mapping
from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.operations import (
    ArtifactOperations,
    EventOperations,
    LogOperations,
    MetricOperations,
)
from jupyter_tracker.backends.remote import archives, happened
from jupyter_tracker.backends.remote.blocks import block
from jupyter_tracker.errors import Conflict, InvalidInput, InvalidMetric, NotFound, RemoteNotFound
from jupyter_tracker.flow import Flow, Local
from jupyter_tracker.models import Artifact, Event, JsonValue, LogLine, Page, Points, RunInfo, Stream

LOG_SUFFIX = ".log"
"""Of the files with the log in the archive of a result (ASSUMED: nothing public says how they are called)."""


class AbejaMetrics(MetricOperations):
    """Statistics of jobs; the platform has only the latest, the points before are those that were seen from here."""

    def __init__(self, organization: Organization) -> None:
        self._organization = organization

    @emulated("as statistics of the job, of which the platform keeps the latest")
    def log(self, run_id: str, values: Mapping[str, float], step: int | None, time: float | None) -> Flow[None]:
        """Replace the latest values of some metrics: those of a stage are called `train/loss`."""
        numbers = {key: _number(key, value) for key, value in values.items()}
        if not numbers:
            raise InvalidMetric("There is no metric to log.")
        job = yield from self._organization.job(run_id)
        if job.get("status") in ENDED:
            raise Conflict(f"The run {run_id} has ended ({job['status']}); start another one to log.")
        statistics = dict(mapping(job.get("statistics")))
        stages = {stage: dict(mapping(inner)) for stage, inner in mapping(statistics.get("stages")).items()}
        for key, value in numbers.items():
            stage, slash, name = key.partition("/")
            if slash and stage and name:
                stages.setdefault(stage, {})[name] = value
            else:
                statistics[key] = value
        if stages:
            statistics["stages"] = stages
        if step is not None:
            statistics["epoch"] = step
        yield from self._organization.native.update_statistics(
            self._organization.id, self._organization.known[run_id], run_id, statistics
        )
        yield from self._organization.job(run_id)  # so that the point is kept here, too

    @emulated("points begin when following the run began: ABEJA keeps only the latest statistics")
    def read(self, run_id: str, keys: Sequence[str] | None, after: str | None) -> Flow[Points]:
        if after is not None and not after.isdecimal():
            raise InvalidInput(f"{after!r} is not a cursor that reading metrics gave.")
        yield from self._organization.job(run_id)
        seen = yield Local(lambda: self._organization.followed.seen(run_id))
        blocks = []
        for point in seen[int(after or 0) :]:
            chosen = {key: [value] for key, value in point.values.items() if keys is None or key in keys}
            if chosen:
                blocks.append(block([point.step], [point.time], chosen))
        return Points(tuple(blocks), str(len(seen)))


class AbejaEvents(EventOperations):
    """What the times of a job tell, and when following it began here."""

    def __init__(self, organization: Organization) -> None:
        self._organization = organization

    @emulated(happened.NOTE)
    def read(self, run_id: str, after: int, limit: int) -> Flow[tuple[Event, ...]]:
        info = yield from self._organization.run(run_id)
        begun = yield Local(lambda: self._organization.followed.begun(info.id))
        told = list(happened.events_of(info))
        if begun is not None and told:
            # Behind what had happened by then, so that the numbers of events stay as they are.
            time, ended = begun
            moment = datetime.fromtimestamp(time, UTC)
            place = (
                len(told) if ended else len([event for event in told if event.kind != "ended" and event.time <= moment])
            )
            message = "Following began here: points of metrics begin with it, since ABEJA keeps only the latest."
            told.insert(max(place, 2), Event(0, moment, "followed", message))
        events = [
            Event(number, event.time, event.kind, event.message, event.level)
            for number, event in enumerate(told, start=1)
        ]
        return happened.behind(events, after, limit)


class AbejaResults:
    """Archives of results, each fetched once and kept until the connection is closed."""

    def __init__(self, organization: Organization) -> None:
        self._organization = organization
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._kept: dict[str, Path] = {}

    def archive(self, info: RunInfo) -> Flow[Path | None]:
        """The archive of a run that has ended; None while there is none."""
        if not info.state.ended:
            return None
        if info.id not in self._kept:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="jupyter-tracker-", ignore_cleanup_errors=True)
            target = Path(self._folder.name) / f"{len(self._kept)}.zip"
            native, place = self._organization.native, (self._organization.id, info.experiment, info.id)
            try:
                told = yield from native.get_training_result(*place)
                if not mapping(mapping(mapping(told).get("artifacts")).get("complete")).get("uri"):
                    return None  # it ended without one
                yield from native.download_training_result(*place, target)
            except RemoteNotFound:
                return None
            self._kept[info.id] = target
        return self._kept[info.id]

    def close(self) -> None:
        """Remove what was fetched."""
        self._kept.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


class AbejaLogs(LogOperations):
    """The log that a job's result holds, once it has ended."""

    def __init__(self, organization: Organization, results: AbejaResults) -> None:
        self._organization = organization
        self._results = results

    @emulated("from the archive of the result, once the run has ended")
    def read(self, run_id: str, after: str | None, limit: int) -> Flow[Page[LogLine]]:
        start = _line_number(after)
        lines = yield from self._lines(run_id)
        page = lines[start : start + limit]
        return Page(page, page[-1].cursor if page else after)

    @emulated("from the archive of the result, once the run has ended")
    def tail(self, run_id: str, lines: int, before: str | None) -> Flow[Page[LogLine]]:
        known = yield from self._lines(run_id)
        known = known if before is None else known[: max(_line_number(before) - 1, 0)]
        kept = known[-lines:] if lines else ()
        return Page(kept, known[-1].cursor if known else before)

    def _lines(self, run_id: str) -> Flow[tuple[LogLine, ...]]:
        info = yield from self._organization.run(run_id)
        archive = yield from self._results.archive(info)
        if archive is None:
            return ()
        time = info.ended_at or info.created_at or datetime.now(UTC)
        texts = yield Local(lambda: tuple(archives.texts(archive, LOG_SUFFIX, "abeja")))
        return tuple(LogLine(number, time, Stream.STDOUT, text, str(number + 1)) for number, text in enumerate(texts))


class AbejaArtifacts(ArtifactOperations):
    """The files of a job's result."""

    def __init__(self, organization: Organization, results: AbejaResults) -> None:
        self._organization = organization
        self._results = results

    @emulated("the files in the archive of the result, once the run has ended")
    def list(self, run_id: str) -> Flow[tuple[Artifact, ...]]:
        info = yield from self._organization.run(run_id)
        archive = yield from self._results.archive(info)
        if archive is None:
            return ()
        found: tuple[Artifact, ...] = yield Local(lambda: archives.artifacts_of(archive, "abeja"))
        return found

    @emulated("from the archive of the result, once the run has ended")
    def download(self, run_id: str, path: str, target: Path) -> Flow[Path]:
        if path.startswith("/") or ".." in Path(path).parts or not path.strip("/"):
            raise InvalidInput(f"The artifact path {path!r} must stay within the run.")
        info = yield from self._organization.run(run_id)
        archive = yield from self._results.archive(info)
        if archive is None:
            raise NotFound("artifact", path, (), "The run has no result yet.")
        place: Path = yield Local(lambda: archives.take(archive, path, target, "abeja"))
        return place


def _number(key: str, value: float) -> JsonValue:
    """A number as statistics hold it: what JSON cannot hold is text, as the SDK's tracking helper writes it."""
    if not isinstance(key, str) or not key or len(key) > 250:
        raise InvalidMetric(f"The metric name {key!r} must be text of 1 to 250 characters.")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InvalidMetric(f"The metric {key!r} must be a number, not {value!r}.") from None
    if math.isnan(number):
        return "NaN"
    return number if math.isfinite(number) else "Infinity" if number > 0 else "-Infinity"


def _line_number(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal():
        raise InvalidInput(f"{cursor!r} is not a cursor that reading logs gave.")
    return int(cursor)
