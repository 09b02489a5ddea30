"""Named, versioned recipes for runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from jupyter_tracker.models.core import JsonValue, Lifecycle


@dataclass(frozen=True, slots=True)
class Template:
    """One version of a recipe: code, what its config must be, and what it is otherwise."""

    id: str
    name: str
    version: int | str
    """1, 2, 3, … under its name; text where the platform has text."""
    source: str
    """Id of the source that has its code."""
    entry_point: str = ""
    """The file of the source that is started, where it is another than the source's own."""
    schema: Mapping[str, JsonValue] = field(default_factory=dict)
    """JSON Schema that a config must fit; empty for any."""
    defaults: Mapping[str, JsonValue] = field(default_factory=dict)
    """Values of a config that are not given."""
    resources: Mapping[str, JsonValue] = field(default_factory=dict)
    description: str = ""
    lifecycle: Lifecycle = Lifecycle.ACTIVE
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def label(self) -> str:
        """How people call it: `resnet@3`."""
        return f"{self.name}@{self.version}"

    def config(self, given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """A config with the defaults of what is not given, also inside of objects."""
        return _filled(self.defaults, given)


@dataclass(frozen=True, slots=True)
class ConfigMistake:
    """What is wrong with a config, and where."""

    path: str
    """As in `optimizer.lr` or `layers[0]`; empty for the config as a whole."""
    message: str
    rule: str = ""
    """The keyword of the JSON Schema that it breaks, as in `minimum`."""

    def __str__(self) -> str:
        return f"{self.path or 'the config'}: {self.message}"


def _filled(defaults: Mapping[str, JsonValue], given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    filled = {**defaults, **given}
    for key, value in given.items():
        default = defaults.get(key)
        if isinstance(value, Mapping) and isinstance(default, Mapping):
            filled[key] = _filled(default, value)
    return filled
