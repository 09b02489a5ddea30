"""The client: `Tracker` and `AsyncTracker`, twins of one-line methods over the same flows."""

from jupyter_tracker.client.async_run import AsyncRun
from jupyter_tracker.client.classifying import classification_metrics
from jupyter_tracker.client.current import current_run
from jupyter_tracker.client.run import Run
from jupyter_tracker.client.tracker import AsyncTracker, Tracker, connect, connect_async

__all__ = [
    "AsyncRun",
    "AsyncTracker",
    "Run",
    "Tracker",
    "classification_metrics",
    "connect",
    "connect_async",
    "current_run",
]
