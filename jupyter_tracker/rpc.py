"""The operations that views can ask for, in one table, whether they ask over the kernel's channel or over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

from jupyter_tracker.client import requests
from jupyter_tracker.client.run import GRACE_PERIOD
from jupyter_tracker.client.tracker import AsyncTracker
from jupyter_tracker.errors import InvalidInput, did_you_mean
from jupyter_tracker.feed.answers import RUN_OPERATIONS
from jupyter_tracker.feed.feed import PARTS, Push, RunFeed, Subscription, actions
from jupyter_tracker.feed.params import Params, number_param, text_param, texts_param, whole_param
from jupyter_tracker.feed.table import TableFeed
from jupyter_tracker.feed.wire import Json, line_data, run_data
from jupyter_tracker.models import Lifecycle

Answer = tuple[Json, list[bytes]]
Leave = Callable[[], None]
TableKey = tuple[str, str, str, Lifecycle]


class Session:
    """One client of a tracker: the feeds that its views share."""

    def __init__(self, tracker: AsyncTracker) -> None:
        self.tracker = tracker
        self._feeds: dict[str, RunFeed] = {}
        self._tables: dict[TableKey, TableFeed] = {}

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
            self._tables[key] = TableFeed(self.tracker, query)
        return self._tables[key]

    def follow_table(self, params: Params, push: Push) -> Leave:
        """Tell a view about a table; the runs of one that nobody watches are forgotten."""
        key, feed = table_key(params), self.table(params)
        feed.watch(push)

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


async def _stop(session: Session, params: Params) -> Answer:
    run = await session.tracker.runs.stop(
        text_param(params, "run"), grace_period=number_param(params, "grace_period", GRACE_PERIOD)
    )
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


async def _rows(session: Session, params: Params) -> Answer:
    feed = session.table(params)
    start, stop = whole_param(params, "from"), whole_param(params, "to")
    return await feed.rows(start, stop, texts_param(params, "histories") if "histories" in params else ()), []


async def _ids(session: Session, params: Params) -> Answer:
    return {"ids": session.table(params).ids(whole_param(params, "from"), whole_param(params, "to"))}, []


async def _groups(session: Session, params: Params) -> Answer:
    return {"groups": session.table(params).groups(text_param(params, "param"))}, []


async def _sparks(session: Session, params: Params) -> Answer:
    feed, columns = session.table(params), whole_param(params, "columns", 60)
    return await feed.sparks(texts_param(params, "runs"), text_param(params, "metric"), max(2, min(columns, 500)))


def _changes(verb: str) -> Callable[[Session, Params], Awaitable[Answer]]:
    """An operation that changes one run and answers with it."""

    async def change(session: Session, params: Params) -> Answer:
        run = await getattr(session.tracker.runs, verb)(text_param(params, "run"))
        return {"run": run_data(run.info, actions(session.tracker, run.info))}, []

    return change


async def _set_tags(session: Session, params: Params) -> Answer:
    tags = params.get("tags")
    if not isinstance(tags, Mapping) or not all(isinstance(value, str | None) for value in tags.values()):
        raise InvalidInput(f"The param 'tags' must be texts by name, or null for those that go, not {tags!r:.80}.")
    run = await session.tracker.runs.get(text_param(params, "run"))
    await run.set_tags(tags)
    return {"run": run_data(run.info, actions(session.tracker, run.info))}, []


TOPICS: Mapping[str, Callable[[Session, Params, Push], Leave]] = {"run": _follow_run, "table": _follow_table}
"""What a view can be told about as it changes; the first update holds everything."""

OPERATIONS: Mapping[str, Callable[[Session, Params], Awaitable[Answer]]] = {
    "runs.archive": _changes("archive"),
    "runs.delete": _changes("delete"),
    "runs.get": _get,
    "runs.groups": _groups,
    "runs.ids": _ids,
    "runs.logs": _logs,
    "runs.points": _points,
    "runs.restore": _changes("restore"),
    "runs.rows": _rows,
    "runs.set_tags": _set_tags,
    "runs.sparks": _sparks,
    "runs.stop": _stop,
    **RUN_OPERATIONS,
}


def table_key(params: Params) -> TableKey:
    """What names a table: experiment, filter, order, lifecycle; each may be missing."""
    experiment, where, order_by, lifecycle = (
        "" if params.get(name) in (None, "") else text_param(params, name)
        for name in ("experiment", "where", "order_by", "lifecycle")
    )
    return experiment, where, order_by, requests.lifecycle(lifecycle or Lifecycle.ACTIVE)
