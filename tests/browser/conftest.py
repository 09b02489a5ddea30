"""One real JupyterLab and one Chromium for all tests of this folder, and a notebook in them to work with."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

import jupyter_tracker as jt

START_LIMIT = 60.0
"""Seconds for the server, the page or the kernel to come up."""
CELL_LIMIT = 60.0
"""Seconds for one cell."""

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
QUIET += ("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--force-color-profile=srgb")

SETTINGS = {
    # No news and no questions to the outside; every cell is in the page, also one that is out of sight.
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
    "docmanager-extension/plugin": {"autosave": False},
}


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    url: str
    token: str
    folder: Path
    """What its file browser shows."""
    home: Path
    """The store of its kernels."""
    restart: Callable[[], None]
    """End its server and start it again at the same address."""

    def tracker(self) -> jt.Tracker:
        """A client of the store of its kernels."""
        return jt.connect(f"local://{self.home}")


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab with folders of its own, as it is installed here."""
    installed = Path(sys.prefix, "share/jupyter/labextensions/jupyter-tracker/package.json")
    built = Path(jt.__file__).parent / "labextension/package.json"
    same = installed.exists() and installed.read_text() == built.read_text()
    assert same, "JupyterLab has another front end than the one built here: `pip install -e .` brings them together"
    base = tmp_path_factory.mktemp("lab")
    for name, values in SETTINGS.items():
        file = base / f"settings/@jupyterlab/{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    work = base / "work"
    work.mkdir()
    token, port = secrets.token_hex(16), free_port()
    folders = {
        "IPYTHONDIR": base / "ipython",
        "JUPYTERLAB_SETTINGS_DIR": base / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": base / "workspaces",
        "JUPYTER_CONFIG_DIR": base / "config",
        "JUPYTER_DATA_DIR": base / "data",
        "JUPYTER_RUNTIME_DIR": base / "runtime",
        "JUPYTER_TRACKER_HOME": base / "tracker",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={work}"]
    command += ["--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True"]
    log = base / "lab.log"

    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                command,
                cwd=work,
                env={**os.environ, **{name: str(folder) for name, folder in folders.items()}},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def restart() -> None:
        nonlocal server
        stop_group(server)
        server = start()
        wait_for_server(made, server, log)

    server = start()
    made = Lab(f"http://127.0.0.1:{port}", token, work, base / "tracker", restart)
    try:
        wait_for_server(made, server, log)
        yield made
    finally:
        stop_group(server)
        with made.tracker() as tracker:
            for run in tracker.runs.list(where="state = 'running'"):  # of tests that failed
                run.stop(grace_period=0)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine, or the one that playwright brought."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, headless=True, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture
def open_notebook(lab: Lab, browser: Browser) -> Iterator[Callable[..., Notebook]]:
    """Open a notebook in JupyterLab or Notebook 7, made from cells or there already, with its kernel ready."""
    opened: list[Notebook] = []

    def open_it(name: str, *cells: str, place: str = "lab/tree") -> Notebook:
        if cells:
            content = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
            content.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
            nbformat.write(content, lab.folder / name)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(START_LIMIT * 1000)
        notebook = Notebook(page, lab.folder / name)
        opened.append(notebook)
        page.goto(f"{lab.url}/{place}/{name}?token={lab.token}&reset")
        notebook.wait("window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length > 0", START_LIMIT)
        notebook.wait(f"{PANEL}.sessionContext.session?.kernel?.status === 'idle'", START_LIMIT)
        return notebook

    yield open_it
    for notebook in opened:
        notebook.close()


PANEL = "window.jupyterapp.shell.currentWidget"
"""The notebook that JupyterLab shows, as JavaScript."""


class Notebook:
    """A notebook in the page, driven through JupyterLab's own commands. Each wait has a limit."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.path = path

    def start(self, index: int) -> None:
        """Run a cell without waiting for its end."""
        self.page.evaluate(
            f"""index => {{
                {PANEL}.content.activeCellIndex = index;
                void window.jupyterapp.commands.execute('notebook:run-cell');
            }}""",
            index,
        )

    def run(self, index: int, limit: float = CELL_LIMIT) -> None:
        """Run a cell to its end; it must not fail."""
        self.start(index)
        self.wait_for_cell(index, limit)

    def wait_for_cell(self, index: int, limit: float = CELL_LIMIT) -> None:
        """Wait for the end of a cell; it must not fail."""
        shared = f"{PANEL}.content.widgets[{index}].model.sharedModel"
        self.wait(f"{shared}.executionState === 'idle' && {shared}.execution_count !== null", limit)
        errors = [output for output in self.outputs(index) if output["output_type"] == "error"]
        assert errors == [], f"cell {index} failed"

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """The outputs of a cell, as they would be saved."""
        found: list[dict[str, Any]] = self.page.evaluate(f"{PANEL}.content.widgets[{index}].model.outputs.toJSON()")
        return found

    def text(self, index: int) -> str:
        """The plain text of the outputs of a cell."""
        parts = [output.get("text") or output["data"].get("text/plain", "") for output in self.outputs(index)]
        return "".join(part if isinstance(part, str) else "".join(part) for part in parts)

    def cell(self, index: int) -> Locator:
        """A cell in the page."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell").nth(index)

    def panel(self, index: int) -> Locator:
        """The run panel under a cell, in view."""
        found = self.cell(index).locator(".jp-tracker-header").locator("xpath=..")
        return in_view(found)

    def table(self, index: int) -> Locator:
        """The table of runs under a cell, in view."""
        found = self.cell(index).locator(".jp-tracker-runs-panel")
        return in_view(found)

    def wait(self, condition: str, limit: float) -> None:
        """Wait until a condition in JavaScript holds."""
        self.page.wait_for_function(condition, timeout=limit * 1000)

    def command(self, name: str, /, **arguments: object) -> None:
        """Carry out a command of JupyterLab."""
        self.page.evaluate(
            "([name, values]) => window.jupyterapp.commands.execute(name, values).then(() => null)", [name, arguments]
        )

    def theme(self, name: str) -> None:
        """Change the theme, and wait until JupyterLab's splash has faded."""
        self.command("apputils:change-theme", theme=name)
        self.wait(
            f"document.body.dataset.jpThemeName === {name!r} && !document.getElementById('jupyterlab-splash')",
            CELL_LIMIT,
        )

    def save(self) -> None:
        """Save it."""
        self.command("docmanager:save")
        self.wait(f"!{PANEL}.model.dirty", CELL_LIMIT)

    def close(self) -> None:
        """End its kernel and leave the page."""
        if not self.page.is_closed():
            self.page.evaluate(f"{PANEL}?.sessionContext?.shutdown().then(() => null)")
            self.page.close()


def in_view(found: Locator) -> Locator:
    """Something that has appeared, scrolled to; a form may just be making place for its run."""
    found.wait_for(state="visible")
    found.evaluate("element => element.scrollIntoView({ block: 'nearest' })")
    return found


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for_server(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server answers."""
    end = time.monotonic() + START_LIMIT
    request = urllib.request.Request(f"{lab.url}/api/status", headers={"Authorization": f"token {lab.token}"})
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            if server.poll() is not None or time.monotonic() > end:
                give_up(log)
            time.sleep(0.1)


def give_up(log: Path) -> NoReturn:
    """Fail with what the server said."""
    pytest.fail(f"JupyterLab did not come up:\n{log.read_text()[-4000:]}")


def stop_group(server: subprocess.Popen[bytes]) -> None:
    """End the server and its kernels."""
    os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(10)


FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where screenshots are put; the folder that JUPYTER_TRACKER_SCREENSHOTS names is kept."""
    folder = Path(os.environ.get("JUPYTER_TRACKER_SCREENSHOTS", tmp_path / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Add a line to the end of the report."""
    return request.config.stash.setdefault(FIGURES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Report what was measured."""
    if lines := config.stash.get(FIGURES, []):
        terminalreporter.section("measured in JupyterLab")
        for line in lines:
            terminalreporter.write_line(line)
