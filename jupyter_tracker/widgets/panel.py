"""What all panels have in common: messages between view and kernel, and a picture for the saved notebook."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import anywidget
import traitlets

from jupyter_tracker import rpc
from jupyter_tracker.backends.base import Backend
from jupyter_tracker.client.tracker import AsyncTracker
from jupyter_tracker.errors import TrackerError
from jupyter_tracker.feed.params import text_param
from jupyter_tracker.feed.wire import Json, error_data
from jupyter_tracker.widgets.kept import Bundle, KeptPicture
from jupyter_tracker.widgets.loop import LOOP

STATIC = Path(__file__).parent.parent / "static"
"""The bundles built from `js/`."""
MARKER = "jupyter_tracker"
"""Output metadata by which the lab extension knows our panels."""
_REMEMBERED = 256
"""Requests that are known by their `once`; a view repeats only its first ones."""

_log = logging.getLogger(__name__)
_sessions: WeakKeyDictionary[Any, rpc.Session] = WeakKeyDictionary()


def session_of(backend: Backend) -> rpc.Session:
    """The session that all panels on a backend share, so that several panels on one run are one poll."""
    key = backend.runs  # the dataclass itself cannot be hashed
    if key not in _sessions:
        _sessions[key] = rpc.Session(AsyncTracker(backend))
    return _sessions[key]


class Panel(anywidget.AnyWidget):
    """A widget whose view asks the kernel by messages; its synced traits hold nothing that grows."""

    kind: ClassVar[str]
    shown: ClassVar[tuple[str, ...]]
    """The traits that say what is looked at; a saved notebook keeps them, so that the panel goes on without kernel."""

    home = traitlets.Unicode(read_only=True).tag(sync=True)
    """Where the runs are kept, as `Backend.home` has it: Jupyter's server finds them by it when the kernel is gone."""

    def __init__(self, backend: Backend, **traits: Any) -> None:
        super().__init__(**traits)
        self.set_trait("home", backend.home)
        self._session = session_of(backend)
        self._followed: dict[str, rpc.Leave] = {}
        self._seen: deque[str] = deque(maxlen=_REMEMBERED)
        self._kept: KeptPicture | None = None
        self.on_msg(self._received)
        if self.comm is not None:
            # ipykernel sends a comm's messages to the shell that published on it last, which is busy while a cell
            # trains; without this they go to the subshell that JupyterLab opens for comms, and Stop works at once.
            self.comm._reply_subshell_for = None  # noqa: SLF001  # there is no other way

    def _received(self, _: object, content: object, buffers: object) -> None:
        if isinstance(content, Mapping):
            LOOP.submit(self._answer(content))

    async def _answer(self, content: Mapping[str, Any]) -> None:
        identity, operation, params = content.get("id"), content.get("op"), content.get("params")
        once = content.get("once")
        if isinstance(once, str):
            if once in self._seen:
                return  # the view sent it again, since the first lay behind a cell that trains
            self._seen.append(once)
        try:
            result, buffers = await self._call(str(operation), params if isinstance(params, Mapping) else {})
        except Exception as error:  # noqa: BLE001  # whatever it is, the view must get an answer
            if not isinstance(error, TrackerError):
                _log.exception("A panel's request %r failed", operation)
            self.send({"id": identity, "error": error_data(error)})
        else:
            self.send({"id": identity, "result": result}, buffers)

    async def _call(self, operation: str, params: Mapping[str, Any]) -> rpc.Answer:
        if operation == "follow":
            return self._follow(text_param(params, "key"), text_param(params, "topic"), params)
        if operation == "unfollow":
            return self._unfollow(text_param(params, "key"))
        session, params = self._target(params)
        return await rpc.call(session, operation, params)

    def _target(self, params: Mapping[str, Any]) -> tuple[rpc.Session, Mapping[str, Any]]:
        """The session that answers a request, and its params as that session knows them."""
        return self._session, params

    def _follow(self, key: str, topic: str, params: Mapping[str, Any]) -> rpc.Answer:
        self._unfollow(key)

        def push(update: Json, buffers: list[bytes]) -> None:
            self.send({"push": key, "update": update}, buffers)

        session, params = self._target(params)
        self._followed[key] = session.follow(topic, params, push)
        return {}, []

    def _unfollow(self, key: str) -> rpc.Answer:
        leave = self._followed.pop(key, None)
        if leave is not None:
            leave()
        return {}, []

    def close(self) -> None:
        """End the widget and its polls."""
        if self.comm is not None:  # it is closed again when it is forgotten
            if self._followed:
                LOOP.submit(self._unfollow_all())
            if self._kept is not None:
                self._kept.close()
        super().close()

    async def _unfollow_all(self) -> None:
        for key in list(self._followed):
            self._unfollow(key)

    def picture(self) -> str:
        """The panel as SVG text, for places where it cannot live."""
        raise NotImplementedError

    def text(self) -> str:
        """The panel as plain text."""
        raise NotImplementedError

    def bundle(self) -> Bundle:
        """The output of the cell: the live widget, and beside it picture and text, which stay in the saved notebook."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        data = {
            "application/vnd.jupyter.widget-view+json": view,
            "image/svg+xml": self.picture(),
            "text/plain": self.text(),
        }
        shown = {name: getattr(self, name) for name in self.shown}
        return data, {MARKER: {"panel": self.kind, "home": self.home, **shown}}

    def _repr_mimebundle_(self, **_: Any) -> Bundle:
        return self.bundle()

    def _ipython_display_(self) -> None:
        from IPython.core.interactiveshell import InteractiveShell

        shell = InteractiveShell.instance() if InteractiveShell.initialized() else None
        if shell is None or not hasattr(shell, "kernel"):
            print(self.text())  # noqa: T201  # a terminal shows it so
            return
        if self._kept is None:
            self._kept = KeptPicture(shell, self.bundle, self.ended)
        if self._kept.show():
            LOOP.submit(self._keep_last(self._kept))

    def save_picture(self) -> None:
        """Put the panel as it is now into the output of its cell, where a saved notebook keeps it."""
        if self._kept is not None:
            self._kept.save()

    async def _keep_last(self, kept: KeptPicture) -> None:
        try:
            await self._settled()
        except TrackerError as error:
            _log.info("A panel no longer waits for the end of its run: %s", error)
        else:
            await asyncio.to_thread(kept.save_last)

    def ended(self) -> bool:
        """Whether nothing more will change."""
        raise NotImplementedError

    async def _settled(self) -> None:
        """Return when nothing more will change."""
        raise NotImplementedError
