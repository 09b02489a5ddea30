"""`SubmitPanel`: a form that submits a run, and then the run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar

import traitlets

from jupyter_tracker import rpc
from jupyter_tracker.client import Run, Tracker, connect, flows
from jupyter_tracker.errors import Conflict
from jupyter_tracker.feed.form import OPERATIONS, Form, Preset
from jupyter_tracker.feed.formtext import form_text
from jupyter_tracker.feed.points import PointStore
from jupyter_tracker.feed.recipe import Given, recipe_of
from jupyter_tracker.feed.wire import Json
from jupyter_tracker.models import JsonValue
from jupyter_tracker.widgets.form_picture import form_picture
from jupyter_tracker.widgets.panel import STATIC, Panel
from jupyter_tracker.widgets.picture import run_picture, run_text


class SubmitPanel(Panel):
    """A form for the config of a template or the params of code; the run that is submitted takes its place.

    The params of code are read off its text, which is never run: the options of `argparse`, dataclasses that are made
    from arguments, and what a script asks `jt.current_run().params` for.

    Args:
        target: A template, by name, `name@version` or id; or code as `tracker.runs.submit` takes it. A file that is
            there comes before a template of the same name.
        tracker: Where it runs; the default store without it.
        experiment: What stands in the form at first, as do `name` and `params`.
        entry_point: The file of a folder that is started.

    Raises:
        NotFound: there is neither code nor a template of that name.
        InvalidCode: the code is empty, or an entry point is given for something that is no folder.
    """

    kind: ClassVar[str] = "submit"
    shown = ("run",)
    _esm = STATIC / "submit-panel.js"
    _css = STATIC / "submit-panel.css"

    run = traitlets.Unicode(read_only=True).tag(sync=True)
    """Id of the run once it was submitted; empty before."""

    def __init__(
        self,
        target: Given,
        *,
        tracker: Tracker | None = None,
        experiment: str = "",
        name: str = "",
        params: Mapping[str, JsonValue] | None = None,
        entry_point: str | None = None,
    ) -> None:
        self._tracker = tracker or connect()
        recipe = self._tracker.drive(recipe_of(self._tracker.backend, target, entry_point))
        self._form = Form(recipe, Preset(experiment, name, params))
        self._submitted = asyncio.Event()
        self._busy = False
        super().__init__(self._tracker.backend)
        # Panels name the way to the run by the address that people gave.
        self._session.tracker.address = self._tracker.address

    async def _call(self, operation: str, params: Mapping[str, Any]) -> rpc.Answer:
        if operation == "form.submit":
            return await self._submit(params), []
        if operation in OPERATIONS:
            return await self._form.answer(self._session.tracker, operation, params), []
        return await super()._call(operation, params)

    async def _submit(self, params: Mapping[str, Any]) -> Json:
        if self._busy or self.run:
            raise Conflict("This form was submitted already; run the cell again for another run.")
        self._busy = True
        try:
            answer = await self._form.answer(self._session.tracker, "form.submit", params)
        finally:
            self._busy = False
        if "run" in answer:
            self.set_trait("run", answer["run"])
            self._session.changed()
            self._submitted.set()
            if self._kept is not None:
                await asyncio.to_thread(self._kept.save)
        return answer

    @property
    def submitted(self) -> Run | None:
        """The run, once it was submitted."""
        return self._tracker.runs.get(self.run) if self.run else None

    def picture(self) -> str:
        """The form as SVG text; the run once there is one."""
        run = self.submitted
        if run is None:
            return form_picture(self._form)
        store = PointStore()
        store.extend(self._tracker.drive(self._tracker.backend.metrics.read(run.id, None, None)).blocks)
        return run_picture(run.info, store)

    def text(self) -> str:
        """The form in some lines of text; the run once there is one."""
        run = self.submitted
        return form_text(self._form) if run is None else run_text(run.info)

    def ended(self) -> bool:
        """Whether the run has ended."""
        run = self.submitted
        return run is not None and run.state.ended

    async def _settled(self) -> None:
        await self._submitted.wait()
        tracker = self._session.tracker
        await tracker.drive(flows.wait(tracker.backend, self.run, None))
