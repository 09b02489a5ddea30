"""New runs from the browser: the form of a template, or of a script, a notebook or a folder by its path.

A form is told by what it is of with each request, and nothing of it is kept between two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

from jupyter_tracker.client.code import code_of
from jupyter_tracker.errors import InvalidInput, NotFound, Unsupported
from jupyter_tracker.feed.answers import Asked
from jupyter_tracker.feed.contents import Answer
from jupyter_tracker.feed.form import OPERATIONS, Form, Preset
from jupyter_tracker.feed.params import Params, text_param
from jupyter_tracker.feed.recipe import recipe_of
from jupyter_tracker.models import Code, Template

MOST_TEMPLATES = 1000


def _code(path: Path) -> Code | None:
    """Code that lies at a path; it runs in its own folder, as the one of this process is nothing to the reader."""
    try:
        if not path.is_absolute() or not path.exists():
            return None
    except (OSError, ValueError):  # too long, say
        return None
    return replace(code_of(path), working_directory=str(path if path.is_dir() else path.parent))


async def _given(asked: Asked, params: Params) -> Code | Template:
    """What a form is of; a file that is there comes before a template of the same name, as everywhere."""
    path, name = text_param(params, "path"), text_param(params, "template")
    code = await asyncio.to_thread(_code, Path(path))
    if code is not None:
        return code
    missing = f"There is no file {path!r} on the machine of the server"
    try:
        return await asked.tracker.templates.get(name)
    except Unsupported as error:
        raise InvalidInput(f"{missing}.") from error
    except (NotFound, InvalidInput) as error:
        raise InvalidInput(f"{missing}, and no template {name!r}.") from error


async def _form(asked: Asked, params: Params) -> Form:
    given = await _given(asked, params)
    recipe = await asked.tracker.drive(recipe_of(asked.tracker.backend, given, None))
    experiment = Path(given.path).stem if isinstance(given, Code) else given.name
    return Form(recipe, Preset(experiment))


def _answer(operation: str) -> Callable[[Asked, Params], Awaitable[Answer]]:
    async def answer(asked: Asked, params: Params) -> Answer:
        return await (await _form(asked, params)).answer(asked.tracker, operation, params), []

    return answer


async def _templates(asked: Asked, _: Params) -> Answer:
    found = await asked.tracker.templates.list()
    return {"templates": [each.label for each in found[:MOST_TEMPLATES]]}, []


SUBMIT_OPERATIONS: Mapping[str, Callable[[Asked, Params], Awaitable[Answer]]] = {
    **{operation: _answer(operation) for operation in OPERATIONS},
    "templates.list": _templates,
}
