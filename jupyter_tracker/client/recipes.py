"""From a template to a run, once for the synchronous and the asynchronous client."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jupyter_tracker.backends.base import Backend
from jupyter_tracker.client import requests
from jupyter_tracker.client.code import code_of, source_code
from jupyter_tracker.errors import InvalidConfig
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Code, CodeKind, JsonValue, RunInfo, Secret, Source, Template


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is given beside its template and config."""

    name: str | None
    data: str | os.PathLike[str] | None
    resources: Mapping[str, JsonValue] | None
    timeout: float
    variables: Mapping[str, str | Secret] | None
    tags: Mapping[str, str] | None
    history: Sequence[str]
    schedule: requests.Schedule


def create(
    backend: Backend,
    name: str,
    code: str | os.PathLike[str] | Code | Source,
    entry_point: str | None,
    schema: Mapping[str, JsonValue] | None,
    defaults: Mapping[str, JsonValue] | None,
    resources: Mapping[str, JsonValue] | None,
    description: str,
) -> Flow[Template]:
    """Make a version of a template from code of any form."""
    given = code_of(code, entry_point) if isinstance(code, Source) else source_code(code, entry_point)
    return (
        yield from backend.templates.create(
            name, given, {} if schema is None else schema, defaults or {}, resources or {}, description
        )
    )


def submit(
    backend: Backend, reference: str, experiment: str, config: Mapping[str, JsonValue], wanted: Wanted
) -> Flow[RunInfo]:
    """Start a run of a template with a config that fits it; `InvalidConfig` has all mistakes of one that does not."""
    template = yield from backend.templates.get(reference)
    mistakes = yield from backend.templates.validate(template.id, config)
    if mistakes:
        raise InvalidConfig(f"config for the template {template.label}", mistakes)
    # A platform that keeps the code with the recipe needs none.
    code: Code | Source = Code(CodeKind.FOLDER)
    if template.source:
        code = yield from backend.sources.get(template.source)
    submission = requests.submission(
        experiment,
        code,
        template.entry_point or None,
        template.name if wanted.name is None and template.source else wanted.name,
        template.config(config),
        wanted.data,
        {**template.resources, **(wanted.resources or {})},
        wanted.timeout,
        wanted.variables,
        requests.tags_of(backend, wanted.tags),
        wanted.history,
        wanted.schedule,
    )
    return (yield from backend.runs.submit(dataclasses.replace(submission, template=template.id)))
