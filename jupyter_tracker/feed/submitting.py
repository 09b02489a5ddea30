"""New runs from the browser: of a script, a notebook or a folder by its path, or of a template."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from jupyter_tracker.client.code import code_of
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.feed.answers import Asked
from jupyter_tracker.feed.contents import Answer
from jupyter_tracker.feed.feed import actions
from jupyter_tracker.feed.params import Params, text_param
from jupyter_tracker.feed.wire import run_data
from jupyter_tracker.models import Code

MOST_TEMPLATES = 1000


def _object(params: Params, name: str) -> Mapping[str, Any]:
    value = params.get(name) or {}
    if not isinstance(value, Mapping):
        raise InvalidInput(f"The param {name!r} must be values by name, not {value!r:.80}.")
    return value


def _name(params: Params) -> str | None:
    return text_param(params, "name") if params.get("name") else None


def _code(path: Path, entry_point: str | None) -> Code:
    """Code that lies at a path; it runs in its own folder, as the one of this process is nothing to the reader."""
    if not path.is_absolute() or not path.exists():
        raise InvalidInput(f"There is no file {str(path)!r} on the machine of the server.")
    return replace(code_of(path, entry_point), working_directory=str(path if path.is_dir() else path.parent))


async def _submit(asked: Asked, params: Params) -> Answer:
    path, experiment = Path(text_param(params, "path")), text_param(params, "experiment")
    entry_point = text_param(params, "entry_point") if params.get("entry_point") else None
    run = await asked.tracker.runs.submit(
        experiment,
        code=await asyncio.to_thread(_code, path, entry_point),
        name=_name(params),
        params=_object(params, "params"),
    )
    return {"run": run_data(run.info, actions(asked.tracker, run.info))}, []


async def _templates(asked: Asked, _: Params) -> Answer:
    found = await asked.tracker.templates.list()
    return {
        "templates": [
            {"id": each.id, "label": each.label, "description": each.description, "defaults": dict(each.defaults)}
            for each in found[:MOST_TEMPLATES]
        ]
    }, []


async def _submit_template(asked: Asked, params: Params) -> Answer:
    run = await asked.tracker.templates.submit(
        text_param(params, "template"),
        text_param(params, "experiment"),
        config=_object(params, "params"),
        name=_name(params),
    )
    return {"run": run_data(run.info, actions(asked.tracker, run.info))}, []


SUBMIT_OPERATIONS: Mapping[str, Callable[[Asked, Params], Awaitable[Answer]]] = {
    "runs.submit": _submit,
    "templates.list": _templates,
    "templates.submit": _submit_template,
}
