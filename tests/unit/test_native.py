"""`tracker.native`: a platform's documented operations under their names."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_tracker.backends.base import Backend
from jupyter_tracker.client import Tracker
from jupyter_tracker.client.tracker import AsyncTracker
from jupyter_tracker.errors import Unsupported
from jupyter_tracker.flow import local


class Operations:
    """The operations of a platform."""

    def get_run(self, run_id, verbose=False):
        """Find a run."""
        return local(lambda: {"id": run_id, "verbose": verbose})

    def list_runs(self):
        """All runs."""
        return local(lambda: [1, 2])

    def _hidden(self):
        """Not an operation."""


@pytest.fixture
def backend():
    return Backend("acme", "here", native=Operations())


def test_an_operation_is_called_by_its_documented_name(backend):
    tracker = Tracker(backend)
    assert tracker.native.get_run("r1", verbose=True) == {"id": "r1", "verbose": True}
    assert tracker.native.get_run.__doc__ == "Find a run."
    assert dir(tracker.native) == ["get_run", "list_runs"]


def test_the_asynchronous_client_awaits_it(backend):
    async def ask():
        async with AsyncTracker(backend) as tracker:
            assert dir(tracker.native) == ["get_run", "list_runs"]
            return await tracker.native.list_runs()

    assert asyncio.run(ask()) == [1, 2]


def test_an_unknown_operation_suggests_a_close_one(backend):
    with pytest.raises(Unsupported, match=r"'acme' has no documented operation 'get_runs'. Did you mean 'get_run'"):
        Tracker(backend).native.get_runs()
    assert not hasattr(Tracker(backend).native, "_hidden")


def test_a_backend_without_operations_says_so():
    with pytest.raises(Unsupported, match=r"'plain' has no documented operation 'get_run'. It has none of its own"):
        Tracker(Backend("plain", "here")).native.get_run("r1")
