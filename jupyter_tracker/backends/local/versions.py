"""Finding what has a name and versions, by what people call it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from jupyter_tracker.errors import Ambiguous, InvalidInput, NotFound

LONGEST_PATTERN = 1000


class Versioned(Protocol):
    """A source, template or model."""

    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...


V = TypeVar("V", bound=Versioned)


def find_version(db: sqlite3.Connection, select: Callable[..., list[V]], noun: str, reference: str) -> V:
    """The one of that id, `name@version`, name (its latest version) or unique prefix of an id, in the table `noun`s.

    A deleted one is found by id and by version only. `select` takes the database, a condition, and its values.

    Raises:
        NotFound: there is none; close names are suggested.
        Ambiguous: the prefix fits several.
    """
    name, _, version = reference.rpartition("@")
    number = int(version) if re.fullmatch(r"[0-9]{1,9}", version) else 0
    usable = "lifecycle != 'deleted'"
    found = (
        select(db, "id = ?", reference)
        or select(db, f"name = ? AND {usable} ORDER BY version DESC LIMIT 1", reference)
        or select(db, "name = ? AND version = ?", name, number)
        or select(db, f"id >= ? AND id < ? AND ? != '' AND {usable} LIMIT 50", reference, reference + "g", reference)
    )
    if not found:
        known = [row[0] for row in db.execute(f"SELECT DISTINCT name FROM {noun}s WHERE {usable}")]
        deleted = select(db, "name = ? AND lifecycle = 'deleted' ORDER BY version DESC LIMIT 3", reference)
        raise NotFound(noun, reference, known, deleted_hint(deleted) or f"`%tracker {noun}s` lists them.")
    if len(found) > 1:
        raise Ambiguous(noun, reference, [f"{each.id[:8]} ({each.label})" for each in found])
    return found[0]


def deleted_hint(deleted: Sequence[Versioned]) -> str:
    """How deleted versions are found of which only the name was given; empty for none."""
    labels = ", ".join(each.label for each in deleted)
    return f"A deleted one goes by its version: {labels}." if labels else ""


def like_pattern(pattern: str | None) -> str:
    """An ILIKE pattern as LIKE of SQLite takes it, which has the same signs and takes A for a, too; None fits all.

    Raises:
        InvalidInput: it is too long.
    """
    if pattern is not None and len(pattern) > LONGEST_PATTERN:
        raise InvalidInput(f"The pattern is longer than {LONGEST_PATTERN:,} characters.")
    return "%" if pattern is None else pattern
