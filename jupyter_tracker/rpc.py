"""The operations that views can ask for, in one table, whether they ask over the kernel's channel or over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

from jupyter_tracker.client import requests
from jupyter_tracker.client.async_run import AsyncRun
from jupyter_tracker.client.run import GRACE_PERIOD
from jupyter_tracker.client.tracker import AsyncTracker
from jupyter_tracker.errors import InvalidInput, TrackerError, did_you_mean
from jupyter_tracker.feed import comparing, form, overview, table
from jupyter_tracker.feed.alerts import AlertFeed
from jupyter_tracker.feed.answers import RUN_OPERATIONS
from jupyter_tracker.feed.classifications import ClassificationFeed
from jupyter_tracker.feed.feed import PARTS, Push, RunFeed, Subscription, actions
from jupyter_tracker.feed.overview import OverviewFeed, experiment_data
from jupyter_tracker.feed.pace import pace_param
from jupyter_tracker.feed.params import Params, number_param, text_param, texts_param, whole_param
from jupyter_tracker.feed.submitting import SUBMIT_OPERATIONS
from jupyter_tracker.feed.table import TableFeed
from jupyter_tracker.feed.wire import Json, error_data, line_data, run_data
from jupyter_tracker.models import MACHINE_PREFIX, Lifecycle

Answer = tuple[Json, list[bytes]]
Leave = Callable[[], None]
TableKey = tuple[str, str, str, Lifecycle]
MOST_RUNS = 500
"""Runs that one request changes at most."""


class Session:
    """One client of a tracker: the feeds that its views share."""

    def __init__(self, tracker: AsyncTracker) -> None:
        self.tracker = tracker
        self._feeds: dict[str, RunFeed] = {}
        self._tables: dict[TableKey, TableFeed] = {}
        self._overview = OverviewFeed(tracker)
        self._alerts = AlertFeed(tracker)
        self._classifications: dict[str, ClassificationFeed] = {}

    def feed(self, run_id: str) -> RunFeed:
        """The feed of a run, the same for all views."""
        if run_id not in self._feeds:
            self._feeds[run_id] = RunFeed(self.tracker, run_id)
        return self._feeds[run_id]

    def table(self, params: Params) -> TableFeed:
        """The feed of the runs that a view names by experiment, filter, order and lifecycle; the same for all views.

        Raises:
            InvalidFilter: the filter or the order cannot be read.
        """
        key = table_key(params)
        if key not in self._tables:
            experiment, where, order_by, lifecycle = key
            query = requests.query(experiment or None, where, order_by, lifecycle)
            # A view asks for the first rows before it follows, so that one is kept which nobody watches yet.
            self._tables = {known: feed for known, feed in self._tables.items() if feed.watched}
            self._tables[key] = TableFeed(self.tracker, query)
        return self._tables[key]

    def changed(self) -> None:
        """Something was changed: tell those who watch tables, experiments or alerts soon."""
        for feed in self._tables.values():
            feed.wake()
        self._overview.wake()
        self._alerts.wake()

    def follow_overview(self, params: Params, push: Push) -> Leave:
        """Tell a view about the experiments."""
        self._overview.watch(push, pace_param(params, overview.PACE), params.get("known"))
        return lambda: self._overview.unwatch(push)

    def follow_alerts(self, cursor: Json | None, push: Push) -> Leave:
        """Tell a view of the alerts that come after a cursor, or from now on."""
        self._alerts.watch_after(push, cursor)
        return lambda: self._alerts.unwatch(push)

    def follow_table(self, params: Params, push: Push) -> Leave:
        """Tell a view about a table; the runs of one that nobody watches are forgotten."""
        key, pace, feed = table_key(params), pace_param(params, table.PACE), self.table(params)
        feed.watch(push, pace)

        def leave() -> None:
            feed.unwatch(push)
            if not feed.watched and self._tables.get(key) is feed:
                del self._tables[key]

        return leave

    def follow(self, topic: str, params: Params, push: Push) -> Leave:
        """Begin to tell a view about a topic; the result ends it. Must be called in the event loop.

        Raises:
            InvalidInput: there is no such topic, or a param is missing or of the wrong type.
        """
        begin = TOPICS.get(topic)
        if begin is None:
            raise InvalidInput(f"There is no topic {topic!r}.{did_you_mean(topic, TOPICS)}")
        return begin(self, params, push)

    def follow_run(self, run_id: str, columns: int, push: Push, parts: Iterable[str] = PARTS) -> Leave:
        """Tell a view about a run, or some parts of it; the points of a run that nobody watches are forgotten."""
        feed = self.feed(run_id)
        view = Subscription(push, max(50, min(columns, 4000)), frozenset(parts))
        feed.watch(view)

        def leave() -> None:
            feed.unwatch(view)
            if not feed.watched and self._feeds.get(run_id) is feed:
                del self._feeds[run_id]

        return leave

    def follow_classifications(self, run_id: str, push: Push) -> Leave:
        """Tell a view about the classification metrics of a run."""
        feed = self._classifications.setdefault(run_id, ClassificationFeed(self.tracker, run_id))
        feed.watch(push)

        def leave() -> None:
            feed.unwatch(push)
            if not feed.watched and self._classifications.get(run_id) is feed:
                del self._classifications[run_id]

        return leave


async def call(session: Session, operation: str, params: Params) -> Answer:
    """Answer one request.

    Raises:
        InvalidInput: there is no such operation, or a param is missing or of the wrong type.
        TrackerError: what the operation raises.
    """
    handler = OPERATIONS.get(operation)
    if handler is None:
        raise InvalidInput(f"There is no operation {operation!r}.{did_you_mean(operation, OPERATIONS)}")
    return await handler(session, params)


async def _get(session: Session, params: Params) -> Answer:
    run = await session.tracker.runs.get(text_param(params, "run"))
    return {"run": run_data(run.info, actions(session.tracker, run.info))}, []


async def _logs(session: Session, params: Params) -> Answer:
    before = text_param(params, "before") if params.get("before") is not None else None
    limit = max(1, min(int(number_param(params, "limit", 500)), 5000))
    logs = session.tracker.backend.logs
    page = await session.tracker.drive(logs.tail(text_param(params, "run"), limit, before))
    return {"lines": [line_data(line) for line in page.items]}, []


async def _points(session: Session, params: Params) -> Answer:
    keys = params.get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise InvalidInput("The param 'keys' must be a list of metric names.")
    axis = text_param(params, "x")
    if axis not in ("step", "time"):
        raise InvalidInput(f"The param 'x' must be 'step' or 'time', not {axis!r}.")
    return await session.feed(text_param(params, "run")).points(
        keys, axis, number_param(params, "from"), number_param(params, "to"), int(number_param(params, "columns", 500))
    )


def _follow_run(session: Session, params: Params, push: Push) -> Leave:
    parts = texts_param(params, "parts") if "parts" in params else PARTS
    return session.follow_run(text_param(params, "run"), int(number_param(params, "columns", 500)), push, parts)


def _follow_table(session: Session, params: Params, push: Push) -> Leave:
    return session.follow_table(params, push)


def _follow_curves(session: Session, params: Params, push: Push) -> Leave:
    """A run without its log, its events and the samples of its machine, which views of many runs do not show."""

    def curves(update: Json, buffers: list[bytes]) -> None:
        kept = {name: part for name, part in update.items() if name not in ("log", "events")}
        if "points" in kept:
            kept["points"] = [each for each in kept["points"] if not each["key"].startswith(MACHINE_PREFIX)]
            buffers = [buffers[each["buffer"]] for each in kept["points"]]
            kept["points"] = [{**each, "buffer": place} for place, each in enumerate(kept["points"])]
        push(kept, buffers)

    return session.follow_run(text_param(params, "run"), int(number_param(params, "columns", 500)), curves)


def _follow_classifications(session: Session, params: Params, push: Push) -> Leave:
    return session.follow_classifications(text_param(params, "run"), push)


async def _code_difference(session: Session, params: Params) -> Answer:
    sides = [(session.tracker, text_param(params, name)) for name in ("run", "other")]
    return await comparing.code_difference(*sides), []


async def _rows(session: Session, params: Params) -> Answer:
    feed = session.table(params)
    histories = texts_param(params, "histories") if "histories" in params else ()
    if "runs" in params:
        return await feed.rows_of(texts_param(params, "runs"), histories), []
    anchor = None if params.get("anchor") is None else text_param(params, "anchor")
    known = params.get("known") if isinstance(params.get("known"), Mapping) else {}
    start, stop = whole_param(params, "from"), whole_param(params, "to")
    return await feed.rows(start, stop, histories, anchor=anchor, known=known), []


async def _ids(session: Session, params: Params) -> Answer:
    return {"ids": session.table(params).ids(whole_param(params, "from"), whole_param(params, "to"))}, []


async def _groups(session: Session, params: Params) -> Answer:
    return {"groups": session.table(params).groups(text_param(params, "param"))}, []


async def _sparks(session: Session, params: Params) -> Answer:
    feed, columns = session.table(params), whole_param(params, "columns", 60)
    return await feed.sparks(texts_param(params, "runs"), text_param(params, "metric"), max(2, min(columns, 500)))


Change = Callable[[AsyncTracker, AsyncRun], Awaitable[Json]]


def _changes(read: Callable[[Params], Change]) -> Callable[[Session, Params], Awaitable[Answer]]:
    """An operation that changes one run and answers with it, or many and answers which of them it did not change.

    `read` checks the params and makes the change of them.
    """

    async def one_or_many(session: Session, params: Params) -> Answer:
        change = read(params)
        if "runs" not in params:
            run = await session.tracker.runs.get(text_param(params, "run"))
            more = await change(session.tracker, run)
            session.changed()
            return {"run": run_data(run.info, actions(session.tracker, run.info)), **more}, []
        done: list[Json] = []
        failed: list[Json] = []
        for reference in texts_param(params, "runs")[:MOST_RUNS]:
            try:
                run = await session.tracker.runs.get(reference)
                done.append({"id": run.id, **await change(session.tracker, run)})
            except TrackerError as error:
                failed.append({"id": reference, "error": error_data(error)})
        session.changed()
        return {"done": done, "failed": failed}, []

    return one_or_many


def _stop(params: Params) -> Change:
    grace = number_param(params, "grace_period", GRACE_PERIOD)

    async def stop(_: AsyncTracker, run: AsyncRun) -> Json:
        await run.stop(grace)
        return {}

    return stop


def _set_tags(params: Params) -> Change:
    tags = params.get("tags")
    if not isinstance(tags, Mapping) or not all(isinstance(value, str | None) for value in tags.values()):
        raise InvalidInput(f"The param 'tags' must be texts by name, or null for those that go, not {tags!r:.80}.")

    async def set_tags(_: AsyncTracker, run: AsyncRun) -> Json:
        before = {name: run.info.tags.get(name) for name in tags}
        await run.set_tags(tags)
        return {"before": before}

    return set_tags


def _moves(verb: str) -> Callable[[Params], Change]:
    """A change of the lifecycle, which takes no params."""

    async def move(tracker: AsyncTracker, run: AsyncRun) -> Json:
        run.info = (await getattr(tracker.runs, verb)(run.id)).info
        return {}

    return lambda _: move


def _follow_overview(session: Session, params: Params, push: Push) -> Leave:
    return session.follow_overview(params, push)


def _follow_alerts(session: Session, params: Params, push: Push) -> Leave:
    cursor = params.get("cursor")
    if not isinstance(cursor, Mapping | None):
        raise InvalidInput(f"The param 'cursor' must be one that came with an update, not {cursor!r:.80}.")
    return session.follow_alerts(None if cursor is None else dict(cursor), push)


def _moves_experiment(verb: str) -> Callable[[Session, Params], Awaitable[Answer]]:
    """A change of the lifecycle of an experiment."""

    async def move(session: Session, params: Params) -> Answer:
        experiment = await getattr(session.tracker.experiments, verb)(text_param(params, "experiment"))
        session.changed()
        return {"experiment": experiment_data(experiment)}, []

    return move


async def _refresh(session: Session, _: Params) -> Answer:
    session.changed()
    return {}, []


TOPICS: Mapping[str, Callable[[Session, Params, Push], Leave]] = {
    "alerts": _follow_alerts,
    "classifications": _follow_classifications,
    "curves": _follow_curves,
    "overview": _follow_overview,
    "run": _follow_run,
    "table": _follow_table,
}
"""What a view can be told about as it changes; the first update holds everything."""

OPERATIONS: Mapping[str, Callable[[Session, Params], Awaitable[Answer]]] = {
    "experiments.archive": _moves_experiment("archive"),
    "experiments.delete": _moves_experiment("delete"),
    "experiments.restore": _moves_experiment("restore"),
    "experiments.unarchive": _moves_experiment("unarchive"),
    "refresh": _refresh,
    "runs.archive": _changes(_moves("archive")),
    "runs.code_difference": _code_difference,
    "runs.delete": _changes(_moves("delete")),
    "runs.get": _get,
    "runs.groups": _groups,
    "runs.ids": _ids,
    "runs.logs": _logs,
    "runs.points": _points,
    "runs.restore": _changes(_moves("restore")),
    "runs.rows": _rows,
    "runs.set_tags": _changes(_set_tags),
    "runs.sparks": _sparks,
    "runs.stop": _changes(_stop),
    "runs.unarchive": _changes(_moves("unarchive")),
    **RUN_OPERATIONS,
    **SUBMIT_OPERATIONS,
}

READING = frozenset(
    {
        *("artifacts.get", "artifacts.list", "artifacts.preview", "assets.get", "checkpoints.list", "models.list"),
        *("logs.search", "logs.seek", "logs.text", "logs.window", "refresh", "templates.list"),
        *("runs.children", "runs.code", "runs.code_difference", "runs.code_file", "runs.contents"),
        *("runs.environment", "runs.get", "runs.groups", "runs.ids", "runs.logs", "runs.points", "runs.rows"),
        "runs.sparks",
    }
)
"""The operations that change nothing: whoever may only read may ask for them."""
EXECUTING = frozenset({"runs.clone", "runs.restart", *form.OPERATIONS})
"""Those that execute code, and the form that leads there, which reads it. All others change what is kept."""


def table_key(params: Params) -> TableKey:
    """What names a table: experiment, filter, order, lifecycle; each may be missing."""
    experiment, where, order_by, lifecycle = (
        "" if params.get(name) in (None, "") else text_param(params, name)
        for name in ("experiment", "where", "order_by", "lifecycle")
    )
    return experiment, where, order_by, requests.lifecycle(lifecycle or Lifecycle.ACTIVE)
