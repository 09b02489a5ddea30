"""MLflow's filters and orders of runs as those of this package, which the store answers along its indexes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from mlflow.entities import RunStatus
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME, MLFLOW_RUN_NOTE, MLFLOW_USER
from mlflow.utils.search_utils import SearchUtils

from jupyter_tracker.filters import (
    Among,
    And,
    Attribute,
    Comparison,
    Dataset,
    DatasetField,
    Expression,
    Match,
    Metric,
    Missing,
    Operator,
    Or,
    Order,
    Param,
    Subject,
    Tag,
)
from jupyter_tracker.integrations.mlflow.entities import STATUS
from jupyter_tracker.models import RunState

_ATTRIBUTES: dict[str, Subject] = {
    "run_id": Attribute.ID,
    "run_name": Attribute.NAME,
    "status": Attribute.STATE,
    "start_time": Attribute.STARTED_AT,
    "end_time": Attribute.ENDED_AT,
    "experiment_id": Attribute.EXPERIMENT_ID,
    "user_id": Tag(MLFLOW_USER),
}
_TAGS: dict[str, Subject] = {
    MLFLOW_RUN_NAME: Attribute.NAME,
    MLFLOW_RUN_NOTE: Attribute.NOTES,
    MLFLOW_PARENT_RUN_ID: Attribute.PARENT,
}
"""Tags that are something else here."""


def expression(filter_string: str | None, experiment_ids: Sequence[str]) -> Expression:
    """The runs of some experiments that a filter of MLflow selects.

    Raises:
        MlflowException: it cannot be read, as MLflow says.
    """
    conditions = [_condition(parsed) for parsed in SearchUtils.parse_search_filter(filter_string)]
    if len(experiment_ids) != 1:
        conditions.append(Among(Attribute.EXPERIMENT_ID, tuple(experiment_ids)))
    return And(tuple(conditions))


def orders(clauses: Sequence[str] | None) -> tuple[Order, ...]:
    """An order of MLflow: what began last comes first unless it says otherwise."""
    found = []
    for clause in clauses or ():
        kind, key, ascending = SearchUtils.parse_order_by_for_search_runs(clause)
        subject = _subject(kind, key)
        if isinstance(subject, Dataset):
            raise MlflowException.invalid_parameter_value(f"Runs cannot be ordered by datasets: {clause!r}.")
        found.append(Order(subject, descending=not ascending))
    return (*found, Order(Attribute.STARTED_AT, descending=True))


def _condition(parsed: dict[str, Any]) -> Expression:
    kind, key, comparator, value = (parsed[name] for name in ("type", "key", "comparator", "value"))
    comparator = comparator.upper()
    # These say which comparators go with which keys, each with an error of its own.
    name = SearchUtils.translate_key_alias(key)
    for check in (SearchUtils.is_metric, SearchUtils.is_param, SearchUtils.is_tag, SearchUtils.is_dataset):
        check(kind, comparator)
    SearchUtils.is_string_attribute(kind, name, comparator)
    SearchUtils.is_numeric_attribute(kind, name, comparator)
    subject = _subject(kind, name)
    if subject is Attribute.STATE:
        return Among(subject, tuple(state for state in RunState if _status_fits(STATUS[state], comparator, value)))
    if subject in {Attribute.STARTED_AT, Attribute.ENDED_AT}:
        return _moments(subject, comparator, value)
    if subject in {Attribute.PARENT, Attribute.NOTES}:
        # Here, empty stands for none.
        if comparator == "IS NULL":
            return Comparison(subject, Operator.EQUAL, "")
        there = Comparison(subject, Operator.NOT_EQUAL, "")
        return there if comparator == "IS NOT NULL" else And((there, _compared(subject, comparator, value)))
    return _compared(subject, comparator, value)


def _compared(subject: Subject, comparator: str, value: Any) -> Expression:
    if comparator in {"IS NULL", "IS NOT NULL"}:
        return Missing(subject, negated=comparator == "IS NOT NULL")
    if comparator in {"IN", "NOT IN"}:
        return Among(subject, tuple(value), negated=comparator == "NOT IN")
    if comparator in {"LIKE", "ILIKE"}:
        # There, a backslash is a character.
        return Match(subject, value.replace("\\", "\\\\"), ignore_case=comparator == "ILIKE")
    return Comparison(subject, Operator(comparator), float(value) if isinstance(subject, Metric) else value)


def _moments(subject: Attribute, comparator: str, value: float) -> Expression:
    """A condition on a time in whole milliseconds, which is kept here in microseconds."""
    begin = datetime.fromtimestamp(int(value) / 1000, UTC)
    end = datetime.fromtimestamp((int(value) + 1) / 1000, UTC)
    from_begin, before = (Comparison(subject, sign, begin) for sign in (Operator.AT_LEAST, Operator.LESS))
    behind, to_end = (Comparison(subject, sign, end) for sign in (Operator.AT_LEAST, Operator.LESS))
    fitting: dict[str, Expression] = {
        "=": And((from_begin, to_end)),
        "!=": Or((before, behind)),
        "<": before,
        "<=": to_end,
        ">": behind,
        ">=": from_begin,
    }
    return fitting[comparator]


def _status_fits(status: int, comparator: str, value: Any) -> bool:
    fits: bool = SearchUtils.get_comparison_func(comparator)(RunStatus.to_string(status), value)
    return fits


def _subject(kind: str, key: str) -> Subject:
    name = SearchUtils.translate_key_alias(key)
    if kind == "metric":
        return Metric(name)
    if kind == "parameter":
        return Param(name)
    if kind == "tag":
        return _TAGS.get(name, Tag(name))
    if kind == "dataset":
        return Dataset(DatasetField(name))
    if name not in _ATTRIBUTES:
        known = ", ".join(sorted(_ATTRIBUTES))
        raise MlflowException.invalid_parameter_value(f"The store of jupyter_tracker looks for {known}, not {name!r}.")
    return _ATTRIBUTES[name]
