"""The few fields of TensorBoard's messages that are needed, read from their bytes (Protocol Buffers).

Event: 1 wall_time, 2 step, 5 summary.  Summary: 1 value.  Value: 1 tag, 2 simple_value, 8 tensor, 9 metadata, and
4 image, 5 histogram, 6 audio.  TensorProto: 1 dtype, 2 shape, 4 tensor_content, and the values by their type.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from jupyter_tracker.models import JsonValue

Field = tuple[int, int, bytes | int]
"""number, wire type, value"""

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_KINDS = {4: "images", 5: "histograms", 6: "audio clips"}
_PLUGINS = {
    "images": "images",
    "histograms": "histograms",
    "audio": "audio clips",
    "text": "texts",
    "pr_curves": "precision-recall curves",
    "mesh": "meshes",
}
_CONTENT = {1: "f", 2: "d", 3: "i", 4: "B", 5: "h", 6: "b", 9: "q", 10: "?", 17: "H", 19: "e", 22: "I", 23: "Q"}
"""How one value of a tensor's content is kept, by its dtype."""
_BFLOAT16 = 14
_HALVES = (_BFLOAT16, 19)


@dataclass(frozen=True, slots=True)
class Scalar:
    """One point of one tag."""

    tag: str
    value: float


@dataclass(frozen=True, slots=True)
class Session:
    """What the hyper-parameters plugin keeps of a run."""

    params: dict[str, JsonValue]
    status: int | None = None
    """1 succeeded, 2 failed; None while it had not ended."""


@dataclass(frozen=True, slots=True)
class Record:
    """An event."""

    time: float
    """seconds since the epoch"""
    step: int
    scalars: tuple[Scalar, ...]
    sessions: tuple[Session, ...] = ()
    left_out: tuple[str, ...] = ()
    """Kinds of what it holds beside."""


def read_event(data: bytes, plugins: dict[str, str]) -> Record:
    """An event from its bytes. `plugins` keeps which plugin a tag belongs to, which only its first value says.

    Raises:
        ValueError: it is no event.
    """
    time, step = 0.0, 0
    scalars: list[Scalar] = []
    sessions: list[Session] = []
    left_out: list[str] = []
    for number, wire, value in _fields(data):
        if number == 1 and wire == _EIGHT:
            (time,) = struct.unpack("<d", _bytes(value))
        elif number == 2 and wire == _VARINT:
            step = _signed(value)
        elif number == 5 and wire == _BYTES:
            for inner, _, part in _fields(_bytes(value)):
                found = _value(_bytes(part), plugins) if inner == 1 else None
                if isinstance(found, Scalar):
                    scalars.append(found)
                elif isinstance(found, Session):
                    sessions.append(found)
                elif found is not None:
                    left_out.append(found)
    return Record(time, step, tuple(scalars), tuple(sessions), tuple(left_out))


def _value(data: bytes, plugins: dict[str, str]) -> Scalar | Session | str | None:
    tag, simple, tensor, content, kind = "", None, None, b"", ""
    for number, wire, value in _fields(data):
        if number == 1 and wire == _BYTES:
            tag = _bytes(value).decode("utf-8", "replace")
        elif number == 2 and wire == _FOUR:
            (simple,) = struct.unpack("<f", _bytes(value))
        elif number == 8 and wire == _BYTES:
            tensor = _bytes(value)
        elif number == 9 and wire == _BYTES:
            plugin, content = _plugin(_bytes(value))
            plugins.setdefault(tag, plugin)
        elif number in _KINDS:
            kind = _KINDS[number]
    plugin = plugins.get(tag, "")
    if plugin == "hparams":
        return _session(content)
    if simple is not None:
        return Scalar(tag, simple)
    if kind or plugin in _PLUGINS or tensor is None:
        return kind or _PLUGINS.get(plugin, "other values")
    only = _scalar(tensor)
    return "other tensors" if only is None else Scalar(tag, only)


def _plugin(metadata: bytes) -> tuple[str, bytes]:
    name, content = "", b""
    for number, _, value in _fields(metadata):
        for inner, _, part in _fields(_bytes(value)) if number == 1 else ():
            if inner == 1:
                name = _bytes(part).decode("utf-8", "replace")
            elif inner == 2:
                content = _bytes(part)
    return name, content


def _scalar(tensor: bytes) -> float | None:
    """The only value of a tensor; None when it has another number of values, or none that are numbers."""
    dtype, size, content, values = 0, 1, b"", []
    for number, wire, value in _fields(tensor):
        if number == 1 and wire == _VARINT:
            dtype = _signed(value)
        elif number == 2:
            size = _elements(_bytes(value))
        elif number == 4:
            content = _bytes(value)
        elif number in (5, 6, 7, 10, 11, 13):
            values += _numbers(number, wire, value, dtype)
    if size != 1:
        return None
    if content:
        if dtype == _BFLOAT16 and len(content) == 2:
            return float(struct.unpack("<f", b"\0\0" + content)[0])
        form = _CONTENT.get(dtype)
        return float(struct.unpack(f"<{form}", content)[0]) if form and len(content) == struct.calcsize(form) else None
    if not values:
        return 0.0 if dtype in _CONTENT or dtype == _BFLOAT16 else None  # as in any message, zero is left out
    return values[0] if len(values) == 1 else None


def _elements(shape: bytes) -> int:
    size = 1
    for number, _, dimension in _fields(shape):
        for inner, _, value in _fields(_bytes(dimension)) if number == 2 else ():
            size *= _signed(value) if inner == 1 else 1
    return size


def _numbers(number: int, wire: int, value: bytes | int, dtype: int) -> list[float]:
    """The values of a repeated field, packed or single."""
    if number in (5, 6):
        form = "f" if number == 5 else "d"
        data = _bytes(value)
        return list(struct.unpack(f"<{len(data) // struct.calcsize(form)}{form}", data))
    whole = [_signed(each) for each in (_varints(_bytes(value)) if wire == _BYTES else [value])]
    if dtype == _BFLOAT16:
        return [struct.unpack("<f", struct.pack("<I", (each & 0xFFFF) << 16))[0] for each in whole]
    if dtype in _HALVES:
        return [struct.unpack("<e", struct.pack("<H", each & 0xFFFF))[0] for each in whole]
    return [float(each) for each in whole]


def _session(content: bytes) -> Session | None:
    """HParamsPluginData: 3 session_start_info (1 hparams), 4 session_end_info (1 status)."""
    for number, _, value in _fields(content):
        if number == 3:
            entries = [_bytes(part) for inner, _, part in _fields(_bytes(value)) if inner == 1]
            return Session(dict(map(_hparam, entries)))
        if number == 4:
            status = next((part for inner, _, part in _fields(_bytes(value)) if inner == 1), 0)
            return Session({}, status if isinstance(status, int) else None)
    return None


def _hparam(entry: bytes) -> tuple[str, JsonValue]:
    """An entry of a map from names to google.protobuf.Value: 1 null, 2 number, 3 text, 4 truth."""
    name, found = "", None
    for number, _, value in _fields(entry):
        if number == 1:
            name = _bytes(value).decode("utf-8", "replace")
        for inner, _, part in _fields(_bytes(value)) if number == 2 else ():
            if inner == 2:
                (found,) = struct.unpack("<d", _bytes(part))
            elif inner in (3, 4):
                found = _bytes(part).decode("utf-8", "replace") if inner == 3 else bool(part)
    return name, found


def _fields(data: bytes) -> list[Field]:
    """The fields of a message. A number of one byte, which most are, is read without a call: there are very many."""
    found: list[Field] = []
    at, end = 0, len(data)
    while at < end:
        key = data[at]
        at += 1
        if key >= 0x80:
            key, at = _varint(data, at - 1)
        wire = key & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            found.append((key >> 3, wire, value))
            continue
        if wire == _BYTES:
            length, at = _varint(data, at)
        elif wire in (_EIGHT, _FOUR):
            length = 8 if wire == _EIGHT else 4
        else:
            raise ValueError(f"a field of type {wire}")
        if at + length > end:
            raise ValueError("a field that is longer than its message")
        found.append((key >> 3, wire, data[at : at + length]))
        at += length
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    if at < len(data) and data[at] < 0x80:
        return data[at], at + 1
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("a number without end")


def _varints(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        yield value


def _signed(value: bytes | int) -> int:
    if not isinstance(value, int):
        raise ValueError("bytes in place of a number")  # noqa: TRY004  # it is the file that is wrong
    value &= 2**64 - 1
    return value - 2**64 if value >= 2**63 else value


def _bytes(value: bytes | int) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("a number in place of bytes")  # noqa: TRY004  # it is the file that is wrong
    return value
