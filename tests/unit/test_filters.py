"""The filter language: what is read, and what is said about mistakes."""

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
    parse,
    parse_order,
)

NOW = datetime(2026, 2, 8, 12, tzinfo=UTC)
START = datetime(2026, 2, 1, tzinfo=UTC)
EQUAL, GREATER = Operator.EQUAL, Operator.GREATER
WORDS = (
    *("metrics.a", "params.`b c`", "state", "(", ")", "NOT", "AND", "OR", "IN", "LIKE", "IS", "NULL", "BETWEEN"),
    *("now()", "'x'", "1", "-2", "7d", ",", "=", "<", "-", "best(", "nan"),
)


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
        ("name = 'x' ORDER BY name", 11, "what runs are ordered by is given apart"),
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
        ("datasets.nam = 'x'", 0, "Did you mean 'name'?"),
        ("datasets.name > 1", 16, "datasets.name is text in quotes"),
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
        ("name, datasets.name", 6, "A run may read several datasets"),
    ],
)
def test_a_mistake_in_an_order_is_named_at_its_column(text: str, column: int, message: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse_order(text)
    assert message in str(caught.value)
    assert caught.value.column == column


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text() | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_any_text_is_read_or_refused_with_a_column_in_it(text: str) -> None:
    for read in (parse, parse_order):
        column = 0
        try:
            read(text)
        except InvalidFilter as error:
            column = error.column
        assert 0 <= column <= len(text)
