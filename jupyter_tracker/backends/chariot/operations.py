"""The documented operations of Chariot's `training_v2`, under their names and with their parameters and defaults.

Answers are the platform's own JSON. Times may be given as `datetime` or as epoch milliseconds.
"""

# ruff: noqa: A002  # `id` is the documented name of the parameter

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jupyter_tracker.backends.chariot import checks, paging
from jupyter_tracker.backends.chariot.paging import METRICS_PAGE
from jupyter_tracker.backends.chariot.requests import Json, Messages, Requests, Time
from jupyter_tracker.backends.common.files import artifact_path
from jupyter_tracker.errors import Conflict, InvalidInput, NotFound, PlatformFailure, RemoteNotFound
from jupyter_tracker.flow import Flow, Local, Together
from jupyter_tracker.models import JsonValue
from jupyter_tracker.progress import bar

Texts = Sequence[str]

PARALLEL = 8


class ChariotOperations:
    """What the official SDK's module `training_v2` can do.

    Raises, beside what each operation says:
        InvalidInput: a value breaks a rule; nothing was sent.
        RemoteError: the platform refused; its field errors are in `mistakes`.
    """

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    # Blueprints

    def lookup_blueprint_id(self, name: str, version_ilike: str | None = None) -> Flow[str]:
        """The id of the newest blueprint of a name, of those whose version fits an ILIKE pattern.

        Raises:
            NotFound: there is none.
        """
        query = {
            "name": checks.text("name", name),
            "version_ilike": version_ilike,
            "sort": ["created_at:desc"],
            "limit": 1,
        }
        found = yield from self._requests.many("lookup_blueprint_id", query=query)
        if not found:
            fitting = "" if version_ilike is None else f" of a version like {version_ilike!r}"
            hint = f"Its name must be exact, and you must be allowed to see one{fitting}."
            raise NotFound("blueprint", name, (), hint)
        return str(found[0]["id"])

    def validate_run_config(self, blueprint_id: str, config: Mapping[str, JsonValue]) -> Flow[None]:
        """Check a config against the schema of a blueprint; `RemoteInvalid` has all mistakes."""
        yield from self._requests.send(
            "validate_run_config", blueprint_id, body={"config": dict(config)}, harmless=True
        )

    # Runs

    def create_run(
        self,
        name: str,
        version: str,
        resources: Mapping[str, JsonValue],
        config: Mapping[str, JsonValue],
        task_type: str,
        blueprint_id: str,
        project_id: str,
        notes: str | None = None,
    ) -> Flow[str]:
        """Start training; the result is the id of the run.

        Args:
            name: Name of the run.
            version: Its version.
            resources: `cpu` and `memory` as Kubernetes quantities (`500m`, `5Gi`), `ephemeral_storage`, and `gpu` with
                `count` and `type`.
            config: Fits the schema of the blueprint.
            task_type: What it learns.
            blueprint_id: What it runs.
            project_id: Where.
            notes: What is said of it.
        """
        body: Json = {
            "name": checks.text("name", name),
            "version": checks.text("version", version),
            "resources": checks.resources(resources),
            "config": dict(config),
            "task_type": checks.text("task_type", task_type),
            "blueprint_id": checks.text("blueprint_id", blueprint_id),
            "project_id": checks.text("project_id", project_id),
            **({} if notes is None else {"notes": notes}),
        }
        return str((yield from self._requests.one("create_run", body=body))["id"])

    def get_runs(
        self,
        blueprint_ids: Texts | None = None,
        ids: Texts | None = None,
        name_ilikes: Texts | None = None,
        project_ids: Texts | None = None,
        statuses: Texts | None = None,
        task_types: Texts | None = None,
        versions: Texts | None = None,
        user_ids: Texts | None = None,
        select: Texts | None = None,
        sort: Texts | None = None,
        created_after: Time | None = None,
        created_before: Time | None = None,
        id_after: str | None = None,
        limit: int = 10,
        offset: int = 0,
    ) -> Flow[Messages]:
        r"""Some runs; `name_ilikes` are ILIKE patterns: `%` any text, `_` one character, `\` escapes, case is the same.

        Args:
            blueprint_ids: Of these blueprints.
            ids: With these ids.
            name_ilikes: Whose name fits one of these patterns.
            project_ids: Of these projects.
            statuses: In these states.
            task_types: Of these kinds.
            versions: Of these versions.
            user_ids: Of these people.
            select: Fields of the answer, `*` for all.
            sort: `id:asc`, `created_at:desc` and so on; newest first by default.
            created_after: Made later than this.
            created_before: Made earlier than this.
            id_after: With an id behind this one.
            limit: How many at most.
            offset: How many are left out first.
        """
        query = {
            "blueprint_id": checks.texts("blueprint_ids", blueprint_ids),
            "id": checks.texts("ids", ids),
            "name_ilike": checks.texts("name_ilikes", name_ilikes),
            "project_id": checks.texts("project_ids", project_ids),
            "status": checks.among("statuses", statuses, checks.STATUSES),
            "task_type": checks.texts("task_types", task_types),
            "version": checks.texts("versions", versions),
            "user_id": checks.texts("user_ids", user_ids),
            "select": checks.among("select", select, checks.RUN_FIELDS),
            "sort": checks.among("sort", sort, checks.SORTS),
            "created_after": checks.epoch("created_after", created_after),
            "created_before": checks.epoch("created_before", created_before),
            "id_after": id_after,
            "limit": checks.count("limit", limit),
            "offset": checks.count("offset", offset),
        }
        return (yield from self._requests.many("get_runs", query=query))

    def get_run(self, id: str) -> Flow[Json]:
        """A run by its id; `NotFound` when there is none."""
        try:
            return (yield from self._requests.one("get_run", id))
        except RemoteNotFound as error:
            raise NotFound("run", id, (), "`get_runs` lists them.") from error

    def reload_run(self, id: str, fields: Texts | None = None) -> Flow[Json]:
        """A run anew, or only some of `status`, `status_updated_at`, `progress`, `progress_updated_at`, `notes`."""
        if fields is None:
            return (yield from self.get_run(id))
        query = {"id": [id], "select": checks.among("fields", fields, checks.RELOADED)}
        found = yield from self._requests.many("get_runs", query=query)
        if not found:
            raise NotFound("run", id, (), "`get_runs` lists them.")
        return found[0]

    def delete_run(self, id: str) -> Flow[None]:
        """Remove a run for good."""
        yield from self._requests.send("delete_run", id)

    def stop_run(self, id: str, grace_period: int | None = None) -> Flow[None]:
        """Ask a run to end; it is killed after `grace_period` seconds, 1 or more; 600 by default."""
        body = {} if grace_period is None else {"grace_period_seconds": checks.grace_period(grace_period)}
        yield from self._requests.send("stop_run", id, body=body)

    # What a run records

    def get_events(self, id: str, limit: int = 100, offset: int = 0, sort: Texts | None = None) -> Flow[Messages]:
        """Events of a run; `sequence:desc` by default."""
        query = {
            "limit": checks.count("limit", limit),
            "offset": checks.count("offset", offset),
            "sort": checks.among("sort", sort, checks.EVENT_SORTS),
        }
        return (yield from self._requests.many("get_events", id, query=query))

    def get_metrics(
        self,
        id: str,
        global_steps: Sequence[int] | None = None,
        tags: Texts | None = None,
        limit: int = METRICS_PAGE,
        created_before: Time | None = None,
    ) -> Flow[Messages]:
        """Metrics of a run, newest first; a value that is not a number comes as null.

        Args:
            id: Of the run.
            global_steps: Of these steps.
            tags: Of these names.
            limit: How many at most.
            created_before: Made earlier than this.
        """
        query = {
            "global_step": checks.steps("global_steps", global_steps),
            "tag": checks.texts("tags", tags),
            "limit": checks.count("limit", limit),
            "created_before": checks.epoch("created_before", created_before),
        }
        return (yield from self._requests.many("get_metrics", id, query=query))

    def get_all_metrics(self, id: str, tags: Texts | None = None) -> Flow[Messages]:
        """All metrics of a run, page by page, each once.

        Several metrics share a time, so that each page begins at the time at which the one before ended.

        Raises:
            PlatformFailure: more than 100,000 metrics share a time.
        """
        return (yield from paging.metrics_since(self, id, None, tags))

    # Checkpoints

    def get_checkpoints(
        self,
        ids: Texts | None = None,
        run_ids: Texts | None = None,
        project_ids: Texts | None = None,
        global_steps: Sequence[int] | None = None,
        statuses: Texts | None = None,
        select: Texts | None = None,
        sort: Texts | None = None,
        created_before: Time | None = None,
        created_after: Time | None = None,
        limit: int = 10,
        offset: int = 0,
    ) -> Flow[Messages]:
        """Some checkpoints; the parameters are like those of `get_runs`, the states `incomplete` and `complete`."""
        query = {
            "id": checks.texts("ids", ids),
            "run_id": checks.texts("run_ids", run_ids),
            "project_id": checks.texts("project_ids", project_ids),
            "global_step": checks.steps("global_steps", global_steps),
            "status": checks.among("statuses", statuses, checks.CHECKPOINT_STATUSES),
            "select": checks.among("select", select, checks.CHECKPOINT_FIELDS),
            "sort": checks.among("sort", sort, checks.SORTS),
            "created_before": checks.epoch("created_before", created_before),
            "created_after": checks.epoch("created_after", created_after),
            "limit": checks.count("limit", limit),
            "offset": checks.count("offset", offset),
        }
        return (yield from self._requests.many("get_checkpoints", query=query))

    def get_run_checkpoints(self, id: str, **filters: Any) -> Flow[Messages]:
        """Checkpoints of a run; `filters` are those of `get_checkpoints`, but for `run_ids`."""
        if "run_ids" in filters:
            raise InvalidInput("get_run_checkpoints is of one run; `get_checkpoints` takes run_ids.")
        return (yield from self.get_checkpoints(run_ids=[id], **filters))

    def get_global_steps_with_checkpoints(self, id: str) -> Flow[list[int]]:
        """The steps of a run that have checkpoints."""
        try:
            answer = yield from self._requests.send("get_global_steps_with_checkpoints", id)
        except RemoteNotFound:
            # A deployment without that path: its checkpoints tell.
            found = yield from paging.all_checkpoints(self, [id])
            return sorted({int(one["global_step"]) for one in found})
        steps = answer.get("data") if isinstance(answer, Mapping) else answer
        return [int(step) for step in steps or []]

    def delete_checkpoints(self, ids: Texts | None = None, run_ids: Texts | None = None) -> Flow[None]:
        """Remove checkpoints by id, or all of some runs; without either nothing is sent, as it would remove all."""
        if not ids and not run_ids:
            raise InvalidInput("Say which checkpoints are deleted: give ids or run_ids. Without them all would go.")
        query = {"id": checks.texts("ids", ids), "run_id": checks.texts("run_ids", run_ids)}
        yield from self._requests.send("delete_checkpoints", query=query)

    def download_checkpoint(self, id: str, output_dir: str | Path) -> Flow[list[str]]:
        """Copy the files of a checkpoint into a folder that is there; the result is their paths.

        Raises:
            InvalidInput: there is no such folder.
            Conflict: the checkpoint is incomplete.
        """
        folder = Path(output_dir)
        if not (yield Local(folder.is_dir)):
            raise InvalidInput(f"There is no folder {str(output_dir)!r} to download into. Make it first.")
        found = yield from self.get_checkpoints(ids=[id], limit=1)
        if not found:
            raise NotFound("checkpoint", id)
        if found[0].get("status") == "incomplete":
            raise Conflict(
                f"The checkpoint {id} of step {found[0].get('global_step')} is not complete: it is still uploaded."
            )
        urls = yield from self._urls(id)
        prefix = str(found[0].get("key_prefix") or "").rstrip("/")
        copies = {key: folder / _below(prefix, key) for key in urls}
        with bar(f"download checkpoint {id}") as progress:
            yield Together([self._fetch(id, key, urls, copy, progress) for key, copy in copies.items()], PARALLEL)
        return [str(copy) for copy in copies.values()]

    def create_model_from_checkpoint(
        self, checkpoint_id: str, name: str, version: str, summary: str, project_id: str | None = None
    ) -> Flow[str]:
        """Make a model; the result is its id. The version is a semantic one; the project is the run's by default."""
        body = {
            "name": checks.text("name", name),
            "version": checks.semantic_version(version),
            "summary": checks.text("summary", summary),
            **({} if project_id is None else {"project_id": project_id}),
        }
        return str((yield from self._requests.one("create_model_from_checkpoint", checkpoint_id, body=body))["id"])

    def _urls(self, checkpoint_id: str) -> Flow[dict[str, str]]:
        """Where each file of a checkpoint comes from, by its key."""
        files = yield from self._requests.many("download_checkpoint", checkpoint_id)
        return {str(one["key"]): str(one["url"]) for one in files}

    def _fetch(
        self, checkpoint_id: str, key: str, urls: dict[str, str], copy: Path, progress: Callable[[int], None]
    ) -> Flow[None]:
        def ask() -> Flow[str]:
            if key not in urls:  # it was used, and has expired
                urls.update((yield from self._urls(checkpoint_id)))
            if key not in urls:
                raise NotFound("file of a checkpoint", key, (), "It was deleted meanwhile.")
            return urls.pop(key)

        yield Local(lambda: copy.parent.mkdir(parents=True, exist_ok=True))
        yield from self._requests.fetch("download_checkpoint", ask, copy, progress)


def _below(prefix: str, key: str) -> str:
    """The path of a file below the folder of its checkpoint.

    Raises:
        PlatformFailure: it would lie elsewhere.
    """
    inner = key.removeprefix(f"{prefix}/") if prefix else key
    try:
        return artifact_path(inner)
    except InvalidInput:
        raise PlatformFailure(
            f"A file of the checkpoint lies outside of it: {key!r}. Nothing was downloaded.",
            backend="chariot",
            operation="download_checkpoint",
        ) from None
