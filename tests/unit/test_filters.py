"""The filter language: what is read, what it means, and what is said about mistakes."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_tracker.errors import InvalidFilter
from jupyter_tracker.filters import (
    Aggregate,
    Among,
    And,
    Attribute,
    Comparison,
    Expression,
    History,
    Match,
    Metric,
    Missing,
    Not,
    Operator,
    Or,
    Order,
    Param,
    Subject,
    Tag,
    evaluate,
    history_needed,
    lower_is_better,
    param_number,
    param_text,
    parse,
    parse_order,
    sort_runs,
)
from jupyter_tracker.models import MetricValue, RunInfo, RunState

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


def chosen(text: str) -> bool:
    return evaluate(parse(text, now=NOW), RUN, HISTORIES)


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        ("metrics.acc", Metric("acc")),
        ("metric.acc", Metric("acc")),
        ("METRICS.acc", Metric("acc")),
        ("metrics.train.loss", Metric("train.loss")),
        ("metrics.val/loss", Metric("val/loss")),
        ("metrics.val-loss", Metric("val-loss")),
        ("metrics.mAP@0.5:0.95", Metric("mAP@0.5:0.95")),
        ("metrics.5fold", Metric("5fold")),
        ('metrics."val loss"', Metric("val loss")),
        ("metrics.'val loss'", Metric("val loss")),
        ("params.`a.b`", Param("a.b")),
        ("params.`a``b`", Param("a`b")),
        ("param.lr", Param("lr")),
        ("parameter.lr", Param("lr")),
        ("parameters.lr", Param("lr")),
        ("tag.größe", Tag("größe")),
        ("tags.`mlflow.user`", Tag("mlflow.user")),
        ("min(metrics.acc)", Metric("acc", Aggregate.MIN)),
        ("BEST( metrics.`a b` )", Metric("a b", Aggregate.BEST)),
        ("last(metrics.acc)", Metric("acc")),
        ("state", Attribute.STATE),
        ("attributes.status", Attribute.STATE),
        ("attribute.run_id", Attribute.ID),
        ("run.name", Attribute.NAME),
        ("attributes.`Run name`", Attribute.NAME),
        ("attributes.Created", Attribute.STARTED_AT),
        ("start_time", Attribute.STARTED_AT),
        ("attributes.end_time", Attribute.ENDED_AT),
        ("user_id", Tag("mlflow.user")),
    ],
)
def test_a_name_is_read_as_its_subject(written: str, subject: Subject) -> None:
    assert parse(f"{written} IS NULL") == Missing(subject)
    assert parse_order(f"{written} desc") == (Order(subject, descending=True),)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("metrics.a>-1", Comparison(Metric("a"), GREATER, -1.0)),
        ("metrics.a == 1e-3", Comparison(Metric("a"), EQUAL, 0.001)),
        ("metrics.a <> .5", Comparison(Metric("a"), Operator.NOT_EQUAL, 0.5)),
        ("metrics.a > - inf", Comparison(Metric("a"), GREATER, -math.inf)),
        ('tags.a = "it\'s"', Comparison(Tag("a"), EQUAL, "it's")),
        ("tags.a = 'it''s'", Comparison(Tag("a"), EQUAL, "it's")),
        (r"tags.a = 'it\'s'", Comparison(Tag("a"), EQUAL, "it's")),
        (r"tags.a = 'C:\new\\'", Comparison(Tag("a"), EQUAL, "C:\\new\\")),
        ("params.a = true", Among(Param("a"), ("true", "True", "TRUE"))),
        ("params.a != False", Among(Param("a"), ("false", "False", "FALSE"), negated=True)),
        ("params.a not in ('x', 1, 'x')", Among(Param("a"), ("x", 1.0), negated=True)),
        ("name iLike 'A%'", Match(Attribute.NAME, "A%", ignore_case=True)),
        ("name NOT LIKE 'A%'", Match(Attribute.NAME, "A%", negated=True)),
        ("exit_code is not null", Missing(Attribute.EXIT_CODE, negated=True)),
        ("duration > 5m", Comparison(Attribute.DURATION, GREATER, timedelta(minutes=5))),
        ("duration > 1h30m", Comparison(Attribute.DURATION, GREATER, timedelta(minutes=90))),
        ("duration > 1.5", Comparison(Attribute.DURATION, GREATER, timedelta(seconds=1.5))),
        ("created_at > now() - 7d", Comparison(Attribute.CREATED_AT, GREATER, NOW - timedelta(days=7))),
        ("created_at > now()-1w+12h", Comparison(Attribute.CREATED_AT, GREATER, NOW - timedelta(days=6.5))),
        ("created_at > '2026-02-01T00:00Z'", Comparison(Attribute.CREATED_AT, GREATER, START)),
        ("start_time > 1769904000000", Comparison(Attribute.STARTED_AT, GREATER, START)),
        ("status = 'FINISHED'", Comparison(Attribute.STATE, EQUAL, "succeeded")),
        ("status IN ('KILLED', 'SCHEDULED')", Among(Attribute.STATE, ("stopped", "queued"))),
        (
            "metrics.a BETWEEN 1 AND 2 AND name = 'x'",
            And(
                (
                    And(
                        (
                            Comparison(Metric("a"), Operator.AT_LEAST, 1.0),
                            Comparison(Metric("a"), Operator.AT_MOST, 2.0),
                        )
                    ),
                    Comparison(Attribute.NAME, EQUAL, "x"),
                )
            ),
        ),
        (
            "name='a' OR NOT name='b' AND (name='c' OR name='d')",
            Or(
                (
                    Comparison(Attribute.NAME, EQUAL, "a"),
                    And(
                        (
                            Not(Comparison(Attribute.NAME, EQUAL, "b")),
                            Or((Comparison(Attribute.NAME, EQUAL, "c"), Comparison(Attribute.NAME, EQUAL, "d"))),
                        )
                    ),
                )
            ),
        ),
        ("  ", And(())),
    ],
)
def test_a_filter_is_read_as_a_tree(text: str, expression: Expression) -> None:
    assert parse(text, now=NOW) == expression


def test_an_order_is_read_from_one_text_or_several() -> None:
    keys = (Order(Metric("acc"), descending=True), Order(Attribute.CREATED_AT))
    assert parse_order("metrics.acc DESC, created_at") == keys
    assert parse_order(["metrics.acc desc", "created_at ASC"]) == keys
    assert parse_order("") == ()


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "XYZ-9")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone cannot be set here")
@pytest.mark.usefixtures("far_east")
def test_a_time_without_a_zone_is_local() -> None:
    assert parse("created_at > '2026-01-01'") == Comparison(
        Attribute.CREATED_AT, GREATER, datetime(2025, 12, 31, 15, tzinfo=UTC)
    )


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
    ],
)
def test_a_comparison_with_what_is_missing_is_false(text: str) -> None:
    assert not chosen(text)


def test_a_duration_is_known_when_the_run_has_ended() -> None:
    running = RunInfo("a", "", "e", "e", RunState.RUNNING, "", started_at=START)
    assert not evaluate(parse("duration > 1s"), running)
    assert evaluate(parse("duration IS NULL"), running)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("metrics.acc >> 1", 13, "Expected a value, found '>'"),
        ("metrics.acc > ", 14, "Expected a value, found the end"),
        ("metrics.acc 0.9", 12, "Expected =, !=, <, <=, >, >=, LIKE, ILIKE, IN, NOT, BETWEEN or IS, found '0.9'"),
        ("metrics.acc > 'x'", 14, "metrics.acc is a number, such as 0.5, found 'x'"),
        ("metrics.acc > 1 adn name = 'x'", 16, "Did you mean 'AND'?"),
        ("name LKE 'x'", 5, "Did you mean 'LIKE'?"),
        (
            "metrcs.acc > 1",
            0,
            "'metrcs' holds no names; expected metrics, params, tags or attributes. Did you mean 'metrics'?",
        ),
        ("stat = 'x'", 0, "Runs have no attribute 'stat'. Did you mean 'state'?"),
        ("name='a' and run.nam = 'x'", 17, "Runs have no attribute 'nam'. Did you mean 'name'?"),
        ("accuracy > 1", 0, "Metrics, params and tags are written metrics.x, params.x, tags.x."),
        ("state = 'finishd'", 8, "never 'finishd'."),
        ("state = 'runing'", 8, "Did you mean 'running'?"),
        ("state < 'running'", 6, "expected =, != or IN"),
        ("tags.v = 3", 9, "tags.v is text in quotes; write '3', found '3'"),
        ("tags.v = x", 9, "Text stands in quotes."),
        ("params.a = null", 11, "expected IS NULL or IS NOT NULL"),
        ("params.a > true", 11, "true and false have no order"),
        ("metrics.a LIKE 'x'", 10, "metrics.a is a number"),
        ("name LIKE x", 10, "Expected a pattern in quotes"),
        ("name NOT 'x'", 9, "Expected IN, LIKE, ILIKE or BETWEEN after NOT"),
        ("name IS 'x'", 8, "Expected NULL or NOT NULL after IS"),
        ("name IN 'x'", 8, "Expected a list in parentheses after IN"),
        ("name IN ('x' 'y')", 13, "Expected a comma or the ) of the list"),
        ("name IN ()", 9, "Expected a value, found ')'"),
        ("metrics.a BETWEEN 1, 2", 19, "Expected AND and the end of the range"),
        ("(name = 'x'", 11, "the ) of an earlier ("),
        ("name = 'x')", 10, "Expected AND, OR or the end, found ')'"),
        ("name = 'x", 7, "The quote ' that opens here is not closed."),
        ("metrics.`a > 1", 8, "The quote ` that opens here is not closed."),
        ("metrics. > 1", 8, "Expected a name after metrics."),
        ("metrics.`` > 1", 8, "Expected a name between the quotes"),
        ("name = 'x' ; 1", 11, "';' belongs to nothing here"),
        ("duration > 5x", 11, "'5x' is no number; a duration has the unit s, m, h, d or w"),
        ("duration > 'x'", 11, "duration is a length of time"),
        ("duration > inf", 11, "duration is a length of time"),
        ("duration > 999999999999d", 11, "outside of the times there are"),
        ("created_at > 'yesterday'", 13, "created_at is a time"),
        ("created_at > now - 7d", 17, "Expected () after now"),
        ("created_at > now() - 7", 21, "Expected a duration such as 7d"),
        ("created_at > now() - 99999d - 999999d", 13, "outside of the times there are"),
        ("created_at > 1e300", 13, "outside of the times there are"),
        ("mx(metrics.a) > 1", 0, "Did you mean 'max'?"),
        ("mean(metrics.a) > 1", 0, "There is no function 'mean'; expected one of last, first, min, max, best."),
        ("min(params.a) > 1", 4, "min is taken of a metric"),
        ("min(max(metrics.a)) > 1", 4, "min is taken of a metric"),
        ("datasets.name = 'x'", 0, "cannot be filtered by dataset"),
        ("name = '\ud800'", 8, "Half of a surrogate pair"),
        ("name = 'x' AND " + "(" * 60, 65, "nests at most 50 deep"),
        ("NOT " * 5000, 200, "nests at most 50 deep"),
        ("name LIKE '" + "%" * 10_001 + "'", 10, "A pattern has at most 10,000 characters."),
        ("name = 'x' OR " * 10_000, 80, "A filter has at most 100,000 characters"),
    ],
)
def test_a_mistake_is_named_at_its_column(text: str, column: int, message: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse(text)
    assert message in str(caught.value)
    assert caught.value.column == column


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("metrics.acc DSC", 12, "Did you mean 'DESC'?"),
        ("metrics.acc,", 12, "Expected a name"),
        ("metrics.acc > 1", 12, "Expected ASC, DESC, a comma or the end, found '>'"),
        ("creatd_at", 0, "Did you mean 'created_at'?"),
    ],
)
def test_a_mistake_in_an_order_is_named_at_its_column(text: str, column: int, message: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse_order(text)
    assert message in str(caught.value)
    assert caught.value.column == column


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.text()
    | st.lists(
        st.sampled_from(
            ["metrics.a", "params.`b c`", "state", "(", ")", "NOT", "AND", "OR", "IN", "LIKE", "IS", "NULL", "BETWEEN"]
            + ["now()", "'x'", "1", "-2", "7d", ",", "=", "<", "-", "best(", "nan"]
        )
    ).map(" ".join)
)
def test_any_text_is_read_or_refused_with_a_column_in_it(text: str) -> None:
    for read in (parse, parse_order):
        try:
            read(text)
        except InvalidFilter as error:
            assert 0 <= error.column <= len(text)


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
