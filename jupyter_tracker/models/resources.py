"""What a run needs of a machine, in Kubernetes quantities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from jupyter_tracker.errors import InvalidInput, did_you_mean
from jupyter_tracker.models.core import JsonValue

if TYPE_CHECKING:
    from fractions import Fraction

_QUANTITY = re.compile(r"(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?)(?P<unit>[A-Za-z]*)\Z")
_DIVISORS = {"n": 10**9, "u": 10**6, "m": 1000}
_FACTORS = {
    "": 1,
    **{unit: 1000 ** (power + 1) for power, unit in enumerate("kMGTPE")},
    **{f"{unit}i": 1024 ** (power + 1) for power, unit in enumerate("KMGTPE")},
}
_LARGEST = 2**63 - 1
_FIELDS = ("cpu", "memory", "ephemeral_storage", "gpu")


@dataclass(frozen=True, slots=True)
class Resources:
    """What a run needs and may use at most (Chariot: `create_run`). None is no limit."""

    cpu: float | None = None
    """CPUs."""
    memory: int | None = None
    """bytes, of all processes of the run together"""
    ephemeral_storage: int | None = None
    """bytes below the run's TMPDIR"""
    gpu: int = 0
    """GPUs."""
    gpu_type: str = ""
    """What the name of each of them must hold, as in `H100`; empty for any."""

    @classmethod
    def parse(cls, given: Mapping[str, JsonValue]) -> Self:
        """From what people write: `{"cpu": "500m", "memory": "5Gi", "ephemeral_storage": "10Gi", "gpu": 1}`.

        Numbers count CPUs, bytes and GPUs. A GPU may be given with its type, too: `{"count": 1, "type": "H100"}`.

        Raises:
            InvalidInput: a field is unknown or its value none, with all mistakes.
        """
        if not isinstance(given, Mapping):
            raise InvalidInput(f"The resources must be a dict, as in {{'cpu': '500m'}}, not {type(given).__name__}.")
        wrong = [
            f"{name}: is not known; choose of {', '.join(_FIELDS)}.{did_you_mean(str(name), _FIELDS)}"
            for name in given
            if name not in _FIELDS
        ]
        found: dict[str, JsonValue] = {}
        for name, read in (("cpu", _cpus), ("memory", _bytes), ("ephemeral_storage", _bytes), ("gpu", _gpus)):
            if given.get(name) is None:
                continue
            try:
                found[name] = read(given[name])
            except ValueError as error:
                wrong.append(f"{name}: must be {error}, not {given[name]!r:.80}.")
        if wrong:
            count = "a mistake" if len(wrong) == 1 else f"{len(wrong)} mistakes"
            raise InvalidInput("\n  ".join([f"The resources have {count}:", *wrong]))
        count, kind = found.pop("gpu", (0, ""))
        return cls(**found, gpu=count, gpu_type=kind)


def quantity(value: JsonValue) -> Fraction:
    """The number that a Kubernetes quantity stands for: `500m` is 1/2, `5Gi` is 5 · 2³⁰, `1e3` is 1000.

    Raises:
        ValueError: it is none.
    """
    from decimal import Decimal, InvalidOperation
    from fractions import Fraction

    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(_EXPECTED)  # noqa: TRY004  # the caller tells all of them as one
    match = _QUANTITY.match(str(value).strip())
    if match is None or match["unit"] not in (*_FACTORS, *_DIVISORS):
        raise ValueError(_EXPECTED)
    try:
        number = Fraction(Decimal(match["number"]))
        result: Fraction = number * _FACTORS.get(match["unit"], 1) / _DIVISORS.get(match["unit"], 1)
    except InvalidOperation:
        raise ValueError(_EXPECTED) from None
    return result


def shown_bytes(count: float) -> str:
    """Bytes in the largest binary unit that fits: `5.1 GiB`."""
    unit, size = next(((unit, size) for unit, size in _BINARY if count >= size), ("bytes", 1))
    number = f"{count / size:.1f}".removesuffix(".0")
    return f"{number} {unit}"


_EXPECTED = "a Kubernetes quantity, as in 500m, 2, 512Mi or 5Gi"
_BINARY = [(f"{unit}iB", 1024 ** (power + 1)) for power, unit in reversed(list(enumerate("KMGTPE")))]


def _cpus(value: JsonValue) -> float:
    number = quantity(value)
    if number <= 0:
        raise ValueError("more than 0 CPUs")
    if (number * 1000).denominator != 1:
        raise ValueError("whole thousandths of a CPU, as in 500m")
    if number > 1_000_000:
        raise ValueError("at most 1,000,000 CPUs")
    return float(number)


def _bytes(value: JsonValue) -> int:
    number = quantity(value)
    if isinstance(value, str) and value.strip().endswith(("m", "u", "n")):
        raise ValueError(f"bytes; small letters divide, and {value.strip()[:-1]}Mi are mebibytes")
    if number < 1 or number.denominator != 1:
        raise ValueError("whole bytes, 1 or more, as in 512Mi or 5Gi")
    if number > _LARGEST:
        raise ValueError("less than 8Ei")
    return int(number)


def _gpus(value: JsonValue) -> tuple[int, str]:
    kind = ""
    if isinstance(value, Mapping):
        unknown = [str(name) for name in value if name not in ("count", "type")]
        kind = value.get("type") or ""
        if unknown or not isinstance(kind, str):
            raise ValueError("a count, or a dict of count and type, as in {'count': 1, 'type': 'H100'}")
        value = value.get("count", 1)
    try:
        number: Fraction | None = quantity(value)
    except ValueError:
        number = None
    if number is None or number < 0 or number.denominator != 1 or number > 1024:
        raise ValueError("a whole number of GPUs, at most 1024")
    return int(number), kind
