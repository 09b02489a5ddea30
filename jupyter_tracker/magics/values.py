"""From the text of a value to the value."""

from __future__ import annotations

import ast
import json
import keyword
from pathlib import Path

from jupyter_tracker.models import UNLIMITED, Dimension, JsonValue, read_span

_PYTHON_WORDS = {"True": True, "False": False, "None": None}


def param(text: str) -> JsonValue:
    """A param: what JSON or Python write as a number, truth value, list or dict has its type; all else is text.

    Python's spelling counts, too, because IPython puts it in for `{variable}` and `$variable`.
    """
    if text in _PYTHON_WORDS:
        return _PYTHON_WORDS[text]
    try:
        return json.loads(text)
    except ValueError:
        pass
    if text[:1] in ("[", "{"):
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            pass
    return text


def json_object(text: str) -> dict[str, JsonValue]:
    """A JSON object as it is written, or from a file."""
    try:
        if not text.lstrip().startswith("{"):
            text = Path(text).expanduser().read_text("utf-8")
        found = json.loads(text)
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise ValueError("a JSON object, or a file that holds one")  # noqa: TRY004  # it is the text that is wrong
    return found


def count(text: str) -> int:
    """A whole number of 0 or more."""
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise ValueError("a whole number of 0 or more")
    return number


def texts(text: str) -> list[str]:
    """Names with commas between them."""
    found = [name.strip() for name in text.split(",")]
    if not all(found):
        raise ValueError("names with commas between them")
    return found


def whole(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError:
        raise ValueError("a whole number") from None


def limit(text: str) -> int | str:
    """A whole number of 0 or more, or the word that takes a limit away."""
    if text == UNLIMITED:
        return text
    try:
        return count(text)
    except ValueError:
        raise ValueError(f"a whole number of 0 or more, or {UNLIMITED}") from None


def dimension(text: str) -> Dimension:
    """What a param of a sweep may be."""
    from jupyter_tracker.client.sweeps.space import dimension as read

    return read(text)


def seconds(text: str) -> float:
    """A time in seconds, or with a unit: `90`, `90s`, `5m`, `2h`, `1d`."""
    return read_span(text)


def variable(text: str) -> str:
    """The name of a Python variable."""
    if not text.isidentifier() or keyword.iskeyword(text):
        raise ValueError("the name of a variable")
    return text
