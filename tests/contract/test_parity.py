"""The synchronous and the asynchronous client are twins."""

from __future__ import annotations

import inspect

import pytest

import jupyter_tracker as jt
from jupyter_tracker.client import AsyncRun, Run
from jupyter_tracker.client.async_runs import AsyncRuns
from jupyter_tracker.client.checkpoints import AsyncCheckpoints, Checkpoints
from jupyter_tracker.client.experiments import AsyncExperiments, Experiments
from jupyter_tracker.client.models import AsyncModels, Models
from jupyter_tracker.client.queue import AsyncQueue, Queue
from jupyter_tracker.client.runs import Runs
from jupyter_tracker.client.sources import AsyncSources, Sources
from jupyter_tracker.client.templates import AsyncTemplates, Templates
from jupyter_tracker.client.tracker import AsyncTracker, Tracker
from jupyter_tracker.client.variables import AsyncVariables, Variables

TWINS = [
    (Tracker, AsyncTracker),
    (Experiments, AsyncExperiments),
    (Runs, AsyncRuns),
    (Queue, AsyncQueue),
    (Run, AsyncRun),
    (Variables, AsyncVariables),
    (Sources, AsyncSources),
    (Templates, AsyncTemplates),
    (Checkpoints, AsyncCheckpoints),
    (Models, AsyncModels),
]
ONLY_ASYNC = {"AsyncTracker": {"collect"}}
"""Helpers of which the other twin has no need."""

twins = pytest.mark.parametrize(("plain", "awaited"), TWINS, ids=[plain.__name__ for plain, _ in TWINS])


def public(kind):
    return {name for name in dir(kind) if not name.startswith("_")}


def methods(plain, awaited):
    for name in sorted(public(plain) & public(awaited)):
        if inspect.isfunction(getattr(plain, name)):
            yield name, getattr(plain, name), getattr(awaited, name)


@twins
def test_twins_have_the_same_public_names(plain, awaited):
    assert public(awaited) - ONLY_ASYNC.get(awaited.__name__, set()) == public(plain)


@twins
def test_twins_have_the_same_parameters(plain, awaited):
    for name, one, other in methods(plain, awaited):
        assert parameters(one) == parameters(other), name


@twins
def test_twins_are_both_described(plain, awaited):
    assert plain.__doc__
    assert awaited.__doc__
    for name, one, other in methods(plain, awaited):
        assert one.__doc__, f"{plain.__name__}.{name}"
        assert other.__doc__, f"{awaited.__name__}.{name}"
        assert f"`{plain.__name__}.{name}`" in other.__doc__ or one.__doc__ == other.__doc__, name


@twins
def test_what_the_asynchronous_twin_does_is_awaited_iterated_or_entered(plain, awaited):
    direct = {"capabilities", "iterate", "events", "logs", "checkpoint"}
    for name, _, other in methods(plain, awaited):
        assert inspect.iscoroutinefunction(other) != (name in direct), name


def test_connecting_has_the_same_parameters():
    assert parameters(jt.connect) == parameters(jt.connect_async)


def parameters(function):
    return [(one.name, one.kind, one.default) for one in inspect.signature(function).parameters.values()]
