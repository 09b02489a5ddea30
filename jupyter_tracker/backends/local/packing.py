"""Params, tags and latest metrics of a run in the form in which listings read them.

Names are kept once for all runs that share them (table `key_sets`), and a number as eight bytes: a table of very many
runs is read column by column, with hardly anything to parse. A record is the params and tags of a run; a field of it is
named `params:TYPE:KEY` or `tags:TYPE:KEY`, where TYPE says how its value is kept:

    d  float64     q  int64     b  bool, as int64     j  anything else, in a JSON array beside the numbers
"""

from __future__ import annotations

import json
import sqlite3
import struct
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from jupyter_tracker.models import FieldGroup, JsonValue, Repeated

WORD = 8
Point = tuple[float, int, float]
"""value, step, time in seconds"""


@dataclass(frozen=True, slots=True)
class Record:
    """Packed params and tags."""

    names: tuple[str, ...]
    numbers: bytes
    texts: str


def key_set(db: sqlite3.Connection, names: Sequence[str]) -> int:
    """The number of a set of names, which is kept when it is new; inside a write transaction."""
    text = json.dumps(list(names))
    db.execute("INSERT OR IGNORE INTO key_sets (keys) VALUES (?)", (text,))
    number: int = db.execute("SELECT id FROM key_sets WHERE keys = ?", (text,)).fetchone()[0]
    return number


def key_names(db: sqlite3.Connection, numbers: set[int]) -> dict[int, tuple[str, ...]]:
    """The names of some sets."""
    rows = db.execute("SELECT id, keys FROM key_sets WHERE id IN (SELECT value FROM json_each(?))", (str([*numbers]),))
    return {number: tuple(json.loads(keys)) for number, keys in rows}


def pack(params: Mapping[str, JsonValue], tags: Mapping[str, str]) -> Record:
    """Params of plain JSON values, and tags."""
    names: list[str] = []
    numbers = bytearray()
    texts: list[JsonValue] = []
    for scope, fields in (("params", params), ("tags", tags)):
        for key, value in fields.items():
            kind = _kind(value)
            names.append(f"{scope}:{kind}:{key}")
            if kind == "j":
                texts.append(value)
            else:
                numbers += struct.pack("<d" if kind == "d" else "<q", value)
    return Record(tuple(names), bytes(numbers), json.dumps(texts))


def unpack(record: Record) -> tuple[dict[str, JsonValue], dict[str, str]]:
    """The params and tags of a record, in the order in which they were packed."""
    fields: dict[str, dict[str, JsonValue]] = {"params": {}, "tags": {}}
    texts = iter(json.loads(record.texts))
    at = 0
    for scope, kind, key in map(_split, record.names):
        if kind == "j":
            fields[scope][key] = next(texts)
            continue
        (value,) = struct.unpack_from("<d" if kind == "d" else "<q", record.numbers, at)
        fields[scope][key] = bool(value) if kind == "b" else value
        at += WORD
    return fields["params"], fields["tags"]


def pack_points(latest: Mapping[str, Point]) -> bytes:
    """Values, steps and times, one behind the other; the names are the keys."""
    points = list(latest.values())
    size = len(points)
    values, steps, times = zip(*points, strict=True) if points else ((), (), ())
    return struct.pack(f"<{size}d{size}q{size}d", *values, *steps, *times)


def unpack_points(names: Sequence[str], packed: bytes) -> dict[str, Point]:
    """The latest point of each metric."""
    size = len(names)
    numbers = struct.unpack(f"<{size}d{size}q{size}d", packed)
    return dict(
        zip(names, zip(numbers[:size], numbers[size : 2 * size], numbers[2 * size :], strict=True), strict=True)
    )


def record_columns(
    names: Sequence[str], rows: Sequence[int], numbers: Sequence[bytes], texts: Sequence[str]
) -> FieldGroup:
    """The columns of records that have the same names."""
    joined = memoryview(b"".join(numbers))
    parsed = _parsed(texts)
    kinds = [_split(name) for name in names]
    width = sum(kind != "j" for _, kind, _ in kinds)
    columns: dict[str, memoryview[float] | memoryview[int] | Sequence[JsonValue]] = {}
    at = 0
    for scope, kind, key in kinds:
        name = f"{scope}.{key}"
        if kind == "j":
            columns[name] = next(parsed)
            continue
        if kind == "d":
            columns[name] = joined.cast("d")[at::width]
        else:
            whole = joined.cast("q")[at::width]
            columns[name] = whole if kind == "q" else [bool(flag) for flag in whole]
        at += 1
    return FieldGroup(rows, columns)


def _parsed(texts: Sequence[str]) -> Iterator[Sequence[JsonValue]]:
    """The columns of JSON arrays; most runs of a sweep have the same words, which are parsed once."""
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    columns = zip(*json.loads(f"[{','.join(places)}]"), strict=True)
    if len(places) == len(texts):
        return columns
    where = memoryview(array("q", map(places.__getitem__, texts)))
    return (Repeated(column, where) for column in columns)


def point_columns(names: Sequence[str], rows: Sequence[int], packed: Sequence[bytes]) -> FieldGroup:
    """The latest values of runs that have logged the same metrics, as columns."""
    joined = memoryview(b"".join(packed)).cast("d")
    return FieldGroup(rows, {f"metrics.{name}": joined[at :: 3 * len(names)] for at, name in enumerate(names)})


def _split(name: str) -> tuple[str, str, str]:
    scope, kind, key = name.split(":", 2)
    return scope, kind, key


def _kind(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "b"
    if isinstance(value, float):
        return "d"
    return "q" if isinstance(value, int) and -(2**63) <= value < 2**63 else "j"
