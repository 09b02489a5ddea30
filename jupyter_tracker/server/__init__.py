"""The extension of Jupyter's server: what the sidebar asks, answered without a kernel."""

from jupyter_tracker.server.app import TrackerServer

__all__ = ["TrackerServer"]
