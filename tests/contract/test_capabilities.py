"""What a backend says that it lacks is what it lacks."""

from __future__ import annotations

from jupyter_tracker.backends.base import Support


def test_exactly_the_named_operations_are_lacking(tracker, platform):
    lacking = {each.operation for each in tracker.capabilities() if each.support is Support.LACKING}
    assert lacking == platform.lacks
