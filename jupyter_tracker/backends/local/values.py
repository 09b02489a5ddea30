"""Params and tags of runs, as they are kept."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

from jupyter_tracker.backends.common.values import checked_tags, plain_params
from jupyter_tracker.backends.local.packing import Record, key_names, key_set, pack, unpack
from jupyter_tracker.errors import Conflict
from jupyter_tracker.filters import param_number, param_text
from jupyter_tracker.models import JsonValue


def add_params(db: sqlite3.Connection, run: int, params: Mapping[str, JsonValue]) -> None:
    """Add params to a run; one that is there keeps its value (MLflow: params are written once).

    Raises:
        Conflict: a param is there with another value.
        InvalidParams: a value is not JSON.
    """
    known, tags = read_record(db, run)
    for key, value in plain_params(params).items():
        if key in known and _canonical(known[key]) != _canonical(value):
            raise Conflict(
                f"The param {key!r} is {known[key]!r} already and cannot become {value!r}: params are written once. "
                "Use a tag for what changes."
            )
        known[key] = value
        db.execute(
            "INSERT OR IGNORE INTO params (run, key, number, text) VALUES (?, ?, ?, ?)",
            (run, key, param_number(value), param_text(value)),
        )
    _write_record(db, run, known, tags)


def change_tags(db: sqlite3.Connection, run: int, tags: Mapping[str, str | None]) -> None:
    """Set tags of a run, and remove those whose value is None.

    Raises:
        InvalidInput: a name or value is not text.
    """
    params, known = read_record(db, run)
    for key, value in checked_tags(tags).items():
        if value is None:
            known.pop(key, None)
            db.execute("DELETE FROM tags WHERE run = ? AND key = ?", (run, key))
            continue
        known[key] = value
        db.execute("INSERT OR REPLACE INTO tags (run, key, value) VALUES (?, ?, ?)", (run, key, value))
    _write_record(db, run, params, known)


def read_record(db: sqlite3.Connection, run: int) -> tuple[dict[str, JsonValue], dict[str, str]]:
    """The params and tags of a run."""
    fields, numbers, texts = db.execute("SELECT fields, numbers, texts FROM runs WHERE number = ?", (run,)).fetchone()
    return unpack(Record(key_names(db, {fields})[fields], numbers, texts))


def _write_record(db: sqlite3.Connection, run: int, params: Mapping[str, JsonValue], tags: Mapping[str, str]) -> None:
    record = pack(params, tags)
    db.execute(
        "UPDATE runs SET fields = ?, numbers = ?, texts = ? WHERE number = ?",
        (key_set(db, record.names), record.numbers, record.texts, run),
    )


def _canonical(value: JsonValue) -> str:
    """Equal text for equal values of equal types, in whatever order the keys of a dict are."""
    return json.dumps(value, sort_keys=True)
