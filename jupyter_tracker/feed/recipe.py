"""What a form submits: a template, or code whose params are read off it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jupyter_tracker.backends.base import Backend
from jupyter_tracker.client.code import code_of, is_uri
from jupyter_tracker.client.code_params import schema_of_code
from jupyter_tracker.errors import InvalidInput, NotFound, Unsupported
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Code, CodeKind, JsonValue, Source, Template

Given = str | os.PathLike[str] | Code | Source | Template


@dataclass(frozen=True, slots=True)
class Recipe:
    """A template or code, and what its config must be."""

    label: str
    kind: str
    """`template`, or what the code is."""
    code: Code | Source | None
    """None for a template."""
    template: Template | None = None
    schema: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, JsonValue] = field(default_factory=dict)
    resources: Mapping[str, JsonValue] = field(default_factory=dict)
    description: str = ""


def recipe_of(backend: Backend, given: Given, entry_point: str | None) -> Flow[Recipe]:
    """The recipe that people name: a template, or code as `runs.submit` takes it; a file comes before a template.

    Raises:
        NotFound: there is neither code nor a template of that name.
        InvalidCode: the code is empty, or an entry point is given for something that is no folder.
    """
    if not isinstance(given, str | os.PathLike | Code | Source | Template):
        raise InvalidInput(f"SubmitPanel takes a template or code, such as 'train.py', not {type(given).__name__}.")
    if isinstance(given, str) and not _is_code(given):
        given = yield from _named(backend, given)
    if isinstance(given, Template):
        return _of_template(given)
    code = code_of(given, entry_point)
    if isinstance(given, Source):
        schema = yield from _schema_of_source(backend, given, code)
        return Recipe(given.label, "source", given if not entry_point else code, schema=schema)
    label = Path(code.path).name if code.path else code.source or "cell"
    return Recipe(label, str(code.kind), code, schema=schema_of_code(code))


def _is_code(given: str) -> bool:
    return "\n" in given or is_uri(given) or Path(given).expanduser().exists()


def _named(backend: Backend, name: str) -> Flow[Template | str]:
    try:
        return (yield from backend.templates.get(name))
    except Unsupported:
        return name  # the place where it is taken for a path says that there is none
    except NotFound as error:
        if Path(name).suffix or "/" in name:
            raise NotFound("code or template", name, [], f"There is no file {name!r} here, either.") from error
        raise


def _of_template(template: Template) -> Recipe:
    return Recipe(
        template.label,
        "template",
        None,
        template,
        template.schema,
        template.defaults,
        template.resources,
        template.description,
    )


def _schema_of_source(backend: Backend, source: Source, code: Code) -> Flow[Mapping[str, Any]]:
    with TemporaryDirectory(prefix="jupyter_tracker_") as folder:
        place = yield from backend.sources.download(source.id, Path(folder) / "code")
        name = code.entry_point or source.entry_point
        path = place / name if name and place.is_dir() else place
        kind = CodeKind.NOTEBOOK if path.suffix == ".ipynb" else CodeKind.FOLDER if path.is_dir() else CodeKind.SCRIPT
        return schema_of_code(Code(kind, str(path)))
