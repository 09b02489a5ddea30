"""Log lines as rows that people read: parts put together, progress bars as they stand, repeats as one row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jupyter_tracker.models import Level, LogLine, Stream

MAX_TEXT = 16_384
"""Characters of a row; a line without an end must not fill the memory."""
ESCAPES = re.compile(
    r"\x1b\[[0-9;:<=>?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]"
)
"""What a terminal carries out instead of showing it; the same as in `js/src/core/ansi.ts`."""
_SERIOUS = re.compile(
    r"(\b(?:ERROR|CRITICAL|FATAL)\b|\b[Ee]rror:|^Traceback \(most recent call last\)|^[\w.]*(?:Error|Exception)(?::|$))"
    r"|\bWARN(?:ING)?\b|\b[Ww]arning:|^[\w.]*Warning\b"
)

_HINTS = ("err", "warn", "exception", "traceback", "critical", "fatal")


@dataclass(slots=True)
class LogRow:
    """One row of a log."""

    line: int
    time: float
    """Seconds since the epoch."""
    stream: Stream
    text: str
    """What a terminal would show: only what follows the last carriage return."""
    terminated: bool
    rewind: bool
    """The text ended with a carriage return: what comes next replaces it."""
    repeats: int = 1
    """How many lines with this text follow each other."""


def plain(text: str) -> str:
    """Text without what a terminal would not show."""
    return ESCAPES.sub("", text) if not text.isprintable() else text


def level_of(text: str) -> Level:
    """How serious a line is, by the words that loggers and Python use."""
    lower = text.lower()
    # Nearly no line has one of these, and looking for them is ten times as fast as the expression.
    if not any(hint in lower for hint in _HINTS):
        return Level.INFO
    found = _SERIOUS.search(plain(text))
    if found is None:
        return Level.INFO
    return Level.ERROR if found[1] else Level.WARNING


def collapsed(text: str) -> tuple[str, bool]:
    """What a terminal would show of a line, and whether what comes next replaces it."""
    rewind = False
    if "\r" in text:
        # Trailing carriage returns only move the cursor, so the text before them still stands.
        trimmed = text.rstrip("\r")
        rewind = len(trimmed) < len(text)
        text = trimmed.rpartition("\r")[2]
    return (text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"), rewind


def rows_of(lines: Sequence[LogLine], begun: LogRow | None = None) -> list[LogRow]:
    """Lines and parts of lines as rows; `begun` is the row before them, whose line may go on."""
    rows: list[LogRow] = []
    unfinished: dict[int, LogRow] = {}
    if begun is not None:
        rows.append(begun)
        unfinished[begun.line] = begun
    before: LogRow | None = None
    for line in lines:
        row = unfinished.get(line.line) if unfinished else None
        if row is not None:
            _go_on(row, line)
            if line.terminated:
                del unfinished[line.line]
            continue
        text, rewind = collapsed(line.text)
        if (
            before is not None
            and before.text == text
            and before.stream is line.stream
            and before.terminated
            and line.terminated
            and text.strip()
        ):
            before.repeats += 1
            continue
        before = LogRow(line.line, line.time.timestamp(), line.stream, text, line.terminated, rewind)
        rows.append(before)
        if not line.terminated:
            unfinished[line.line] = before
    return rows


def _go_on(row: LogRow, line: LogLine) -> None:
    row.terminated = line.terminated
    if not line.text.strip("\r"):
        row.rewind = row.rewind or line.text != ""
        return
    row.text, row.rewind = collapsed(("" if row.rewind else row.text) + line.text)
