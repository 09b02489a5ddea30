"""Filters and orders over the tables of the store: `page` finds the next runs of a listing.

conditions.py   a filter as a condition, asked of a run that is at hand or of all runs
drivers.py      the few runs that a filter can select at most, where an index tells them
orders.py       an order as sort keys, and the indexes that hold runs in it
paging.py       which of the ways is taken, and how a page goes on behind the one before
"""

from __future__ import annotations

from jupyter_tracker.backends.local.query.conditions import Bound, glob, where_sql
from jupyter_tracker.backends.local.query.orders import Position, after_sql, order_sql, sort_keys
from jupyter_tracker.backends.local.query.paging import Effort, page

__all__ = ["Bound", "Effort", "Position", "after_sql", "glob", "order_sql", "page", "sort_keys", "where_sql"]
