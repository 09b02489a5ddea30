"""What views ask about one run: its files, its code, its log by row numbers, and what can be done with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeVar

from jupyter_tracker.client.async_run import AsyncRun
from jupyter_tracker.client.tracker import AsyncTracker
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.feed import contents
from jupyter_tracker.feed.chunks import chunk
from jupyter_tracker.feed.contents import Answer
from jupyter_tracker.feed.feed import RunFeed, actions
from jupyter_tracker.feed.log import LogIndex, Wanted
from jupyter_tracker.feed.params import Params, number_param, text_param, texts_param, whole_param
from jupyter_tracker.feed.wire import Json, row_data, run_data
from jupyter_tracker.models import Level, Stream

E = TypeVar("E", Level, Stream)

MOST_ROWS = 1000
"""Rows of a log in one answer."""
MOST_TEXT = 1 << 20
"""Bytes of log text in one answer, beyond which the view asks again."""
_LINES_OF_TEXT = 10_000


class Asked(Protocol):
    """What answers are made from."""

    tracker: AsyncTracker

    def feed(self, run_id: str) -> RunFeed:
        """The feed of a run."""


Answering = Callable[[Asked, Params], Awaitable[Answer]]


async def _run(asked: Asked, params: Params) -> AsyncRun:
    return await asked.tracker.runs.get(text_param(params, "run"))


def _about(asked: Asked, run: AsyncRun) -> Answer:
    return {"run": run_data(run.info, actions(asked.tracker, run.info))}, []


async def _contents(asked: Asked, params: Params) -> Answer:
    return await contents.counts(asked.tracker, (await _run(asked, params)).info)


async def _children(asked: Asked, params: Params) -> Answer:
    return await contents.children(asked.tracker, (await _run(asked, params)).info)


async def _code(asked: Asked, params: Params) -> Answer:
    return await contents.code(asked.tracker, (await _run(asked, params)).info)


async def _code_file(asked: Asked, params: Params) -> Answer:
    return await contents.code_file(asked.tracker, (await _run(asked, params)).info, text_param(params, "path"))


def _of_run(answer: Callable[[AsyncTracker, str], Awaitable[Answer]]) -> Answering:
    async def answering(asked: Asked, params: Params) -> Answer:
        return await answer(asked.tracker, text_param(params, "run"))

    return answering


def _of_file(answer: Callable[[AsyncTracker, str, str], Awaitable[Answer]]) -> Answering:
    async def answering(asked: Asked, params: Params) -> Answer:
        return await answer(asked.tracker, text_param(params, "run"), text_param(params, "path"))

    return answering


async def _clone(asked: Asked, params: Params) -> Answer:
    changed = params.get("params") or {}
    if not isinstance(changed, Mapping):
        raise InvalidInput(f"The param 'params' must be values by name, not {changed!r:.80}.")
    name = text_param(params, "name") if params.get("name") else None
    return _about(asked, await (await _run(asked, params)).clone(changed, name=name))


async def _restart(asked: Asked, params: Params) -> Answer:
    run = await (await _run(asked, params)).restart()
    await asked.feed(run.id).refresh()
    return _about(asked, run)


async def _unarchive(asked: Asked, params: Params) -> Answer:
    return _about(asked, await asked.tracker.runs.unarchive(text_param(params, "run")))


async def _update(asked: Asked, params: Params) -> Answer:
    notes, name = params.get("notes"), params.get("name")
    if not isinstance(notes, str | None) or not isinstance(name, str | None):
        raise InvalidInput("The params 'notes' and 'name' must be text.")
    return _about(asked, await asked.tracker.runs.update(text_param(params, "run"), notes=notes, name=name))


async def _log(asked: Asked, params: Params) -> LogIndex:
    log = asked.feed(text_param(params, "run")).log
    await log.update()
    return log


def _wanted(params: Params) -> Wanted:
    return Wanted(_some(params, "levels", Level), _some(params, "streams", Stream))


def _some(params: Params, name: str, kind: type[E]) -> frozenset[E]:
    """Which of some words a view wants; all when it names none."""
    if params.get(name) is None:
        return frozenset(kind)
    words = texts_param(params, name)
    unknown = sorted(set(words) - set(kind))
    if unknown:
        raise InvalidInput(f"The param {name!r} may hold {', '.join(kind)}, not {unknown[0]!r}.")
    return frozenset(map(kind, words))


async def _window(asked: Asked, params: Params) -> Answer:
    log, wanted = await _log(asked, params), _wanted(params)
    count = log.count(wanted)
    start = count + whole_param(params, "from") if params.get("at_end") else whole_param(params, "from")
    start = max(0, start)
    rows: list[Json] = []
    size = 0
    for number, row in await log.window(wanted, start, start + min(whole_param(params, "limit", 200), MOST_ROWS)):
        rows.append(row_data(row, log.level(number)))
        size += len(row.text)
        if size > MOST_TEXT:
            break
    return {
        "count": count,
        "lines": log.lines,
        "complete": log.complete,
        "levels": {str(level): rows_ for level, rows_ in log.serious().items()},
        "from": min(start, count),
        "rows": rows,
    }, []


async def _search(asked: Asked, params: Params) -> Answer:
    log = await _log(asked, params)
    hits = await log.search(
        _wanted(params), text_param(params, "query"), whole_param(params, "position"), whole_param(params, "step", 0)
    )
    return {
        "count": hits.count,
        "complete": hits.complete,
        "position": hits.position,
        "ordinal": hits.ordinal,
    }, []


async def _seek(asked: Asked, params: Params) -> Answer:
    """The position of a time, or of the next row of a level."""
    log, wanted = await _log(asked, params), _wanted(params)
    if "time" in params:
        return {"position": log.at_time(wanted, number_param(params, "time")), "complete": log.complete}, []
    (level,) = _some({"levels": [text_param(params, "level")]}, "levels", Level)
    step = -1 if whole_param(params, "step", 1) < 0 else 1
    found = log.next_of(wanted, level, whole_param(params, "position"), step)
    return {"position": found, "complete": log.complete}, []


async def _text(asked: Asked, params: Params) -> Answer:
    """The log as it was printed, part by part, to be saved by the browser."""
    after = text_param(params, "after") if params.get("after") is not None else None
    pieces = asked.tracker.backend.logs.read(text_param(params, "run"), after, _LINES_OF_TEXT)
    page = await asked.tracker.drive(pieces)
    text = "".join(line.text + "\n" * line.terminated for line in page.items)
    return {"cursor": page.cursor, "complete": len(page.items) < _LINES_OF_TEXT}, [text.encode("utf-8", "replace")]


async def _asset(_: Asked, params: Params) -> Answer:
    return {"text": await asyncio.to_thread(chunk, text_param(params, "name"))}, []


RUN_OPERATIONS: Mapping[str, Answering] = {
    "artifacts.get": _of_file(contents.artifact),
    "artifacts.list": _of_run(contents.artifacts),
    "artifacts.preview": _of_file(contents.preview),
    "assets.get": _asset,
    "checkpoints.list": _of_run(contents.checkpoints),
    "logs.search": _search,
    "logs.seek": _seek,
    "logs.text": _text,
    "logs.window": _window,
    "models.list": _of_run(contents.models),
    "runs.children": _children,
    "runs.clone": _clone,
    "runs.code": _code,
    "runs.code_file": _code_file,
    "runs.contents": _contents,
    "runs.environment": _of_run(contents.environment),
    "runs.restart": _restart,
    "runs.unarchive": _unarchive,
    "runs.update": _update,
}
