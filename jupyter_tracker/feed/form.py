"""A form that submits a run: its groups of fields, all mistakes of what was written, and the run that comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jupyter_tracker.backends.common.configcheck import mistakes as mistakes_of
from jupyter_tracker.client.async_run import AsyncRun
from jupyter_tracker.client.requests import LONGEST_DELAY, LONGEST_TIMEOUT, MOST_RETRIES, RETRY_DELAY
from jupyter_tracker.client.runs import TIMEOUT
from jupyter_tracker.client.tracker import AsyncTracker
from jupyter_tracker.errors import InvalidConfig, InvalidInput, Unsupported
from jupyter_tracker.feed.fields import Field, Kind, fields_of, read, shown
from jupyter_tracker.feed.recipe import Recipe
from jupyter_tracker.feed.wire import Json
from jupyter_tracker.models import ConfigMistake, JsonValue, Resources, Secret, check_variables, read_span

OPERATIONS = ("form.get", "form.validate", "form.submit")
"""What a page asks of a form."""
MOST_VARIABLES = 200
OTHERS = "other params"
"""The field for params that have none."""
_NEEDS: Mapping[str, Any] = {
    "properties": {
        "cpu": {"type": "string", "description": "CPUs, as in 500m or 2"},
        "memory": {"type": "string", "description": "as in 512Mi or 5Gi; a run that uses more is ended"},
        "ephemeral_storage": {"type": "string", "description": "what it may keep below its TMPDIR, as in 10Gi"},
        "gpu": {"type": "string", "description": "GPUs that it gets"},
    }
}
_SCHEDULE: Mapping[str, Any] = {
    "properties": {
        "timeout": {"type": "string", "description": "end the run after this time, as in 90s, 5m, 2h", "default": "4h"},
        "retries": {
            "type": "integer",
            "description": "start it again so often when it fails",
            "minimum": 0,
            "maximum": MOST_RETRIES,
            "default": 0,
        },
        "retry_delay": {
            "type": "string",
            "description": "before the first retry, doubled for each further one",
            "default": "10s",
        },
        "priority": {
            "type": "integer",
            "description": "of runs that wait, those of a larger number start first",
            "default": 0,
        },
        "restart_interrupted": {
            "type": "boolean",
            "description": "start it again when its processes vanish, as when the machine restarts",
            "default": False,
        },
    }
}
_SPANS = {"timeout": (TIMEOUT, LONGEST_TIMEOUT), "retry_delay": (RETRY_DELAY, LONGEST_DELAY)}


@dataclass(frozen=True, slots=True)
class Preset:
    """What stands in a form at first."""

    experiment: str = ""
    name: str = ""
    params: Mapping[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form says, as `submit` takes it."""

    experiment: str
    params: Mapping[str, JsonValue]
    more: Mapping[str, Any]


class Form:
    """The form of a recipe. It holds no more than what it shows at first."""

    def __init__(self, recipe: Recipe, preset: Preset) -> None:
        self.recipe = recipe
        self._preset = preset
        self._groups = {
            "run": (
                Field("experiment", Kind.TEXT, "made when it is not there", required=True),
                Field("name", Kind.TEXT, "of the run; taken from the code when it is left empty"),
            ),
            "params": self._params(),
            "resources": fields_of(_NEEDS, {name: shown(value) for name, value in recipe.resources.items()}),
            "schedule": fields_of(_SCHEDULE, {}),
        }

    def _params(self) -> tuple[Field, ...]:
        schema = self.recipe.schema
        found = fields_of(schema, self.recipe.defaults)
        names = {each.name for each in found}
        if schema.get("additionalProperties") is False or OTHERS in names:
            return found
        told = "further params as JSON, as in" if names else "params as JSON, as in"
        return (*found, Field(OTHERS, Kind.JSON, f'{told} {{"lr": 0.1}}'))

    @property
    def groups(self) -> Mapping[str, Sequence[Field]]:
        """Its fields by the name of the group."""
        return self._groups

    def written(self) -> Json:
        """What stands in it at first, as a page writes it."""
        own = dict(self._preset.params or {})
        others = {name: own.pop(name) for name in list(own) if not any(each.name == name for each in self._plain())}
        given: dict[str, Mapping[str, JsonValue]] = {
            "run": {"experiment": self._preset.experiment, "name": self._preset.name},
            "params": {**own, **({OTHERS: others} if others else {})},
        }
        values: Json = {
            name: {each.name: each.written(given.get(name, {}).get(each.name, each.default)) for each in fields}
            for name, fields in self._groups.items()
        }
        return {**values, "variables": []}

    def _plain(self) -> list[Field]:
        return [each for each in self._groups["params"] if each.name != OTHERS]

    def data(self) -> Json:
        """As a page reads it."""
        return {
            "label": self.recipe.label,
            "kind": self.recipe.kind,
            "description": self.recipe.description,
            "groups": [
                {"name": name, "fields": [each.data() for each in fields]} for name, fields in self._groups.items()
            ],
            "written": self.written(),
        }

    async def check(self, tracker: AsyncTracker, written: Mapping[str, Any]) -> list[ConfigMistake]:
        """All that is wrong with what was written, each with its path: `params.lr`, `resources.cpu`, `variables[0]`."""
        return (await self._filled(tracker, written))[1]

    async def submit(self, tracker: AsyncTracker, written: Mapping[str, Any]) -> AsyncRun:
        """Start the run.

        Raises:
            InvalidConfig: something is wrong with what was written; `mistakes` has all of it.
            TrackerError: the platform did not take it.
        """
        filled, mistakes = await self._filled(tracker, written)
        if mistakes:
            raise InvalidConfig("form", mistakes)
        if self.recipe.template is not None:
            submit = tracker.templates.submit
            return await submit(self.recipe.template.id, filled.experiment, config=filled.params, **filled.more)
        return await tracker.runs.submit(
            filled.experiment, code=self.recipe.code or "", params=filled.params, **filled.more
        )

    async def answer(self, tracker: AsyncTracker, operation: str, params: Mapping[str, Any]) -> Json:
        """Answer what a page asks of the form: `form.get`, `form.validate` or `form.submit`.

        Raises:
            TrackerError: the platform did not take the run.
        """
        given = params.get("written")
        written = given if isinstance(given, Mapping) else {}
        if operation == "form.get":
            return self.data()
        if operation == "form.validate":
            return {"mistakes": _told(await self.check(tracker, written))}
        try:
            run = await self.submit(tracker, written)
        except InvalidConfig as error:
            return {"mistakes": _told(error.mistakes)}
        return {"run": run.id, "name": run.name}

    async def _filled(self, tracker: AsyncTracker, written: Mapping[str, Any]) -> tuple[Filled, list[ConfigMistake]]:
        mistakes: list[ConfigMistake] = []
        values: dict[str, dict[str, JsonValue]] = {}
        for name, fields in self._groups.items():
            values[name], wrong = read(tuple(fields), written.get(name))
            mistakes += _inside(name, wrong)
        if not str(values["run"].get("experiment", "")).strip():
            mistakes.append(ConfigMistake("run.experiment", "is missing", "required"))
        params = _with_others(values["params"], mistakes)
        broken = {mistake.path for mistake in mistakes}
        mistakes += [
            mistake
            for mistake in _inside("params", await self._against_schema(tracker, params))
            # Of a value that could not be read nothing more is said.
            if not any(
                path == mistake.path or path.startswith((f"{mistake.path}.", f"{mistake.path}[")) for path in broken
            )
        ]
        resources = _resources(values["resources"], mistakes)
        schedule = _schedule(values["schedule"], mistakes)
        variables = _variables(written.get("variables"), mistakes)
        more = {"resources": resources, "variables": variables, **schedule}
        if values["run"].get("name"):
            more["name"] = values["run"]["name"]
        return Filled(str(values["run"].get("experiment", "")), params, more), mistakes

    async def _against_schema(self, tracker: AsyncTracker, params: Mapping[str, JsonValue]) -> Sequence[ConfigMistake]:
        template = self.recipe.template
        if template is None:
            return mistakes_of(self.recipe.schema, params)
        try:
            return await tracker.drive(tracker.backend.templates.validate(template.id, params))
        except Unsupported:
            return ()  # the platform says what is wrong when it is submitted


def _told(mistakes: Iterable[object]) -> list[Json]:
    return [{"path": each.path, "message": each.message} for each in mistakes if isinstance(each, ConfigMistake)]


def _holds(outer: str, path: str) -> bool:
    """Whether a value is another one or a part of it."""
    return path == outer or path.startswith((f"{outer}.", f"{outer}["))


def _inside(group: str, mistakes: Sequence[ConfigMistake]) -> list[ConfigMistake]:
    return [ConfigMistake(f"{group}.{each.path}" if each.path else group, each.message, each.rule) for each in mistakes]


def _with_others(params: dict[str, JsonValue], mistakes: list[ConfigMistake]) -> dict[str, JsonValue]:
    others = params.pop(OTHERS, None)
    if others is None:
        return params
    if not isinstance(others, Mapping):
        mistakes.append(ConfigMistake(f"params.{OTHERS}", 'must be a JSON object, as in {"lr": 0.1}', "type"))
        return params
    twice = sorted(set(others) & set(params))
    if twice:
        mistakes.append(ConfigMistake(f"params.{OTHERS}", f"has {', '.join(twice)}, which has a field above"))
    return {**others, **params}


def _resources(given: Mapping[str, JsonValue], mistakes: list[ConfigMistake]) -> dict[str, JsonValue]:
    for name, value in given.items():
        if name in _NEEDS["properties"]:
            try:
                Resources.parse({name: value})
            except InvalidInput as error:
                told = str(error).splitlines()[-1].strip().removeprefix(f"{name}: ")
                mistakes.append(ConfigMistake(f"resources.{name}", told))
    return dict(given)


def _schedule(given: Mapping[str, JsonValue], mistakes: list[ConfigMistake]) -> dict[str, JsonValue]:
    found = dict(given)
    mistakes += _inside("schedule", mistakes_of(_SCHEDULE, found))
    for name, (default, longest) in _SPANS.items():
        try:
            found[name] = read_span(str(found[name]).strip()) if name in found else default
        except ValueError as error:
            mistakes.append(ConfigMistake(f"schedule.{name}", f"must be {error}, not {found[name]!r:.80}"))
            continue
        if found[name] > longest or (name == "timeout" and found[name] == 0):
            more = "more than 0 and " if name == "timeout" else ""
            mistakes.append(ConfigMistake(f"schedule.{name}", f"must be {more}at most {longest:,.0f} seconds"))
    return found


def _variables(given: object, mistakes: list[ConfigMistake]) -> dict[str, str | Secret]:
    """Environment variables; what is wrong with one names it and never holds its value."""
    found: dict[str, str | Secret] = {}
    rows = given if isinstance(given, list) else []
    if len(rows) > MOST_VARIABLES:
        mistakes.append(ConfigMistake("variables", f"are more than {MOST_VARIABLES}"))
    for place, row in enumerate(rows[:MOST_VARIABLES]):
        if not isinstance(row, Mapping):
            continue
        name, value = str(row.get("name", "")).strip(), str(row.get("value", ""))
        if not name and not value:
            continue
        try:
            check_variables({name: value})
        except InvalidInput as error:
            mistakes.append(ConfigMistake(f"variables[{place}]", str(error)))
            continue
        if name in found:
            mistakes.append(ConfigMistake(f"variables[{place}]", f"is the second one of the name {name}"))
        found[name] = Secret(value) if row.get("secret") is True else value
    return found
