"""Live panels for the cell: anywidget classes over the views of `js/src/views`."""

from jupyter_tracker.widgets.log_panel import EventPanel, LogPanel
from jupyter_tracker.widgets.run_panel import RunPanel

__all__ = ["EventPanel", "LogPanel", "RunPanel"]
