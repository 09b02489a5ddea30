"""A log by row numbers: the same rows as when all of it is read at once, whatever is filtered and searched."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.feed import log as log_module
from jupyter_tracker.feed.log import LogIndex, Wanted
from jupyter_tracker.feed.logrows import level_of, plain, rows_of
from jupyter_tracker.models import Level, LogLine, Page, Stream

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
ERRORS = Wanted(levels=frozenset({Level.ERROR}))


def lines_of(texts):
    """Lines, and parts of lines, in order; a text without an end of line goes on in the next one."""
    lines, number = [], 0
    for index, text in enumerate(texts):
        ends = text.endswith("\n")
        lines.append(LogLine(number, MOMENT, Stream.STDOUT, text.removesuffix("\n"), str(index + 1), ends))
        number += ends
    return lines


class Log:
    """A log that grows, and what reads it."""

    def __init__(self, texts=()):
        self.lines = lines_of(texts)

    async def read(self, after, limit):
        start = int(after or 0)
        if start > len(self.lines):
            raise InvalidInput("The cursor is not of this log.")
        found = self.lines[start : start + limit]
        return Page(tuple(found), found[-1].cursor if found else after)


def texts(rows):
    return [(row.text, row.repeats) for row in rows]


async def whole(index, wanted=None):
    wanted = wanted or Wanted()
    return [row for _, row in await index.window(wanted, 0, index.count(wanted))]


pieces = st.lists(
    st.sampled_from(["a\n", "a\n", "b\n", "10%\r", "20%\r", "x", "\n", "ERROR: no\n", "\x1b[31mWARNING\x1b[0m w\n"]),
    max_size=60,
)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(log_module, "CHUNK", 7)
    monkeypatch.setattr(log_module, "_AT_ONCE", 21)


@given(pieces, st.integers(0, 60))
@settings(deadline=None)
def test_rows_are_those_of_the_whole_log_however_it_grew(written, seen):
    async def check():
        log = Log(written)
        index = LogIndex(log.read)
        log.lines, rest = log.lines[:seen], log.lines[seen:]
        await index.update()
        log.lines += rest
        await index.update()
        assert index.complete
        expanded = [text for text, repeats in texts(await whole(index)) for _ in range(repeats)]
        assert expanded == [text for text, repeats in texts(rows_of(log.lines)) for _ in range(repeats)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_module, "CHUNK", 7)
        patch.setattr(log_module, "_AT_ONCE", 21)
        asyncio.run(check())


@given(pieces)
@settings(deadline=None)
def test_filter_search_and_jumps_agree_with_a_look_at_each_row(written):
    async def check():
        index = LogIndex(Log(written).read)
        await index.update()
        rows = await whole(index)
        serious = [row for row in rows if level_of(row.text) is Level.ERROR]
        assert texts(await whole(index, ERRORS)) == texts(serious)
        found = await index.search(Wanted(), "ERROR", 0, 0)
        places = [position for position, row in enumerate(rows) if "error" in plain(row.text).lower()]
        assert (found.count, found.complete) == (len(places), True)
        assert found.position == (places[0] if places else None)
        if places:
            after = await index.search(Wanted(), "error", places[-1], 1)
            assert after.position == places[0]  # round again
            before = await index.search(Wanted(), "error", places[0], -1)
            assert before.position == places[-1]
        errors = [position for position, row in enumerate(rows) if level_of(row.text) is Level.ERROR]
        assert index.next_of(Wanted(), Level.ERROR, -1, 1) == (errors[0] if errors else None)

    asyncio.run(check())


def test_a_progress_bar_is_one_row_across_chunks():
    async def check():
        index = LogIndex(Log([f"{percent}%\r" for percent in range(101)]).read)
        await index.update()
        assert texts(await whole(index)) == [("100%", 1)]

    asyncio.run(check())


def test_a_log_that_was_removed_is_read_anew():
    async def check():
        log = Log(["a\n"] * 30)
        index = LogIndex(log.read)
        await index.update()
        log.lines = lines_of(["The log was removed.\n"])
        await index.update()
        assert texts(await whole(index)) == [("The log was removed.", 1)]

    asyncio.run(check())


def test_reading_a_long_log_pauses_and_goes_on():
    async def check():
        index = LogIndex(Log([f"{number}\n" for number in range(100)]).read)
        await index.update(patience=-1)
        assert not index.complete
        assert index.count(Wanted()) == 21
        while not index.complete:
            await index.update(patience=-1)
        assert index.count(Wanted()) == 100

    asyncio.run(check())


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("epoch 1 loss 0.5", Level.INFO),
        ("2026-01-01 ERROR no disk", Level.ERROR),
        ("\x1b[31mERROR\x1b[0m no disk", Level.ERROR),
        ("Traceback (most recent call last):", Level.ERROR),
        ("ValueError: no", Level.ERROR),
        ("errors 0 of 12", Level.INFO),
        ("UserWarning: old", Level.WARNING),
        ("WARN: low", Level.WARNING),
    ],
)
def test_how_serious_a_line_is(text, level):
    assert level_of(text) is level
