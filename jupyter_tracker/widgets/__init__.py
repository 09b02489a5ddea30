"""Live panels for the cell: anywidget classes over the views of `js/src/views`."""

from jupyter_tracker.widgets.classification_panel import ClassificationPanel
from jupyter_tracker.widgets.compare_panel import ComparePanel
from jupyter_tracker.widgets.log_panel import EventPanel, LogPanel
from jupyter_tracker.widgets.run_panel import RunPanel
from jupyter_tracker.widgets.runs_panel import RunsPanel
from jupyter_tracker.widgets.submit_panel import SubmitPanel

__all__ = ["ClassificationPanel", "ComparePanel", "EventPanel", "LogPanel", "RunPanel", "RunsPanel", "SubmitPanel"]
