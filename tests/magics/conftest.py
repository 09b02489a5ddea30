"""A shell with the magics, on a store of its own."""

from __future__ import annotations

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from jupyter_tracker import current_run, load_ipython_extension
from jupyter_tracker.magics.session import Session


class Settings:
    connection = "local"
    experiment = "default"
    panel = True


class Shell:
    """An IPython shell as a person uses it: a cell in, output and value out."""

    def __init__(self) -> None:
        config = Config()
        config.HistoryManager.hist_file = ":memory:"
        config.InteractiveShell.colors = "nocolor"
        self.ipython = InteractiveShell(config=config)
        load_ipython_extension(self.ipython)

    @property
    def magics(self):
        return self.ipython.magics_manager.registry["TrackerMagics"]

    @property
    def tracker(self):
        return self.magics.session.tracker

    @property
    def names(self):
        return self.ipython.user_ns

    def cell(self, code):
        """The result of a cell and what it printed."""
        with capture_output(display=False) as captured:
            result = self.ipython.run_cell(code, store_history=True)
        return result, captured.stdout + captured.stderr

    def value(self, code):
        """The value of the last line of a cell that must not fail."""
        result, printed = self.cell(code)
        assert result.success, printed
        return result.result

    def error(self, code):
        """The exception of a cell that must fail, and what was shown of it."""
        result, printed = self.cell(code)
        return result.error_in_exec or result.error_before_exec, printed

    def complete(self, text):
        with provisionalcompleter():
            return [each.text for each in self.ipython.Completer.completions(text, len(text))]


@pytest.fixture(autouse=True)
def isolated(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_TRACKER_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.delenv("JUPYTER_TRACKER_RUN_ID", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def shell(isolated):
    InteractiveShell.clear_instance()
    made = Shell()
    yield made
    made.ipython.history_manager.end_session()
    made.tracker.close()
    with pytest.raises(Exception, match="not a run"):
        current_run()  # no cell has left its run open


@pytest.fixture
def session(isolated):
    made = Session(Settings())
    yield made
    made.tracker.close()


@pytest.fixture
def digits(shell, tmp_path):
    """Two ended runs with params and metrics."""
    for name, rate in (("small", 0.01), ("large", 0.1)):
        with shell.tracker.runs.start("digits", name=name, params={"lr": rate, "layers": 2}) as run:
            for step in range(5):
                run.log({"loss": 1 / (step + 1), "acc": rate * step}, step=step)
            run.log_input("mnist", digest="1f")
    shell.tracker.variables.create("WORKERS", "4")
    shell.tracker.sources.create("print(1)\n", name="project")
    shell.tracker.templates.create("recipe", code=shell.tracker.sources.get("project"))
    (tmp_path / "weights.bin").write_bytes(b"123")
    shell.tracker.runs.get("small").log_checkpoint(4, tmp_path / "weights.bin")
    shell.tracker.models.create("weights", path=tmp_path / "weights.bin", run="small")
    shell.tracker.variables.create("TOKEN", "hidden-token", secret=True, experiment="digits")
    return shell
