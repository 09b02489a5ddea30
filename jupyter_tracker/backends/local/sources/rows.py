"""Rows of sources, and finding one by what people call it."""

from __future__ import annotations

import sqlite3
from typing import Any

from jupyter_tracker.backends.local.rows import moment
from jupyter_tracker.backends.local.versions import find_version
from jupyter_tracker.models import CodeKind, Lifecycle, Source, SourceFile

COLUMNS = (
    "id, name, version, digest, kind, entry_point, origin, git_commit, description, lifecycle, file_count, size,"
    " created_at, updated_at"
)


def select(db: sqlite3.Connection, rest: str, *values: object) -> list[Source]:
    """The sources that a condition selects."""
    rows = db.execute(f"SELECT {COLUMNS} FROM sources WHERE {rest}", values).fetchall()
    return [_source(row) for row in rows]


def find_source(db: sqlite3.Connection, reference: str) -> Source:
    """The source that people call so; see `find_version`."""
    return find_version(db, select, "source", reference)


def files_of_source(db: sqlite3.Connection, digest: str) -> tuple[SourceFile, ...]:
    """The files behind a digest, by path."""
    rows = db.execute(
        "SELECT path, size, sha256, executable FROM source_files WHERE digest = ? ORDER BY path", (digest,)
    )
    return tuple(SourceFile(path, size, sha256, bool(executable)) for path, size, sha256, executable in rows)


def _source(row: tuple[Any, ...]) -> Source:
    return Source(
        id=row[0],
        name=row[1],
        version=row[2],
        digest=row[3],
        kind=CodeKind(row[4]),
        entry_point=row[5],
        origin=row[6],
        git_commit=row[7],
        description=row[8],
        lifecycle=Lifecycle(row[9]),
        file_count=row[10],
        size=row[11],
        created_at=moment(row[12]),
        updated_at=moment(row[13]),
    )
