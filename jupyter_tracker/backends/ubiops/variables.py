"""Variables of UbiOps: of an experiment, and those that it inherits from the deployment for training or its project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jupyter_tracker.backends.common.values import writable
from jupyter_tracker.backends.common.variables import name_taken, named
from jupyter_tracker.backends.operations import VariableOperations
from jupyter_tracker.backends.ubiops.project import Project
from jupyter_tracker.backends.ubiops.wire import DEPLOYMENT
from jupyter_tracker.errors import Conflict, InvalidInput, RemoteConflict
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Scope, Secret, Variable, check_variables, revealed

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_]*[A-Za-z0-9])?")
LONGEST_NAME = 64


class UbiOpsVariables(VariableOperations):
    """What is called the store in the shared model is the deployment for training here: all experiments inherit it."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def create(self, name: str, value: str | Secret, secret: bool, experiment: str | None) -> Flow[Variable]:
        _check(name, value)
        owner = None if experiment is None else (yield from self._project.experiment(experiment)).name
        data = {"name": name, "value": revealed(value), "secret": secret or isinstance(value, Secret)}
        native, project = self._project.native, self._project.name
        try:
            if owner is None:
                yield from native.deployment_environment_variables_create(project, DEPLOYMENT, data)
            else:
                yield from native.experiment_environment_variables_create(project, owner, data)
        except RemoteConflict as error:
            raise name_taken(name, owner) from error
        return (yield from self._found(name, owner))

    def get(self, name: str, experiment: str | None) -> Flow[Variable]:
        owner = None if experiment is None else (yield from self._project.experiment(experiment)).name
        return (yield from self._found(name, owner, inherited=True))

    def list(self, experiment: str | None) -> Flow[tuple[Variable, ...]]:
        owner = None if experiment is None else (yield from self._project.experiment(experiment)).name
        return (yield from self._known(owner))

    def update(
        self,
        name: str,
        new_name: str | None,
        value: str | Secret | None,
        secret: bool | None,
        experiment: str | None,
    ) -> Flow[Variable]:
        owner = None if experiment is None else (yield from self._project.experiment(experiment)).name
        found = yield from self._found(name, owner)
        _check(name if new_name is None else new_name, "" if value is None else value)
        if found.secret and secret is False:
            raise Conflict(
                f"The variable {name} is a secret and never becomes public again."
                " Delete it, and create it anew with a public value."
            )
        if value is None and found.value is None:
            if new_name is None:
                return found
            raise InvalidInput(f"UbiOps renames the secret {name} only together with its value: give both.")
        data = {
            "name": new_name or name,
            "value": revealed(found.value if value is None else value),  # type: ignore[arg-type]  # a secret has one
            "secret": found.secret or bool(secret) or isinstance(value, Secret),
        }
        native, project = self._project.native, self._project.name
        try:
            if owner is None:
                yield from native.deployment_environment_variables_update(project, DEPLOYMENT, found.id, data)
            else:
                yield from native.experiment_environment_variables_update(project, owner, found.id, data)
        except RemoteConflict as error:
            raise name_taken(new_name or name, owner) from error
        return (yield from self._found(new_name or name, owner))

    def delete(self, name: str, experiment: str | None) -> Flow[Variable]:
        owner = None if experiment is None else (yield from self._project.experiment(experiment)).name
        found = yield from self._found(name, owner)
        native, project = self._project.native, self._project.name
        if owner is None:
            yield from native.deployment_environment_variables_delete(project, DEPLOYMENT, found.id)
        else:
            yield from native.experiment_environment_variables_delete(project, owner, found.id)
        return found

    def _known(self, owner: str | None) -> Flow[tuple[Variable, ...]]:
        native, project = self._project.native, self._project.name
        above = yield from native.deployment_environment_variables_list(project, DEPLOYMENT)
        if owner is None:
            listed, names = above, set[str]()
        else:
            listed = yield from native.experiment_environment_variables_list(project, owner)
            names = {str(each.get("name")) for each in above or ()}
        found = [_variable(each, owner, names) for each in listed or ()]
        return tuple(sorted(found, key=lambda variable: variable.name))

    def _found(self, name: str, owner: str | None, *, inherited: bool = False) -> Flow[Variable]:
        return named((yield from self._known(owner)), name, owner, inherited=inherited)


def _variable(each: Mapping[str, Any], owner: str | None, above: set[str]) -> Variable:
    name, secret = str(each.get("name")), bool(each.get("secret"))
    inherited = each.get("inheritance_type") is not None
    own = owner is not None and not inherited
    return Variable(
        id=str(each.get("id")),
        name=name,
        value=None if secret else str(each.get("value") or ""),
        secret=secret,
        scope=Scope.EXPERIMENT if own else Scope.STORE,
        experiment=str(owner) if own else "",
        inherited=inherited,
        shadows=own and name in above,
    )


def _check(name: str, value: str | Secret) -> None:
    check_variables({name: value})
    if not writable(revealed(value)):
        raise InvalidInput(f"The variable {name} holds half of a surrogate pair, which is no text.")
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise InvalidInput(
            f"The variable {name[:80]} needs a name of at most {LONGEST_NAME} characters without _ at its ends."
        )
