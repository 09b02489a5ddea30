"""Errors that only the magics raise; like all of ours they show as one line, and the cell fails."""

from __future__ import annotations

from jupyter_tracker.errors import InvalidInput, TrackerError


class UsageMistake(InvalidInput):
    """The line after `%tracker` cannot be understood: a sub-command, an option or a value is wrong."""


class RunFailed(TrackerError):
    """A run that was waited for did not end well."""


class Interrupted(TrackerError):
    """Waiting or following was interrupted; the run goes on."""
