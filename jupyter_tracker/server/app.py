"""The extension as Jupyter's server loads it."""

from __future__ import annotations

from jupyter_server.extension.application import ExtensionApp
from traitlets import Float

from jupyter_tracker.server.connection import LIMIT
from jupyter_tracker.server.connections import Connections
from jupyter_tracker.server.handlers import AssetHandler, OperationHandler, StreamHandler
from jupyter_tracker.server.pages import Pages


class TrackerServer(ExtensionApp):
    """Runs and experiments for JupyterLab's sidebar."""

    name = "jupyter_tracker"
    load_other_extensions = True

    limit = Float(LIMIT, help="Seconds for one operation of a platform; then it counts as unreachable.").tag(
        config=True
    )

    def initialize_handlers(self) -> None:
        """Called by Jupyter's server."""
        if self.serverapp is None:
            raise RuntimeError("The extension runs in a Jupyter server.")
        self._connections = Connections(self.serverapp.root_dir, self.limit)
        self._pages = Pages(self._connections)
        arguments = {"connections": self._connections}
        self.handlers.extend(
            [
                (r"/jupyter-tracker/api/assets/([\w-]+)", AssetHandler),
                (r"/jupyter-tracker/api/stream", StreamHandler, {**arguments, "pages": self._pages}),
                (r"/jupyter-tracker/api/([\w.]+)", OperationHandler, arguments),
            ]
        )

    async def stop_extension(self) -> None:
        """Called by Jupyter's server when it ends."""
        self._pages.close()
        await self._connections.close()
