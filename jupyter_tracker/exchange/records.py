"""Models to JSON and back, by the types of their fields."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Hashable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from jupyter_tracker.errors import InvalidImport
from jupyter_tracker.models import JsonValue

R = TypeVar("R")


def encode(value: Any) -> JsonValue:
    """A model as JSON: dataclasses become objects, times ISO 8601 in UTC. NaN and infinities stay floats."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    return value


def decode(kind: type[R], data: JsonValue, where: str) -> R:
    """A model from its JSON. Fields that it does not have are left out, those that lack get their default.

    Raises:
        InvalidImport: a field lacks or has a wrong value; `where` is what the model is called in the message.
    """
    if not isinstance(data, dict):
        raise InvalidImport(f"{where} must be an object, not {shown(data)}.")
    values: dict[str, Any] = {}
    for field, hint in _fields(cast("Hashable", kind)):
        path = f"{where}.{field.name}"
        if field.name in data:
            values[field.name] = _value(hint, data[field.name], path)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise InvalidImport(f"{path} is missing.")
    return kind(**values)


def shown(value: object) -> str:
    """A value as a message shows it."""
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '…'} ({type(value).__name__})"


@cache
def _fields(kind: Any) -> tuple[tuple[dataclasses.Field[Any], Any], ...]:
    hints = get_type_hints(kind)
    return tuple((field, hints[field.name]) for field in dataclasses.fields(kind))


def _value(hint: Any, value: JsonValue, path: str) -> Any:
    origin = get_origin(hint)
    if hint is Any:
        return value
    if origin in (Union, types.UnionType):
        if value is None and type(None) in get_args(hint):
            return None
        return _value(next(each for each in get_args(hint) if each is not type(None)), value, path)
    if origin is tuple or (origin is not None and issubclass(origin, Sequence)):
        if not isinstance(value, list):
            raise InvalidImport(f"{path} must be a list, not {shown(value)}.")
        return tuple(_value(get_args(hint)[0], item, f"{path}[{at}]") for at, item in enumerate(value))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise InvalidImport(f"{path} must be an object, not {shown(value)}.")
        return {key: _value(get_args(hint)[1], item, f"{path}.{key}") for key, item in value.items()}
    if dataclasses.is_dataclass(hint):
        return decode(cast("type[Any]", hint), value, path)
    return _plain(hint, value, path)


def _plain(hint: Any, value: JsonValue, path: str) -> Any:
    if hint is datetime:
        return _moment(value, path)
    if issubclass(hint, StrEnum):
        if value not in set(hint):
            raise InvalidImport(f"{path} must be one of {', '.join(hint)}, not {shown(value)}.")
        return hint(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise InvalidImport(f"{path} must be {_WORDS.get(hint, hint.__name__)}, not {shown(value)}.")
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidImport(f"{path} must be text of whole characters, not {shown(value)}.") from None
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise InvalidImport(f"{path} must be an integer of at most 64 bits, not {shown(value)}.")
    return value


_WORDS = {str: "text", int: "an integer", float: "a number", bool: "true or false"}


def _moment(value: JsonValue, path: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise InvalidImport(f"{path} must be a time as in 2026-01-31T12:00:00+00:00, not {shown(value)}.") from None
