"""What of a filter an MLflow server is asked."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_tracker.backends.mlflow.search import push_down, pushes_order
from jupyter_tracker.filters import parse, parse_order, to_text


@pytest.mark.parametrize(
    ("where", "there", "here"),
    [
        ("", "", ""),
        ("metrics.acc > 0.9", "metrics.`acc` > 0.9", ""),
        ("metrics.`val loss` <= 1e3 and params.m = 'x'", "metrics.`val loss` <= 1000.0 AND params.`m` = 'x'", ""),
        ("params.lr < 0.1", "", "params.lr < 0.1"),
        ("tags.team != 'a'", "tags.`team` != 'a'", ""),
        ("name like 'r%' and not name = 'r2'", "attributes.run_name LIKE 'r%'", "NOT name = 'r2'"),
        ("state = 'running' and state = 'lost'", "attributes.status = 'RUNNING'", "state = 'lost'"),
        ("min(metrics.x) < 1 and metrics.x < inf", "", "min(metrics.x) < 1.0 AND metrics.x < inf"),
        ("metrics.a > 1 or metrics.b > 1", "", "metrics.a > 1.0 OR metrics.b > 1.0"),
        ("params.q = 'it''s'", "", "params.q = 'it''s'"),
        ("parent = 'ab' and parent != 'cd'", "tags.`mlflow.parentRunId` = 'ab'", "parent != 'cd'"),
    ],
)
def test_what_the_server_can_say_is_pushed_down(where, there, here):
    text, left = push_down(parse(where))
    assert (text, " AND ".join(map(to_text, left))) == (there, here)


def test_times_are_pushed_down_with_some_slack():
    text, left = push_down(parse("created_at > 1700000000000 and ended_at <= 1700000000000"))
    assert text == "attributes.start_time > 1699999998000 AND attributes.end_time < 1700000002000"
    assert left == ()


def test_the_newest_first_is_the_order_of_the_server():
    assert pushes_order(())
    assert pushes_order(parse_order("created_at DESC"))
    assert not pushes_order(parse_order("metrics.acc DESC"))


@given(st.text(max_size=30), st.text(max_size=30, alphabet=st.characters(codec="utf-8")))
def test_no_text_leaves_its_quotes(value, name):
    if not name:
        return
    quoted = value.replace("\\", "\\\\").replace("'", "''")
    text, left = push_down(parse(f"tags.`{name.replace(chr(92), chr(92) * 2).replace('`', '``')}` = '{quoted}'"))
    assert bool(text) != bool(left)
    assert not text or re.fullmatch(r"tags\.`[^`']+` = '[^']*'", text)
