"""The one table of Chariot's paths. No path of its training service is public: every line here is an assumption.

Whoever has a deployment can correct a line without touching code: a JSON or TOML file with some of these names, each
with `"METHOD /path"`, named by `paths=FILE` in the connection string or by `JUPYTER_TRACKER_CHARIOT_PATHS`:

    {"stop_run": "PUT /api/training/v2/runs/{id}/stop"}
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from urllib.parse import quote

from jupyter_tracker.errors import ConfigError, did_you_mean

VARIABLE = "JUPYTER_TRACKER_CHARIOT_PATHS"

ASSUMED: Mapping[str, str] = {
    "login": "POST /auth/client/v2/chariot/login",  # the only one that is public
    "lookup_blueprint_id": "GET /api/training/v2/blueprints",
    "validate_run_config": "POST /api/training/v2/blueprints/{id}/validate",
    "create_run": "POST /api/training/v2/runs",
    "get_runs": "GET /api/training/v2/runs",
    "get_run": "GET /api/training/v2/runs/{id}",
    "delete_run": "DELETE /api/training/v2/runs/{id}",
    "stop_run": "POST /api/training/v2/runs/{id}/stop",
    "get_events": "GET /api/training/v2/runs/{id}/events",
    "get_metrics": "GET /api/training/v2/runs/{id}/metrics",
    "get_global_steps_with_checkpoints": "GET /api/training/v2/runs/{id}/checkpoints/global_steps",
    "get_checkpoints": "GET /api/training/v2/checkpoints",
    "delete_checkpoints": "DELETE /api/training/v2/checkpoints",
    "download_checkpoint": "GET /api/training/v2/checkpoints/{id}/files",
    "create_model_from_checkpoint": "POST /api/training/v2/checkpoints/{id}/model",
}

_LINE = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/\S*)")


@dataclass(frozen=True, slots=True)
class Route:
    """How a request is sent."""

    method: str
    template: str

    def path(self, identity: str = "") -> str:
        """The path, of a thing by its id."""
        # A part that leads elsewhere must not leave its place.
        return self.template.format(id=quote(identity, safe="") if identity not in (".", "..") else "%2E")


Paths = Mapping[str, Route]


def read_paths(file: str | None) -> Paths:
    """The table, with the lines of a file in place of the assumed ones.

    Raises:
        ConfigError: the file cannot be read, or a line of it is none.
    """
    lines = dict(ASSUMED)
    if file:
        lines |= _checked(Path(file).expanduser())
    return {name: Route(*line.split(" ", 1)) for name, line in lines.items()}


def _checked(file: Path) -> dict[str, str]:
    try:
        text = file.read_text(encoding="utf-8")
        given = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        raise ConfigError(f"The paths of Chariot in {file} cannot be read: {error}.") from error
    if not isinstance(given, dict):
        raise ConfigError(f"The paths of Chariot in {file} must be a table of names and lines like 'GET /api/…'.")
    for name, line in given.items():
        if name not in ASSUMED:
            hint = did_you_mean(name, ASSUMED)
            raise ConfigError(
                f"{file} has a path for {name!r}, which there is not.{hint} There are {', '.join(ASSUMED)}."
            )
        found = _LINE.fullmatch(line) if isinstance(line, str) else None
        fields = {field for _, field, _, _ in Formatter().parse(found[2]) if field is not None} if found else set()
        if found is None or fields != ({"id"} if "{id}" in ASSUMED[name] else set()):
            raise ConfigError(f"{file}: the path of {name!r} must look like {ASSUMED[name]!r}, not {line!r}.")
    return given
