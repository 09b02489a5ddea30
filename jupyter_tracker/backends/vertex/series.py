"""Tensorboard: the time series of runs, linked to them by an artifact, written in portions and read completely."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.backends.vertex.nodes import Nodes, Place
from jupyter_tracker.backends.vertex.parse import number
from jupyter_tracker.backends.vertex.resources import (
    BACKING_TENSORBOARD,
    LIVE,
    TENSORBOARD_RUN,
    Json,
    Messages,
    Names,
    last,
)
from jupyter_tracker.backends.vertex.rest import Rest
from jupyter_tracker.errors import RemoteConflict
from jupyter_tracker.flow import Flow, Together
from jupyter_tracker.models import PointBlock

WRITE_LIMIT = 5000
"""points of one request"""
EXPORT_PAGE = 10_000
TENSORBOARD_PAGE = 100
PARALLEL = 8
SCHEMA_VERSION = "0.0.1"
_SCALAR = 1

Blocks = list[PointBlock]


@dataclass(frozen=True, slots=True)
class Point:
    """One value of one metric."""

    key: str
    step: int
    time: float
    """Seconds since the epoch."""
    value: float


class Series:
    """Time series of runs."""

    def __init__(self, rest: Rest, nodes: Nodes, names: Names, endpoint: str) -> None:
        self.rest = rest
        self.nodes = nodes
        self.names = names
        self.endpoint = endpoint

    def linked(self, operation: str, place: Place) -> Flow[str | None]:
        """The name of the Tensorboard run with the series of a run; None when the run has none."""
        artifact = yield from self.rest.find(operation, self.names.artifact(f"{place.id}-tb-run"))
        if artifact is None:
            return None
        name = (artifact.get("metadata") or {}).get("resourceName")
        return str(name) if name else None

    def link(self, operation: str, place: Place, tensorboard: str, context: str) -> Flow[str]:
        """Make a Tensorboard run for a run, and the artifact that links them; the result is its name."""
        experiment = f"{tensorboard}/experiments/{place.experiment}"
        board = experiment.rpartition("/experiments/")[0]
        yield from self._soft_create(
            operation,
            experiment,
            board,
            "experiments",
            {
                "displayName": place.experiment,
                "labels": {"vertex_tensorboard_experiment_source": "vertex_experiment"},
            },
            {"tensorboardExperimentId": place.experiment},
        )
        run = f"{experiment}/runs/{place.run}"
        yield from self._soft_create(
            operation, run, experiment, "runs", {"displayName": place.run}, {"tensorboardRunId": place.run}
        )
        body = {
            "uri": f"{self.endpoint}/v1/{run}",
            "state": LIVE,
            "schemaTitle": TENSORBOARD_RUN,
            "schemaVersion": SCHEMA_VERSION,
            "metadata": {"resourceName": run, "vertex_experiment_tracking": True},
        }
        try:
            artifact = yield from self.nodes.create_artifact(operation, body, f"{place.id}-tb-run")
        except RemoteConflict as conflict:
            if conflict.code != "ALREADY_EXISTS":
                raise
            artifact = {"name": self.names.artifact(f"{place.id}-tb-run")}
        yield from self.nodes.include(operation, context, artifact=artifact["name"])
        return run

    def backing(self, operation: str, experiment: Json, wanted: str) -> Flow[str]:
        """The Tensorboard of an experiment; one without gets the wanted one, the project's, or a new one."""
        known = (experiment.get("metadata") or {}).get(BACKING_TENSORBOARD)
        if known:
            return str(known)
        name = self.names.tensorboard(wanted) if wanted else ""
        if not name:
            boards = yield from self.rest.list(operation, self.names.parent, "tensorboards", size=TENSORBOARD_PAGE)
            boards.sort(key=lambda board: (not board.get("isDefault"), str(board.get("createTime", ""))))
            name = boards[0]["name"] if boards else ""
        if not name:
            made = yield from self.rest.create(
                operation, self.names.parent, "tensorboards", {"displayName": "Experiments"}
            )
            name = made["name"]
        yield from self.assign(operation, experiment["name"], name)
        return name

    def assign(self, operation: str, experiment: str, tensorboard: str) -> Flow[None]:
        """Write down the Tensorboard of an experiment."""

        def edit(context: Json) -> None:
            context.setdefault("metadata", {})[BACKING_TENSORBOARD] = tensorboard

        yield from self.rest.change(operation, experiment, "context", edit)

    def list(self, operation: str, run: str) -> Flow[Messages]:
        """The scalar series of a Tensorboard run, in the order of their creation."""
        found = yield from self.rest.list(operation, run, "timeSeries", items="tensorboardTimeSeries")
        scalars = [one for one in found if one.get("valueType", _SCALAR) in (_SCALAR, "SCALAR")]
        return sorted(scalars, key=lambda one: str(one.get("createTime", "")))

    def ensure(self, operation: str, run: str, keys: Iterable[str], known: dict[str, str]) -> Flow[None]:
        """Fill `known`, metric to id of its series, with all keys; series that are not there are made."""
        if all(key in known for key in keys):
            return
        for one in (yield from self.list(operation, run)):
            known[str(one.get("displayName", ""))] = last(one["name"])
        for key in keys:
            if key not in known:
                body = {"displayName": key, "valueType": _SCALAR, "pluginName": "scalars"}
                made = yield from self.rest.create(operation, run, "timeSeries", body)
                known[key] = last(made["name"])

    def write(self, operation: str, run: str, points: Sequence[Point], known: Mapping[str, str]) -> Flow[None]:
        """Write points, in requests that the platform takes; of points at one step the last one stays."""
        for start in range(0, len(points), WRITE_LIMIT):
            by_key: dict[str, dict[int, Json]] = {}
            for point in points[start : start + WRITE_LIMIT]:
                by_key.setdefault(point.key, {})[point.step] = {
                    "wallTime": datetime.fromtimestamp(point.time, UTC).isoformat().replace("+00:00", "Z"),
                    "step": str(point.step),
                    "scalar": {"value": number(point.value)},
                }
            data = [
                {"tensorboardTimeSeriesId": known[key], "valueType": _SCALAR, "values": list(values.values())}
                for key, values in by_key.items()
            ]
            # The same points again change nothing.
            yield from self.rest.call(
                operation, run, "write", "tensorboard_run", {"timeSeriesData": data}, harmless=True
            )

    def read(self, operation: str, run: str, series: Sequence[Json]) -> Flow[Blocks]:
        """All points of some series, a block each, by step: every page of each, several series at once."""
        if not series:
            return []
        blocks: Blocks = yield Together([self._export(operation, one) for one in series], PARALLEL)
        return blocks

    def largest_step(self, operation: str, run: str) -> Flow[int | None]:
        """The largest step of all series of a run; None when it has no point."""
        series = yield from self.list(operation, run)
        told = [(one.get("metadata") or {}).get("maxStep") for one in series]
        if series and all(step is not None for step in told):
            return max(int(step) for step in told if step is not None)
        blocks = yield from self.read(operation, run, series)
        return max((block.steps[-1] for block in blocks if len(block)), default=None)

    def _export(self, operation: str, series: Json) -> Flow[PointBlock]:
        found: dict[int, tuple[float, float]] = {}
        token = ""
        while True:
            body = {"pageSize": EXPORT_PAGE, **({"pageToken": token} if token else {})}
            answer = yield from self.rest.call(
                operation,
                series["name"],
                "exportTensorboardTimeSeries",
                "tensorboard_time_series",
                body,
                harmless=True,
            )
            for point in answer.get("timeSeriesDataPoints") or ():
                # Fields that are not set are absent, and text stands for what JSON has no number for.
                value = float((point.get("scalar") or {}).get("value", 0.0))
                time = moment(point.get("wallTime"))
                found[int(point.get("step", 0))] = (0.0 if time is None else time.timestamp(), value)
            token = answer.get("nextPageToken") or ""
            if not token:
                break
        steps = sorted(found)
        return PointBlock(
            (str(series.get("displayName", "")),),
            memoryview(array("q", steps)),
            memoryview(array("d", [found[step][0] for step in steps])),
            (memoryview(array("d", [found[step][1] for step in steps])),),
        )

    def _soft_create(
        self, operation: str, name: str, parent: str, collection: str, body: Json, query: Mapping[str, str]
    ) -> Flow[None]:
        if (yield from self.rest.find(operation, name)) is not None:
            return
        try:
            yield from self.rest.create(operation, parent, collection, body, query)
        except RemoteConflict as conflict:
            if conflict.code != "ALREADY_EXISTS":  # somebody else was faster
                raise
