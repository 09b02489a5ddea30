"""How the space of a sweep is written, and which points are tried."""

from __future__ import annotations

import itertools
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_tracker.backends.local.record import record_of, submission_from
from jupyter_tracker.client.requests import sweep as requested
from jupyter_tracker.client.sweeps.search import SEARCHES, better
from jupyter_tracker.client.sweeps.space import MOST_TRIALS, checked_sweep, dimension, point, size, values
from jupyter_tracker.errors import ConfigError, InvalidInput
from jupyter_tracker.models import Between, Choice, Code, CodeKind, Goal, Submission, SweepMethod


def swept(space, method="grid", **changed):
    options = {"samples": None, "metric": None, "goal": "minimize", "parallel": 2, "seed": 7, **changed}
    submission = Submission("digits", Code(CodeKind.CELL, text="1\n"), params={"taken": 1})
    return requested(submission, space, method, **options)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0.1,0.01", Choice((0.1, 0.01))),
        ("adam, sgd", Choice(("adam", "sgd"))),
        ("adam", Choice(("adam",))),
        ("1,2.0,true,null,None,False,x", Choice((1, 2.0, "true", "null", None, False, "x"))),
        ('1,"a,b",null', Choice((1, "a,b", None))),
        ("[1,2],[3]", Choice(([1, 2], [3]))),
        ("2:8", Between(2, 8)),
        ("2 : 8 : 2", Between(2, 8, 2)),
        ("0.1:0.5", Between(0.1, 0.5)),
        ("-1:1:0.5", Between(-1, 1, 0.5)),
        ("1e-4:1e-1:log", Between(1e-4, 1e-1, log=True)),
        ("1:100:log", Between(1, 100, log=True)),
        ("s3://bucket,gs://bucket", Choice(("s3://bucket", "gs://bucket"))),
        ("12:x", Choice(("12:x",))),
        ([0.1, 0.01], Choice((0.1, 0.01))),
        (range(2, 9), Choice((2, 3, 4, 5, 6, 7, 8))),
        ({"low": 1, "high": 3}, Between(1, 3)),
        ({"low": 0.1, "high": 1, "log": True}, Between(0.1, 1, log=True)),
    ],
)
def test_each_way_of_writing_a_dimension(written, read):
    assert dimension(written) == read


@pytest.mark.parametrize(
    "written",
    [
        *("", ",", "8:2", "1:2:0", "1:2:-1", "0:1:log", "-1:1:log", "1:2:x", f"0:{10**30}"),
        *([], 3, None, [object()]),
        *({"low": 1}, {"low": 1, "high": "x"}, {"low": 1, "high": 2, "step": 0.5, "log": True}),
    ],
)
def test_what_is_no_dimension_is_refused_with_what_was_expected(written):
    with pytest.raises(InvalidInput, match=r"The space of 'lr' must be .* not "):
        swept({"lr": written})


@given(st.integers(-50, 50), st.integers(0, 20), st.integers(1, 5))
def test_a_whole_range_includes_both_ends(low, length, step):
    found = values("n", dimension(f"{low}:{low + length}:{step}"))
    assert list(found) == list(range(low, low + length + 1, step))


@given(st.integers(-30, 30), st.integers(0, 30))
def test_steps_are_exact_in_decimals(low, count):
    found = values("x", dimension(f"{low / 10}:{(low + count) / 10}:0.1"))
    assert found == [(low + at) / 10 for at in range(count + 1)]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_a_grid_has_each_point_once_and_the_last_param_changes_fastest(sizes):
    space = {f"p{at}": Choice(tuple(range(count))) for at, count in enumerate(sizes)}
    points = [tuple(point(space, index).values()) for index in range(size(space))]
    assert points == list(itertools.product(*map(range, sizes)))


numbers = st.floats(-1e6, 1e6, allow_nan=False)
dimensions = st.one_of(
    st.builds(Choice, st.lists(st.integers() | st.text(max_size=3), min_size=1, max_size=4, unique=True).map(tuple)),
    st.tuples(st.integers(-9, 9), st.integers(0, 9)).map(lambda pair: Between(pair[0], pair[0] + pair[1])),
    st.tuples(numbers, st.floats(0, 1e6)).map(lambda pair: Between(pair[0], pair[0] + pair[1])),
    st.tuples(st.floats(1e-6, 1e3), st.floats(1, 1e6)).map(lambda pair: Between(pair[0], pair[0] * pair[1], log=True)),
)
spaces = st.dictionaries(st.text("abc", min_size=1, max_size=2), dimensions, min_size=1, max_size=3)


def inside(among, value):
    if isinstance(among, Choice):
        return value in among.values
    return among.low <= value <= among.high and (not among.whole or isinstance(value, int))


@given(spaces, st.integers(1, 20), st.integers(0, 2**31))
def test_random_points_lie_in_the_space_and_are_the_same_for_the_same_seed(space, samples, seed):
    sweep = checked_sweep(space, SweepMethod.RANDOM, samples, None, Goal.MINIMIZE, 1, seed)
    search = SEARCHES[sweep.method](sweep)
    points = [search.ask(number) for number in range(1, search.total + 1)]
    assert all(inside(space[name], value) for each in points for name, value in each.items())
    again = SEARCHES[sweep.method](sweep)
    assert [again.ask(number) for number in reversed(range(1, again.total + 1))] == points[::-1]
    if all(isinstance(among, Choice) or among.whole for among in space.values()):
        assert len({json.dumps(each) for each in points}) == len(points)


@given(spaces, st.integers(0, 2**31))
def test_a_sweep_is_kept_with_its_run_as_it_is(space, seed):
    submission = swept(space, "random", samples=3, metric="loss", goal="maximize", seed=seed)
    assert submission_from(json.dumps(record_of(submission))) == submission


def test_optuna_points_lie_in_the_space_and_learn_from_the_trials_before():
    space = {"lr": "1e-4:1e-1:log", "depth": "2:8:2", "x": "0.0:1.0", "kind": [["a"], None, "b"]}
    sweep = swept(space, "optuna", samples=40, metric="loss").sweep
    search = SEARCHES[sweep.method](sweep)
    tried = []
    for number in range(1, 41):
        params = search.ask(number)
        assert all(inside(sweep.space[name], value) for name, value in params.items())
        assert params["depth"] % 2 == 0
        loss = (params["x"] - 0.3) ** 2 + (params["kind"] is not None)
        search.tell(number, params, loss if number % 10 else None)
        tried.append((params, loss))
    assert sum(loss for _, loss in tried[-15:]) < sum(loss for _, loss in tried[:15])
    again = SEARCHES[sweep.method](sweep)
    for number, (params, loss) in enumerate(tried, start=1):
        again.tell(number, params, loss)
    later = [again.ask(number) for number in range(41, 51)]
    assert sum(each["kind"] is None for each in later) > 5


def test_too_large_a_grid_is_refused_with_its_count():
    with pytest.raises(InvalidInput, match=r"The grid has 10,201 points, and a sweep at most 1,000"):
        swept({"a": "0:100", "b": "0:100"})
    assert size(swept({"a": "1:1000"}).sweep.space) == MOST_TRIALS


@pytest.mark.parametrize(
    ("space", "options", "words"),
    [
        ({}, {}, "must name params"),
        ([], {}, "must name params"),
        ({1: [1]}, {}, "named by text"),
        ({"x": "0.1:0.5"}, {}, "endless numbers"),
        ({"x": "1:9"}, {"samples": 3}, "A grid tries all"),
        ({"x": "1:9"}, {"method": "random"}, "samples=20"),
        ({"x": "1:9"}, {"method": "random", "samples": 0}, "samples must be"),
        ({"x": "1:9"}, {"method": "optuna", "samples": 3}, "name the metric"),
        ({"x": "1:9"}, {"method": "bayes"}, "grid, random, optuna"),
        ({"x": "1:9"}, {"goal": "more"}, "minimize, maximize"),
        ({"x": "1:9"}, {"parallel": 0}, "parallel must be"),
        ({"x": "1:9"}, {"seed": -1}, "seed must be"),
        ({"x": "1:9"}, {"metric": 3}, "metric must be"),
        ({"taken": "1:9"}, {}, "taken: in the params and in the space"),
    ],
)
def test_what_cannot_be_searched_is_refused(space, options, words):
    with pytest.raises(InvalidInput, match=words):
        swept(space, **options)


def test_without_optuna_it_is_told_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match=r"jupyter_tracker\[sweep\]"):
        swept({"x": "1:9"}, "optuna", samples=3, metric="loss")


def test_the_goal_says_what_is_better():
    assert better(Goal.MINIMIZE, 1.0, None)
    assert better(Goal.MINIMIZE, 1.0, 2.0)
    assert better(Goal.MAXIMIZE, 3.0, 2.0)
    assert not better(Goal.MAXIMIZE, 2.0, 2.0)
