"""The filter language: which runs a filter chooses, and how an order sorts them."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta

import pytest

from jupyter_tracker.filters import (
    History,
    Operator,
    datasets_needed,
    evaluate,
    history_needed,
    lower_is_better,
    param_number,
    param_text,
    parse,
    parse_order,
    sort_runs,
)
from jupyter_tracker.models import Dataset, DatasetUse, MetricValue, RunInfo, RunState

NOW = datetime(2026, 2, 8, 12, tzinfo=UTC)
START = datetime(2026, 2, 1, tzinfo=UTC)
EQUAL, GREATER = Operator.EQUAL, Operator.GREATER

RUN = RunInfo(
    id="abc123",
    name="Run alpha",
    experiment_id="e1",
    experiment="digits",
    state=RunState.SUCCEEDED,
    native_state="FINISHED",
    params={"lr": 0.1, "depth": 3, "model": "resnet50", "flag": True, "none": None, "text_lr": "0.1", "sizes": [1, 2]},
    metrics={
        "acc": MetricValue(0.93, 10, START),
        "loss": MetricValue(0.2, 10, START),
        "nan": MetricValue(math.nan, 10, START),
    },
    tags={"mlflow.user": "john@mlflow.com", "model": "sklearn.linear", "type": "LogisticRegression"},
    created_at=START,
    started_at=START,
    ended_at=START + timedelta(minutes=6),
    exit_code=0,
)
HISTORIES = {
    "acc": History(0.1, 0.05, 0.95),
    "loss": History(2.0, 0.1, 2.5),
    "nan": History(math.nan, math.nan, math.nan),
}
DATASETS = (DatasetUse(Dataset("mnist", "1f"), "training"), DatasetUse(Dataset("cifar", "2e")))


def chosen(text: str) -> bool:
    return evaluate(parse(text, now=NOW), RUN, HISTORIES, DATASETS)


@pytest.mark.parametrize(
    "text",
    [
        # From MLflow's documentation of searching runs.
        "metrics.accuracy > 0.92 OR metrics.acc > 0.92",
        'attributes.status = "FINISHED"',
        "attributes.created > 1670628787527",
        "attributes.Created > 1670628787527",
        "tags.`mlflow.user` = 'john@mlflow.com'",
        "tags.`model` LIKE 'sklearn%'",
        "tags.`type` ILIKE '%Logistic%'",
        'attributes.`run_name` ILIKE "%alpha%"',
        'attributes.`Run Name` ILIKE "%alpha%"',
        "attributes.run_id IN ('abc123', 'x')",
        "run_id NOT IN ('x')",
        'params.model = "resnet50" and params.lr = "0.1" and metrics.loss <= 0.5',
        "params.missing IS NULL",
        # Params as numbers, as text, as truth.
        "params.lr = 0.1",
        "params.lr = '0.1'",
        "params.text_lr <= 0.1",
        "params.depth BETWEEN 3 AND 3",
        "params.flag = true AND params.flag = 1 AND NOT params.flag = false",
        "params.sizes = '[1, 2]'",
        "params.none IS NOT NULL AND params.none = 'null'",
        "params.model NOT IN ('vgg', 3)",
        "params.depth NOT IN ('vgg', 4)",
        # Times and durations.
        "created_at > now() - 7d13h AND created_at < now() - 6d",
        "duration > 5m AND duration = 360 AND duration NOT BETWEEN 1s AND 5m",
        # Histories.
        "best(metrics.acc) = 0.95 AND best(metrics.loss) = 0.1",
        "min(metrics.acc) = 0.05 AND max(metrics.acc) = 0.95 AND first(metrics.acc) = 0.1 AND last(metrics.acc) = 0.93",
        # NaN and what is missing.
        "metrics.nan IS NOT NULL AND min(metrics.nan) IS NOT NULL",
        "NOT metrics.nan = nan AND NOT metrics.nan != 1 AND NOT metrics.acc != nan",
        "NOT metrics.missing > 0",
        # Datasets: one of them is enough, and each condition asks for itself (MLflow: `search_runs`).
        "datasets.name = 'mnist' AND dataset.digest LIKE '2%' AND datasets.context IN ('training')",
        "datasets.name != 'mnist' AND NOT datasets.name = 'svhn' AND datasets.context IS NOT NULL",
        "datasets.`Name` ILIKE 'CIF%'",
        # Patterns.
        r"experiment LIKE 'd_g%' AND experiment NOT LIKE 'D%' AND experiment ILIKE 'DIG%'",
        "exit_code = 0 AND signal IS NULL AND kind != 'in_kernel' AND lifecycle = 'active' AND reason = ''",
    ],
)
def test_a_run_is_chosen(text: str) -> None:
    assert chosen(text)


@pytest.mark.parametrize(
    "text",
    [
        "metrics.missing != 1",
        "params.missing NOT LIKE 'a'",
        "tags.missing NOT IN ('a')",
        "metrics.nan NOT IN (1)",
        "metrics.acc NOT IN (nan)",
        "metrics.missing NOT BETWEEN 1 AND 2",
        "params.model != 1",
        "params.model > 1",
        "signal != 'SIGKILL'",
        "min(metrics.nan) != 1",
        "metrics.missing IS NOT NULL",
        "datasets.context != 'training'",
        "datasets.name IS NULL",
    ],
)
def test_a_comparison_with_what_is_missing_is_false(text: str) -> None:
    assert not chosen(text)


def test_a_duration_is_known_when_the_run_has_ended() -> None:
    running = RunInfo("a", "", "e", "e", RunState.RUNNING, "", started_at=START)
    assert not evaluate(parse("duration > 1s"), running)
    assert evaluate(parse("duration IS NULL"), running)


def test_a_pattern_of_many_wildcards_is_matched_at_once() -> None:
    run = RunInfo("a", "a" * 3000, "e", "e", RunState.RUNNING, "")
    started = time.perf_counter()
    assert not evaluate(parse(f"name LIKE '{'%a' * 50}b'"), run)
    assert evaluate(parse(f"name LIKE '{'%a' * 50}%'"), run)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "name",
    ["loss", "val_loss", "train/loss", "valLoss", "logloss", "error rate", "RMSE", "test.mae", "perplexity", "WER"],
)
def test_errors_are_better_when_lower(name: str) -> None:
    assert lower_is_better(name)


@pytest.mark.parametrize("name", ["acc", "accuracy", "f1", "auc", "reward", "lossless_ratio", "power", "terms"])
def test_everything_else_is_better_when_higher(name: str) -> None:
    assert not lower_is_better(name)


def test_histories_are_asked_for_by_name() -> None:
    assert history_needed(parse("best(metrics.a) > 1 OR NOT (min(metrics.b) < 1 AND last(metrics.c) > 1)")) == {
        "a",
        "b",
    }
    assert history_needed(*parse_order("max(metrics.d), metrics.e, name")) == {"d"}


def test_a_history_that_is_needed_and_not_given_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"best\(metrics.acc\) needs the history"):
        evaluate(parse("best(metrics.acc) > 1"), RUN)


def test_datasets_that_are_needed_and_not_given_are_an_error() -> None:
    assert datasets_needed(parse("name = 'a' OR NOT (name = 'b' AND datasets.name = 'c')"))
    assert not datasets_needed(parse("name = 'a' OR NOT tags.name = 'b'"))
    with pytest.raises(ValueError, match=r"datasets.name needs the datasets"):
        evaluate(parse("datasets.name = 'mnist'"), RUN)


def test_a_run_without_the_metric_needs_no_history() -> None:
    assert not evaluate(parse("best(metrics.missing) > 1"), RUN, {})


@pytest.mark.parametrize(
    ("value", "number", "text"),
    [
        (0.5, 0.5, "0.5"),
        (True, 1.0, "true"),
        (3, 3.0, "3"),
        ("1e-3", 0.001, "1e-3"),
        (" 1", None, " 1"),
        ("1_0", None, "1_0"),
        ("nan", None, "nan"),
        (math.nan, None, "NaN"),
        (10**400, math.inf, str(10**400)),
        (None, None, "null"),
        (["é", 1], None, '["é", 1]'),
        ("adam", None, "adam"),
    ],
)
def test_a_param_has_a_number_and_a_text(value: object, number: float | None, text: str) -> None:
    assert param_number(value) == number
    assert param_text(value) == text


def _runs(*values: object) -> list[RunInfo]:
    """Runs, the oldest first, with a param `x` unless it is None."""
    return [
        RunInfo(
            str(index),
            "",
            "e",
            "e",
            RunState.RUNNING,
            "",
            params={} if value is None else {"x": value},
            created_at=START + timedelta(seconds=index),
        )
        for index, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("order", "expected"),
    [("", "543210"), ("params.x", "310542"), ("params.x DESC", "130542"), ("created_at", "012345")],
)
def test_missing_values_come_last_and_ties_newest_first(order: str, expected: str) -> None:
    runs = _runs("b", 2.0, None, 1.0, None, None)
    assert "".join(run.id for run in sort_runs(runs, parse_order(order))) == expected
