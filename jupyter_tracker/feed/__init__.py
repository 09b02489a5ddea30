"""Live data of runs for views: one poll of a run, however many views look at it."""

from jupyter_tracker.feed.feed import RunFeed, Subscription

__all__ = ["RunFeed", "Subscription"]
