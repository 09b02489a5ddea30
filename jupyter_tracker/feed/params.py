"""What views send along with a request, checked."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from jupyter_tracker.errors import InvalidInput

Params = Mapping[str, Any]


def text_param(params: Params, name: str) -> str:
    """A param that must be text; `InvalidInput` when it is not."""
    value = params.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"The param {name!r} must be text, not {value!r}.")
    return value


def number_param(params: Params, name: str, default: float | None = None) -> float:
    """A param that must be a finite number; `InvalidInput` when it is not."""
    value = params.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        raise InvalidInput(f"The param {name!r} must be a finite number, not {value!r:.40}.")
    return float(value)


def whole_param(params: Params, name: str, default: int | None = None) -> int:
    """A param that must be a whole number; `InvalidInput` when it is not."""
    return int(number_param(params, name, default))


def texts_param(params: Params, name: str) -> list[str]:
    """A param that must be a list of texts; `InvalidInput` when it is not."""
    value = params.get(name)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidInput(f"The param {name!r} must be a list of texts, not {value!r:.80}.")
    return value
