"""Logged models of the local store for MLflow: what `mlflow.<library>.log_model` makes."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Any

from mlflow.entities import (
    LoggedModel,
    LoggedModelOutput,
    LoggedModelParameter,
    LoggedModelStatus,
    LoggedModelTag,
)
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.tracking import SEARCH_LOGGED_MODEL_MAX_RESULTS_DEFAULT
from mlflow.utils.name_utils import _generate_random_name
from mlflow.utils.search_utils import SearchLoggedModelsUtils
from mlflow.utils.validation import _validate_logged_model_name

from jupyter_tracker import flow
from jupyter_tracker.backends.local import logged_models
from jupyter_tracker.backends.local.logged_models import ModelUse
from jupyter_tracker.integrations.mlflow.entities import model_entity
from jupyter_tracker.integrations.mlflow.metrics import Metrics


class LoggedModels(Metrics):
    """Models by id; one that is ready is also a checkpoint of its run."""

    def create_logged_model(
        self,
        experiment_id: str,
        name: str | None = None,
        source_run_id: str | None = None,
        tags: Sequence[LoggedModelTag] | None = None,
        params: Sequence[LoggedModelParameter] | None = None,
        model_type: str | None = None,
    ) -> LoggedModel:
        _validate_logged_model_name(name)
        made = self.backend.logged_models.create(
            logged_models.LoggedModel(
                id="",
                experiment_id=self.experiment(experiment_id).id,
                name=name or _generate_random_name(),
                kind=model_type or "",
                status=LoggedModelStatus.PENDING.value,
                run_id=source_run_id or "",
                params={param.key: str(param.value) for param in params or ()},
                tags={tag.key: str(tag.value) for tag in tags or ()},
            )
        )
        return self._model_entity(made)

    def get_logged_model(self, model_id: str, allow_deleted: bool = False) -> LoggedModel:
        return self._model_entity(self.backend.logged_models.get(model_id, deleted=allow_deleted))

    def finalize_logged_model(self, model_id: str, status: LoggedModelStatus) -> LoggedModel:
        ready = status == LoggedModelStatus.READY
        made = self.backend.logged_models.change(model_id, status=LoggedModelStatus(status).value, ready=ready)
        return self._model_entity(made)

    def log_logged_model_params(self, model_id: str, params: Sequence[LoggedModelParameter]) -> None:
        self.backend.logged_models.change(model_id, params={param.key: str(param.value) for param in params})

    def set_logged_model_tags(self, model_id: str, tags: Sequence[LoggedModelTag]) -> None:
        self.backend.logged_models.change(model_id, tags={tag.key: str(tag.value) for tag in tags})

    def delete_logged_model_tag(self, model_id: str, key: str) -> None:
        if key not in self.backend.logged_models.get(model_id).tags:
            raise MlflowException(
                f"No tag with key {key!r} found for model with ID {model_id!r}.", error_code=RESOURCE_DOES_NOT_EXIST
            )
        self.backend.logged_models.change(model_id, tags={key: None})

    def delete_logged_model(self, model_id: str) -> None:
        self.backend.logged_models.delete(model_id)

    def log_outputs(self, run_id: str, models: Sequence[LoggedModelOutput]) -> None:
        self._check_active(self.run(run_id))
        self.backend.logged_models.use(run_id, [ModelUse(each.model_id, "output", each.step) for each in models])

    def search_logged_models(
        self,
        experiment_ids: Sequence[str],
        filter_string: str | None = None,
        datasets: Sequence[dict[str, Any]] | None = None,
        max_results: int | None = None,
        order_by: Sequence[dict[str, Any]] | None = None,
        page_token: str | None = None,
    ) -> PagedList:
        if datasets and not all(each.get("dataset_name") for each in datasets):
            raise MlflowException.invalid_parameter_value("`dataset_name` in the `datasets` clause must be specified.")
        ids = [self.experiment(each).id for each in experiment_ids]
        found = [self._model_entity(model) for model in self.backend.logged_models.list(ids)]
        chosen = SearchLoggedModelsUtils.filter_logged_models(found, filter_string, datasets)
        ordered = SearchLoggedModelsUtils.sort(chosen, order_by)
        limit = max_results or SEARCH_LOGGED_MODEL_MAX_RESULTS_DEFAULT
        return PagedList(*SearchLoggedModelsUtils.paginate(ordered, page_token, limit))

    def _model_entity(self, model: logged_models.LoggedModel) -> LoggedModel:
        experiment = flow.run(self.backend.experiments.get(model.experiment_id))
        return model_entity(model, posixpath.join(self.location(experiment), "models", model.id, "artifacts"))
