"""The documented operations on experiments and their variables."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from jupyter_tracker.backends.ubiops.wire import BUCKET_VARIABLE, DEFAULT_BUCKET, DEPLOYMENT, Wire, version_path
from jupyter_tracker.errors import PlatformFailure, RemoteInvalid, RemoteNotFound
from jupyter_tracker.flow import Flow, Sleep

READY = frozenset({"available", "completed", "confirmation", "success"})
BROKEN = frozenset({"failed", "cancelled"})
POLL = 4.0
"""Seconds between two questions whether an experiment is ready."""
LIMIT = 1800.0
"""Seconds until an experiment must be ready."""


class ExperimentOperations:
    """Experiments, which are versions of the deployment for training."""

    poll = POLL
    limit = LIMIT

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def initialize(self, project_name: str) -> Flow[Any]:
        """Prepare a project for training."""
        template = yield from self._template()
        return (
            yield from self._wire.ask(
                "initialize", "POST", "projects", project_name, "deployments", body=template["details"]
            )
        )

    def experiments_create(self, project_name: str, data: Mapping[str, Any]) -> Flow[Any]:
        """Make an experiment and wait until it is ready.

        Args:
            project_name: The project.
            data: `name`, `environment`, `instance_type` (or `instance_type_group_id`, `…_name`), `description`,
                `labels`, `default_bucket`, `request_retention_time`, `request_retention_mode`.

        Raises:
            RemoteInvalid: the project is not prepared for training.
            PlatformFailure: the experiment did not become available.
        """
        fields = {name: value for name, value in data.items() if value is not None}
        name, bucket = fields.pop("name"), fields.pop("default_bucket", None)
        fields.setdefault("request_retention_mode", "full")
        yield from self._prepared(project_name)
        if environment := fields.get("environment_name") or fields.get("environment"):
            yield from self._environment(project_name, environment)
        if bucket is not None:
            yield from self._wire.ask("buckets_get", "GET", "projects", project_name, "buckets", bucket)
        template = yield from self._template()
        yield from self._wire.ask(
            "experiments_create", "POST", *_experiments(project_name), body={"version": name, **fields}
        )
        if bucket is not None:
            variable = {"name": BUCKET_VARIABLE, "value": bucket, "secret": False}
            yield from self.experiment_environment_variables_create(project_name, name, variable)
        made = yield from self._wire.form(
            "revisions_file_upload",
            *version_path(project_name, name, "revisions"),
            fields={"template_deployment_id": template["id"]},
        )
        found = yield from self._ready(project_name, name, made.get("revision"))
        return _experiment(found)

    def experiments_get(self, project_name: str, experiment_name: str) -> Flow[Any]:
        """One experiment with its default bucket."""
        found = yield from self._wire.ask("experiments_get", "GET", *version_path(project_name, experiment_name))
        bucket = yield from self._bucket(project_name, experiment_name)
        return {**_experiment(found), "default_bucket": bucket}

    def experiments_list(self, project_name: str, labels: str | None = None) -> Flow[Any]:
        """All experiments, or those with some labels: `key:value,key:value`."""
        yield from self._prepared(project_name)
        path = _experiments(project_name)
        found = yield from self._wire.ask("experiments_list", "GET", *path, query={"labels": labels})
        return [_experiment(version) for version in found or ()]

    def experiments_update(self, project_name: str, experiment_name: str, data: Mapping[str, Any]) -> Flow[Any]:
        """Change what is given.

        It is of `name`, `environment`, `instance_type`, `description`, `labels` (as a whole) and `default_bucket`.
        """
        fields = {name: value for name, value in data.items() if value is not None}
        bucket = fields.pop("default_bucket", None)
        if "name" in fields:
            fields["version"] = fields.pop("name")
        if environment := fields.get("environment_name") or fields.get("environment"):
            yield from self._environment(project_name, environment)
        if bucket is not None:
            yield from self._move(project_name, experiment_name, bucket)
        changed = yield from self._wire.ask(
            "experiments_update", "PATCH", *version_path(project_name, experiment_name), body=fields
        )
        # It is not read again, so it is known only where it was given (so does the SDK).
        return {**_experiment(changed), "default_bucket": bucket}

    def experiments_delete(self, project_name: str, experiment_name: str) -> Flow[Any]:
        """Remove an experiment with its runs for good."""
        return (yield from self._wire.ask("experiments_delete", "DELETE", *version_path(project_name, experiment_name)))

    def experiment_environment_variables_create(
        self, project_name: str, experiment_name: str, data: Mapping[str, Any]
    ) -> Flow[Any]:
        """Make a variable from `name`, `value` and `secret`; it shadows an inherited one of that name."""
        path = _variables(project_name, experiment_name)
        return (yield from self._wire.ask("experiment_environment_variables_create", "POST", *path, body=dict(data)))

    def experiment_environment_variables_list(self, project_name: str, experiment_name: str) -> Flow[Any]:
        """The variables of an experiment with those that it inherits."""
        path = _variables(project_name, experiment_name)
        return (yield from self._wire.ask("experiment_environment_variables_list", "GET", *path))

    def experiment_environment_variables_get(
        self,
        project_name: str,
        experiment_name: str,
        id: str,
    ) -> Flow[Any]:
        """A variable of an experiment; not one that it inherits."""
        path = _variables(project_name, experiment_name, id)
        return (yield from self._wire.ask("experiment_environment_variables_get", "GET", *path))

    def experiment_environment_variables_update(
        self,
        project_name: str,
        experiment_name: str,
        id: str,
        data: Mapping[str, Any],
    ) -> Flow[Any]:
        """Set `name`, `value` and `secret` of a variable; a secret never becomes public."""
        path = _variables(project_name, experiment_name, id)
        return (yield from self._wire.ask("experiment_environment_variables_update", "PATCH", *path, body=dict(data)))

    def experiment_environment_variables_delete(
        self,
        project_name: str,
        experiment_name: str,
        id: str,
    ) -> Flow[Any]:
        """Remove a variable of an experiment."""
        path = _variables(project_name, experiment_name, id)
        return (yield from self._wire.ask("experiment_environment_variables_delete", "DELETE", *path))

    def _prepared(self, project_name: str) -> Flow[None]:
        try:
            yield from self._wire.ask("deployments_get", "GET", "projects", project_name, "deployments", DEPLOYMENT)
        except RemoteNotFound as error:
            raise RemoteInvalid(
                f"The UbiOps project {project_name!r} is not there, or not prepared for training ({error}) Prepare it"
                f" once: `tracker.native.initialize({project_name!r})`.",
                backend=self._wire.service.backend,
                operation="deployments_get",
                status=404,
            ) from None

    def _environment(self, project_name: str, name: str) -> Flow[Any]:
        return (yield from self._wire.ask("environments_get", "GET", "projects", project_name, "environments", name))

    def _template(self) -> Flow[Any]:
        known = yield from self._wire.ask("template_deployments_list", "GET", "template-deployments")
        for template in known or ():
            if (template.get("details") or {}).get("name") == DEPLOYMENT:
                return template
        raise PlatformFailure(
            f"UbiOps offers no template {DEPLOYMENT!r}, from which training is made.",
            backend=self._wire.service.backend,
            operation="template_deployments_list",
        )

    def _bucket(self, project_name: str, experiment_name: str) -> Flow[str]:
        known = yield from self.experiment_environment_variables_list(project_name, experiment_name)
        named = (each.get("value") for each in known or () if each.get("name") == BUCKET_VARIABLE)
        return next((value for value in named if value), DEFAULT_BUCKET)

    def _move(self, project_name: str, experiment_name: str, bucket: str) -> Flow[None]:
        """Name another bucket as the one of an experiment."""
        yield from self._wire.ask("buckets_get", "GET", "projects", project_name, "buckets", bucket)
        known = yield from self.experiment_environment_variables_list(project_name, experiment_name)
        variable = {"name": BUCKET_VARIABLE, "value": bucket, "secret": False}
        mine = [each for each in known or () if each.get("name") == BUCKET_VARIABLE]
        if mine:
            yield from self.experiment_environment_variables_update(
                project_name, experiment_name, mine[0]["id"], variable
            )
        else:
            yield from self.experiment_environment_variables_create(project_name, experiment_name, variable)

    def _ready(self, project_name: str, name: str, revision: str | None) -> Flow[Any]:
        """Wait for the environment, the revision and the experiment; the experiment then."""
        version = version_path(project_name, name)
        until = time.monotonic() + self.limit
        found = yield from self._wire.ask("experiments_get", "GET", *version)
        name_of_environment = found.get("environment_name") or found.get("environment")
        if name_of_environment:
            yield from self._built(until, name, project_name, name_of_environment, found.get("environment_tag"))
        if revision:
            yield from self._until(until, name, *version, "revisions", revision)
        return (yield from self._until(until, name, *version))

    def _built(self, until: float, name: str, project_name: str, environment: str, tag: str | None) -> Flow[None]:
        """Wait for the environment of an experiment, unless it is one of the platform's."""
        found = yield from self._environment(project_name, environment)
        path = ("projects", project_name, "environments", environment)
        if tag:
            yield from self._wire.ask("environment_tags_get", "GET", *path, "tags", tag)
        if found.get("system"):
            return
        if tag:
            yield from self._until(until, name, *path, "tags", tag)
        elif found.get("latest_build") and found.get("latest_revision"):
            build = ("revisions", found["latest_revision"], "builds", found["latest_build"])
            yield from self._until(until, name, *path, *build)

    def _until(self, until: float, name: str, *path: str) -> Flow[Any]:
        while True:
            found = yield from self._wire.ask("wait_for_experiment", "GET", *path)
            status = str(found.get("status") or "")
            if status in READY:
                return found
            if status in BROKEN or time.monotonic() >= until:
                reason = found.get("error_message") or (
                    "" if status in BROKEN else f"it was waited for {self.limit:g} s"
                )
                raise PlatformFailure(
                    f"The experiment {name!r} did not become available: {path[-2].rstrip('s')} {path[-1]} is"
                    f" {status or 'of no status'}{f' ({reason})' if reason else ''}. Delete it, or look at it on"
                    " UbiOps.",
                    backend=self._wire.service.backend,
                    operation="experiments_create",
                    code=status,
                )
            yield Sleep(self.poll)


def _variables(project_name: str, experiment_name: str, *identity: str) -> tuple[str, ...]:
    return version_path(project_name, experiment_name, "environment-variables", *identity)


def _experiment(version: Mapping[str, Any]) -> dict[str, Any]:
    """A version under the words of training."""
    return {**version, "name": version.get("version")}


def _experiments(project_name: str) -> tuple[str, ...]:
    return ("projects", project_name, "deployments", DEPLOYMENT, "versions")
