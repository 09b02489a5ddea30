"""Checks of params and tags, and how they are kept."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from jupyter_tracker.backends.local.packing import Record, key_names, key_set, pack, unpack
from jupyter_tracker.errors import Conflict, InvalidInput, InvalidParams
from jupyter_tracker.filters import param_number, param_text
from jupyter_tracker.models import JsonValue

LONGEST_NOTES = 100_000


def plain_params(params: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Params as plain JSON values: tuples become lists, NumPy scalars Python numbers.

    Raises:
        InvalidParams: names the param, and what cannot be kept.
    """
    return {_param_name(key): _whole(value, key, "param") for key, value in params.items()}


def plain_data(data: Mapping[str, JsonValue], noun: str) -> dict[str, JsonValue]:
    """Other data as plain JSON values; `noun` is what they are called in messages.

    Raises:
        InvalidParams: names the key, and what cannot be kept.
    """
    return {str(key): _whole(value, str(key), noun) for key, value in data.items()}


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


def checked_tags(tags: Mapping[str, str | None]) -> dict[str, str | None]:
    """Tags as they are, None standing for one that is removed; `InvalidInput` when a name or value is not text."""
    for key, value in tags.items():
        if not isinstance(key, str) or not key or not writable(key):
            raise InvalidInput(f"The tag name {key!r} must be text.")
        if value is not None and (not isinstance(value, str) or not writable(value)):
            raise InvalidInput(f"The tag {key!r} must be text, not {value!r} ({type(value).__name__}).")
    return dict(tags)


def checked_notes(notes: str) -> str:
    """Notes that can be shown: text of at most 100,000 characters with no control characters but tabs and line ends."""
    plain = isinstance(notes, str) and writable(notes) and len(notes) <= LONGEST_NOTES
    if not plain or any(ord(character) < 32 and character not in "\t\n\r" for character in notes):
        raise InvalidInput(
            f"Notes must be text of at most {LONGEST_NOTES:,} characters, none of them a control character,"
            f" not {_shown(notes)}."
        )
    return notes


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


def _param_name(key: object) -> str:
    if not isinstance(key, str) or not key or len(key) > 250 or not writable(key):
        raise InvalidParams(f"The param name {key!r} must be text of 1 to 250 characters.")
    return key


def _plain(value: Any, where: str, noun: str) -> JsonValue:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and writable(value):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise InvalidParams(f"The {noun} {where!r} holds the key {key!r}; keys must be text.")
        return {key: _plain(item, f"{where}.{key}", noun) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{index}]", noun) for index, item in enumerate(value)]
    if hasattr(value, "dtype") and getattr(value, "ndim", None) == 0:
        return _plain(value.item(), where, noun)
    raise InvalidParams(
        f"The {noun} {where!r} is {_shown(value)}, which JSON cannot hold. "
        "Give numbers, text, booleans, None, and lists or dicts of these; str(…) makes text of anything."
    )


def writable(text: str) -> bool:
    """Whether text can be written at all, which half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _whole(value: Any, where: str, noun: str) -> JsonValue:
    try:
        return _plain(value, where, noun)
    except RecursionError:
        raise InvalidParams(f"The {noun} {where!r} holds itself, or is nested too deeply.") from None


def _canonical(value: JsonValue) -> str:
    """Equal text for equal values of equal types, in whatever order the keys of a dict are."""
    return json.dumps(value, sort_keys=True)


def _shown(value: object) -> str:
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '…'} ({type(value).__name__})"
