"""Checks of names, params, tags and notes, the same on every backend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_tracker.errors import InvalidInput, InvalidParams
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


def checked_name(noun: str, name: str) -> str:
    """A name that can be shown and typed: 1 to 250 characters, none of them a control character."""
    if not isinstance(name, str) or not name.strip() or len(name) > 250 or not name.isprintable():
        raise InvalidInput(f"The {noun} name {name!r} must be 1 to 250 printable characters.")
    return name


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


def writable(text: str) -> bool:
    """Whether text can be written at all, which half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


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


def _whole(value: Any, where: str, noun: str) -> JsonValue:
    try:
        return _plain(value, where, noun)
    except RecursionError:
        raise InvalidParams(f"The {noun} {where!r} holds itself, or is nested too deeply.") from None


def _shown(value: object) -> str:
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '…'} ({type(value).__name__})"
