"""What the sub-commands share: the tracker and the experiment in use, and how a run is shown. It knows no IPython."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import jupyter_tracker
from jupyter_tracker import config
from jupyter_tracker.backends import names
from jupyter_tracker.client import Run, Tracker, connect
from jupyter_tracker.client.results import RunList
from jupyter_tracker.magics.helptext import Text
from jupyter_tracker.magics.mistakes import Interrupted, RunFailed
from jupyter_tracker.magics.surface import Surface
from jupyter_tracker.models import JsonValue, RunState, Source, Template

DEFAULT_EXPERIMENT = "default"


class Settings(Protocol):
    """What people configure: the traits of `TrackerMagics`."""

    connection: str
    experiment: str
    panel: bool


class Session:
    """The state of `%tracker` in one shell.

    Args:
        settings: Where to connect when nothing was said, and whether to show panels.
        surface: Where results are shown.
    """

    def __init__(self, settings: Settings, surface: Surface | None = None) -> None:
        self.settings = settings
        self.surface = surface or Surface()
        self.used: str | None = None
        """The experiment that `use` chose."""
        self._tracker: Tracker | None = None

    @property
    def tracker(self) -> Tracker:
        """The tracker; connected when it is first asked for."""
        if self._tracker is None:
            self._tracker = connect(self.settings.connection)
        return self._tracker

    @property
    def address(self) -> str:
        """Where the tracker is connected, or will be."""
        return self.settings.connection if self._tracker is None else self._tracker.address

    def connect(self, address: str) -> Tracker:
        """Another tracker from now on; the experiment in use belonged to the one before."""
        self._tracker = connect(address)
        self.used = None
        return self._tracker

    @staticmethod
    def connections() -> tuple[str, ...]:
        """What can be connected to: backends, and profiles by their names."""
        return (*names(), *(profile.name for profile in config.profiles()))

    def target(self, experiment: str | None) -> str:
        """The experiment of a new run."""
        return experiment or self.used or self.settings.experiment

    def scope(self, experiment: str | None) -> str | None:
        """The experiment whose runs are listed; None for all, which it is until one was chosen."""
        configured = self.settings.experiment if self.settings.experiment != DEFAULT_EXPERIMENT else None
        return experiment or self.used or configured

    def panel(self, *runs: Run, kind: str = "RunPanel", wanted: bool = True, **options: Any) -> Any | None:
        """The live panel of a kind of some runs, or None where it is not wanted or cannot be seen."""
        # By its public name: the magics do not depend on the widgets.
        return self._shown(lambda: getattr(jupyter_tracker, kind)(*runs, **options)) if wanted else None

    def form(
        self,
        target: str | Source | Template,
        experiment: str,
        name: str,
        params: Mapping[str, JsonValue],
        entry_point: str | None,
    ) -> Any:
        """The form that submits a run of a template or of code: live where it can be seen, as text elsewhere."""
        from jupyter_tracker.feed.form import Form, Preset
        from jupyter_tracker.feed.formtext import form_text
        from jupyter_tracker.feed.recipe import recipe_of

        panel = self._shown(
            lambda: jupyter_tracker.SubmitPanel(
                target, tracker=self.tracker, experiment=experiment, name=name, params=params, entry_point=entry_point
            )
        )
        if panel is not None:
            return panel
        recipe = self.tracker.drive(recipe_of(self.tracker.backend, target, entry_point))
        return Text(form_text(Form(recipe, Preset(experiment, name, params))))

    def table(self, runs: RunList[Any]) -> Any | None:
        """The live table of listed runs; None where it cannot be seen, or where only some were asked for."""
        if runs.listing is None or runs.listing.limit is not None:
            return None
        return self._shown(lambda: jupyter_tracker.RunsPanel(runs))

    def _shown(self, make: Callable[[], Any]) -> Any | None:
        if not (self.surface.rich and self.settings.panel):
            return None
        try:
            return make()
        except (ImportError, FileNotFoundError) as error:
            # A front end that is not installed or not built must not stand in the way of training.
            self.surface.write(f"There is no panel here: {error}. `%tracker doctor` says more.\n")
            return None

    def wait(self, run: Run, timeout: float | None = None) -> Run:
        """Wait for the end of a run, at most so many seconds.

        Raises:
            RunFailed: it failed or is lost.
            WaitTimeout: it has not ended by then; it goes on.
            Interrupted: the wait was interrupted; the run goes on.
        """
        with self.following(run):
            run.wait(timeout)
        if run.state in (RunState.FAILED, RunState.LOST):
            reason = f": {run.info.reason.rstrip('.')}" if run.info.reason else ""
            hint = f"`%tracker logs {run.id[:8]}` shows what it printed."
            raise RunFailed(f"The run {run.experiment} / {run.name} {_ENDED[run.state]}{reason}. {hint}")
        return run

    @contextmanager
    def following(self, run: Run) -> Iterator[None]:
        """A block that only looks on: interrupted, it ends with one line, and the run goes on."""
        try:
            yield
        except KeyboardInterrupt:
            hint = f"`%tracker stop {run.id[:8]}` ends it."
            raise Interrupted(f"Interrupted; the run {run.experiment} / {run.name} goes on. {hint}") from None


_ENDED = {RunState.FAILED: "failed", RunState.LOST: "is lost"}
