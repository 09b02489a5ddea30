"""What runs of UbiOps record: time series, results, and the log."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jupyter_tracker.backends.base import emulated
from jupyter_tracker.backends.operations import LogOperations, MetricOperations
from jupyter_tracker.backends.remote.blocks import block
from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.backends.ubiops.project import Project
from jupyter_tracker.backends.ubiops.reading import parse_run, result_metrics
from jupyter_tracker.backends.ubiops.wire import DEPLOYMENT
from jupyter_tracker.errors import Conflict, InvalidInput, InvalidMetric, RemoteConflict
from jupyter_tracker.flow import Flow, Together
from jupyter_tracker.models import LogLine, Page, PointBlock, Points, RunInfo, Stream

LABEL = "deployment_request_id"
"""The label by which series belong to a run (ASSUMED, as in wire/ubiops.md)."""
PREFIX = "custom."
"""Of metrics that are not the platform's (ASSUMED)."""
LONGEST_NAME = 64
SERIES = 100
"""Series that are asked for at once."""
LINES = 1000
"""Lines of a log that are asked for at once."""


class UbiOpsMetrics(MetricOperations):
    """Custom time series of a run while it goes, and the metrics of its result; steps are counted by time."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @emulated("as a custom time series; its steps are counted by time")
    def log(self, run_id: str, values: Mapping[str, float], step: int | None, time: float | None) -> Flow[None]:
        when = datetime.now(UTC) if time is None else datetime.fromtimestamp(time, UTC)
        numbers = {name: _number(name, value) for name, value in values.items()}
        if not numbers:
            raise InvalidMetric("There is no metric to log.")
        info = yield from self._project.run(run_id)
        if info.state.ended:
            raise Conflict(f"The run {info.name!r} has ended ({info.state}); start another one to log.")
        project, native = self._project.name, self._project.native
        defined = {each.get("name") for each in (yield from native.metrics_list(project)) or ()}
        for name in numbers:
            if PREFIX + name not in defined:
                with suppress(RemoteConflict):  # another run has defined it meanwhile
                    yield from native.metrics_create(project, {"name": PREFIX + name, "metric_type": "gauge"})
        data = [
            {
                "metric": PREFIX + name,
                "labels": {LABEL: run_id},
                "data": [{"date": when.isoformat(timespec="microseconds"), "value": value}],
            }
            for name, value in numbers.items()
        ]
        yield from native.time_series_data_create(project, data)

    @emulated("custom time series of the run, and the metrics of its result; steps are counted by time")
    def read(self, run_id: str, keys: Sequence[str] | None, after: str | None) -> Flow[Points]:
        place = _Place.parse(after)
        request = yield from self._project.request(run_id, recent=after is not None)
        names = yield from self._names(run_id)
        wanted = [name for name in names if keys is None or name.removeprefix(PREFIX) in keys]
        start = str(request.get("time_created") or "1970-01-01T00:00:00Z")
        found = yield Together([self._series(run_id, name, place, start) for name in wanted])
        blocks = [each for each in found if each is not None]
        ended = moment(request.get("time_completed"))
        if ended is not None and not place.final:
            place.final = True
            last = {
                key: [value]
                for key, value in result_metrics(request).items()
                if PREFIX + key not in names and (keys is None or key in keys)
            }
            if last:
                blocks.append(block([0], [ended.timestamp()], last))
        return Points(tuple(blocks), str(place))

    def _names(self, run_id: str) -> Flow[list[str]]:
        found: list[str] = []
        while True:
            page = yield from self._project.native.time_series_search(
                self._project.name, labels=f"{LABEL}:{run_id}", limit=SERIES, offset=len(found)
            )
            found += [str(each["metric"]) for each in page or ()]
            if len(page or ()) < SERIES:
                return list(dict.fromkeys(found))

    def _series(self, run_id: str, name: str, place: _Place, start: str) -> Flow[PointBlock | None]:
        count, last = place.series.get(name, (0, ""))
        answer = yield from self._project.native.time_series_data_list(
            self._project.name, name, last or start, datetime.now(UTC).isoformat(), labels=f"{LABEL}:{run_id}"
        )
        times, values, newest = [], [], last
        for point in answer.get("data_points") or ():
            date, value = str(point.get("start_date") or ""), point.get("value")
            time = moment(date)
            if time is None or not isinstance(value, int | float) or (last and time <= _time(last)):
                continue
            times.append(time.timestamp())
            values.append(float(value))
            newest = date
        place.series[name] = (count + len(times), newest)
        if not times:
            return None
        return block(range(count, count + len(times)), times, {name.removeprefix(PREFIX): values})


@dataclass
class _Place:
    """How far the metrics of a run were read: of each series the number of points and the time of the last."""

    series: dict[str, tuple[int, str]]
    final: bool

    @classmethod
    def parse(cls, text: str | None) -> _Place:
        if text is None:
            return cls({}, final=False)
        try:
            given = json.loads(text)
            series = {str(name): (int(count), str(last)) for name, (count, last) in given["series"].items()}
            return cls(series, bool(given["final"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InvalidInput(f"{text!r} is not a cursor that reading metrics gave.") from None

    def __str__(self) -> str:
        return json.dumps({"series": self.series, "final": self.final})


class UbiOpsLogs(LogOperations):
    """Lines of the platform's log that belong to a run."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def read(self, run_id: str, after: str | None, limit: int) -> Flow[Page[LogLine]]:
        """The lines behind a cursor; soon after the end of a run more of them may come late."""
        place = _cursor(after)
        request = yield from self._project.request(run_id, recent=after is not None)
        info = parse_run(request, {})
        lines = yield from self._lines(info, place, limit)
        late = info.state.ended and not self._settled(info)
        return Page(lines, lines[-1].cursor if lines else after, late)

    @emulated("the whole log is read")
    def tail(self, run_id: str, lines: int, before: str | None) -> Flow[Page[LogLine]]:
        end = None if before is None else _cursor(before)[2]
        found: list[LogLine] = []
        after = None
        while True:
            page = yield from self.read(run_id, after, LINES)
            found += [line for line in page.items if end is None or line.line < end - 1]
            if not page.items or (end is not None and page.items[-1].line >= end - 1):
                break
            after = page.cursor
        kept = found[-lines:] if lines else []
        return Page(tuple(kept), found[-1].cursor if found else before, page.late)

    def _settled(self, info: RunInfo) -> bool:
        """Whether no line comes late any more."""
        if info.ended_at is None:
            return True
        return (datetime.now(UTC) - info.ended_at).total_seconds() >= self._project.settings.log_delay

    def _lines(self, info: RunInfo, place: tuple[int, int, int], limit: int) -> Flow[tuple[LogLine, ...]]:
        time, same, number = place
        start: int | str = time or (info.created_at or datetime(1970, 1, 1, tzinfo=UTC)).isoformat()
        found: list[LogLine] = []
        while len(found) < limit:
            page = yield from self._project.native.logs_list(self._project.name, _query(info), start, limit=LINES)
            given, passed = 0, same
            for entry in page or ():
                stamp = int(entry.get("timestamp") or 0)
                if stamp == time and passed:
                    passed -= 1
                    continue
                same = same + 1 if stamp == time else 1
                time, given, number = stamp, given + 1, number + 1
                found.append(_line(entry, number - 1, f"{time}:{same}:{number}"))
            start = time
            if len(page or ()) < LINES or not given:
                break
        return tuple(found[:limit])


def _query(info: RunInfo) -> str:
    """As the SDK asks for the log of one run."""
    return (
        f"| deployment_name=`{DEPLOYMENT}` and deployment_version=`{info.experiment}`"
        f" and deployment_request_id!~`.+` or deployment_request_id=`{info.id}`"
    )


def _line(entry: Mapping[str, Any], number: int, cursor: str) -> LogLine:
    about = entry.get("metadata")
    about = about if isinstance(about, Mapping) else {}
    stream = Stream.SYSTEM if about.get("system") else Stream.STDERR if about.get("level") == "error" else Stream.STDOUT
    time = datetime.fromtimestamp(int(entry.get("timestamp") or 0) / 1e9, UTC)
    return LogLine(number, time, stream, str(entry.get("log") or "").rstrip("\r\n"), cursor)


def _cursor(text: str | None) -> tuple[int, int, int]:
    """Nanoseconds of the last line, how many lines of that time were given, and how many lines in all."""
    if text is None:
        return 0, 0, 0
    parts = text.split(":")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        raise InvalidInput(f"{text!r} is not a cursor that reading logs gave.")
    return int(parts[0]), int(parts[1]), int(parts[2])


def _number(name: str, value: float) -> float:
    if not isinstance(name, str) or not name or len(PREFIX + name) > LONGEST_NAME:
        raise InvalidMetric(f"The metric name {name!r} must be text of 1 to {LONGEST_NAME - len(PREFIX)} characters.")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InvalidMetric(f"The metric {name!r} must be a number, not {value!r}.") from None
    if not math.isfinite(number):
        raise InvalidMetric(f"The metric {name!r} is {number}, which UbiOps cannot take: JSON has no such number.")
    return number


def _time(text: str) -> datetime:
    return moment(text) or datetime(1970, 1, 1, tzinfo=UTC)
