"""The sidebar in a real JupyterLab: a run is found, opened as a tab, watched as it grows and stopped."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

import jupyter_tracker as jt

LIMIT = 60_000
"""Milliseconds for anything to appear."""

ENDLESS = """
import itertools, time
import jupyter_tracker as jt
run = jt.current_run()
for step in itertools.count():
    run.log({"wave": step % 7})
    run.set_progress(min(step, 900), 1000, operation="step")
    time.sleep(0.05)
""".lstrip()


FITTED = """
import argparse
import jupyter_tracker as jt
parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, required=True)
for epoch in range(parser.parse_args().epochs):
    jt.current_run().log({"loss": 1 / (epoch + 1)})
""".lstrip()


MADE = """
import jupyter_tracker as jt
with jt.connect().runs.start("beside", name="from-here") as run:
    run.log({"x": 1})
""".strip()


@pytest.fixture
def sidebar(open_notebook):
    """A notebook, and the sidebar beside it."""
    notebook = open_notebook("beside.ipynb", "%load_ext jupyter_tracker", "")
    notebook.run(0)
    notebook.command("jupyter-tracker:show")
    expect(row(notebook, "On this machine")).to_be_visible(timeout=LIMIT)
    return notebook


def row(notebook, name):
    """The row of the sidebar that has a name."""
    return notebook.page.locator(".jp-tracker-side-tree [role=treeitem]").filter(has_text=re.compile(name)).first


def test_a_run_is_found_opened_watched_and_stopped(sidebar, lab, pictures):
    page = sidebar.page
    script = lab.folder / "endless.py"
    script.write_text(ENDLESS)
    with lab.tracker() as tracker:
        run = tracker.runs.submit("sea", name="tide-7", code=script)
        page.get_by_role("searchbox", name="Search runs").fill("tide")
        expect(row(sidebar, "tide-7")).to_be_visible(timeout=LIMIT)
        row(sidebar, "tide-7").click()
        tab = page.locator(".jp-tracker-tab-view:visible")
        expect(tab.locator(".jp-tracker-header")).to_contain_text("running", timeout=LIMIT)
        curve = tab.locator(".jp-tracker-chart canvas").first
        expect(curve).to_be_visible(timeout=LIMIT)
        picture = curve.evaluate("canvas => canvas.toDataURL()")
        page.wait_for_function(
            "([canvas, before]) => canvas.toDataURL() !== before", arg=[curve.element_handle(), picture], timeout=LIMIT
        )
        expect(page.locator(".jp-tracker-status")).to_contain_text("active", timeout=LIMIT)
        expect(page.locator(".lm-TabBar-tab[data-tracker-running]")).to_be_visible(timeout=LIMIT)
        page.screenshot(path=pictures / "sidebar.png")
        sidebar.command("jupyter-tracker:open-cell", run=run.id, name="tide-7")
        toasts = page.locator(".Toastify__toast")
        expect(toasts.filter(has_text="was not made in a notebook")).to_be_visible(timeout=LIMIT)
        row(sidebar, "tide-7").hover()
        page.get_by_role("button", name="Stop tide-7").click()
        expect(tab.locator(".jp-tracker-header")).to_contain_text("stopped", timeout=LIMIT)
        assert str(run.wait(timeout=30).state) == "stopped"
        expect(toasts.filter(has_text="sea / tide-7: stopped")).to_be_visible(timeout=LIMIT)
        # The run belongs to no notebook, and what is deleted comes back.
        sidebar.command("jupyter-tracker:runs.delete", run=run.id, name="tide-7")
        expect(row(sidebar, "No run fits")).to_be_visible(timeout=LIMIT)
        page.get_by_role("button", name="Undo").click()
        expect(row(sidebar, "tide-7")).to_be_visible(timeout=LIMIT)


def test_the_runs_of_the_notebook_stand_on_top_and_a_run_becomes_a_cell(sidebar, lab):
    page = sidebar.page
    page.evaluate(
        "code => window.jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel.setSource(code)", MADE
    )
    sidebar.run(1)
    expect(row(sidebar, "This notebook")).to_be_visible(timeout=LIMIT)
    found = row(sidebar, "from-here")
    expect(found).to_be_visible(timeout=LIMIT)
    found.drag_to(sidebar.cell(1), steps=8)
    sources = "window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.getSource())"
    sidebar.wait(f"{sources}.some(source => source.includes('jt.RunPanel('))", 30)
    with lab.tracker() as tracker:
        (run,) = tracker.runs.list("beside")
    assert any(run.id in source for source in page.evaluate(sources))
    # Back from the run to the cell that made it.
    page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0")
    sidebar.command("jupyter-tracker:open-cell", run=run.id)
    active = "window.jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.getSource()"
    assert 'name="from-here"' in page.evaluate(active)


def test_open_runs_go_on_when_the_server_was_restarted_and_come_back_with_the_page(sidebar, lab):
    page = sidebar.page
    with lab.tracker() as tracker, tracker.runs.start("kept", name="stays") as run:
        run.log({"x": 1})
        sidebar.command("jupyter-tracker:submit", code="endless.py")
        sidebar.command("jupyter-tracker:run", run=run.id, name="stays")
        head = page.locator(".jp-tracker-tab-view .jp-tracker-header")
        expect(head).to_contain_text("running", timeout=LIMIT)
        page.evaluate("window.jupyterapp.serviceManager.workspaces.list().then(() => null)")
        page.wait_for_timeout(1500)  # JupyterLab saves its layout a second after a change, and tells nobody
        lab.restart()
    # The tab has not been touched: it goes on by itself, in a page that the new server does not know.
    expect(head).to_contain_text("succeeded", timeout=LIMIT)
    page.goto(f"{lab.url}/lab?token={lab.token}")
    for name in ("stays", "New run: endless.py"):
        expect(page.locator(".lm-TabBar-tabLabel", has_text=name).first).to_be_visible(timeout=LIMIT)
    expect(page.locator(".jp-tracker-tab-view:visible .jp-tracker-header")).to_contain_text("succeeded", timeout=LIMIT)


def test_runs_are_selected_compared_and_put_into_a_cell_and_settings_hold_at_once(sidebar, lab, pictures, figure):
    page = sidebar.page
    loaded = page.evaluate(
        """performance.getEntriesByType('resource').filter(({ name }) => name.includes('jupyter-tracker/static'))
            .reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0)"""
    )
    figure(f"the extension adds {loaded / 1000:.0f} KB to the load of JupyterLab")
    assert 0 < loaded < 200_000
    with lab.tracker() as tracker:
        for number in range(3):
            with tracker.runs.start("pairs", name=f"pair-{number}", params={"lr": number}) as run:
                for step in range(5):
                    run.log({"height": number * step}, step=step)
    page.get_by_role("searchbox", name="Search runs").fill("experiment = 'pairs'")
    for number in (0, 2):
        row(sidebar, f"pair-{number}").click(modifiers=["ControlOrMeta"])
    expect(page.get_by_text("2 selected")).to_be_visible(timeout=LIMIT)
    row(sidebar, "pair-2").click(button="right")
    page.locator(".lm-Menu-item").filter(has_text="Insert comparison").click()
    code = "window.jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.source"
    sidebar.wait(f"{code}.includes('jt.ComparePanel(')", 30)
    page.get_by_role("button", name="Compare").click()
    legend = page.locator(".jp-tracker-tab-view .jp-tracker-legend")
    expect(legend).to_contain_text("pair-0", timeout=LIMIT)
    expect(legend).to_contain_text("pair-2")
    expect(legend).not_to_contain_text("pair-1")
    expect(page.locator(".jp-tracker-tab-view .jp-tracker-chart canvas").first).to_be_visible(timeout=LIMIT)
    page.screenshot(path=pictures / "compared.png")
    sidebar.command("jupyter-tracker:runs", connection="local")
    expect(page.locator(".jp-tracker-runs-panel")).to_contain_text("pair-1", timeout=LIMIT)
    # The sidebar's styles and the table's do not meddle: each name stands over its column.
    head, cell = (
        page.locator(f".jp-tracker-runs-panel {place}").filter(has_text=words).first.bounding_box()
        for place, words in (("[role=columnheader]", "experiment"), ("[role=gridcell]", "pairs"))
    )
    assert abs(head["x"] - cell["x"]) < 12
    expect(page.locator(".jp-tracker-side-value")).to_have_count(0)
    set_setting(page, '{"columns": ["metric"], "notifications": "none"}')
    expect(page.locator(".jp-tracker-side-value").first).to_be_visible(timeout=LIMIT)
    expect(page.locator(".jp-tracker-side-spark")).to_have_count(0)
    set_setting(page, "{}")
    expect(page.locator(".jp-tracker-side-spark").first).to_be_visible(timeout=LIMIT)


def set_setting(page, raw):
    """As the settings editor does."""
    page.evaluate(
        """raw => {
            const { pluginRegistry } = window.jupyterapp;
            const token = [...pluginRegistry._services.keys()].find(({ name }) => name.endsWith(":ISettingRegistry"));
            return pluginRegistry.resolveRequiredService(token)
                .then(registry => registry.upload("jupyter-tracker:plugin", raw)).then(() => null);
        }""",
        raw,
    )


def test_a_connection_to_an_mlflow_server_is_added_its_runs_are_found_and_it_is_removed(sidebar, mlflow, pictures):
    page = sidebar.page
    address = f"mlflow+{mlflow.url}"
    with jt.connect(address) as tracker, tracker.runs.start("elsewhere", name="far-away") as run:
        run.log({"loss": 0.25})
    page.get_by_role("button", name="Add a connection").click()
    page.get_by_label("Name", exact=True).fill("tracking")
    page.get_by_label("Address", exact=True).fill(address)
    page.get_by_role("button", name="Save and test").click()
    expect(page.locator(".Toastify__toast")).to_contain_text("tracking answers", timeout=LIMIT)
    expect(row(sidebar, "elsewhere")).to_be_visible(timeout=LIMIT)
    page.get_by_role("searchbox", name="Search runs").fill("metrics.loss = 0.25")
    row(sidebar, "far-away").click(timeout=LIMIT)
    tab = page.locator(".jp-tracker-tab-view:visible")
    expect(tab.locator(".jp-tracker-header")).to_contain_text("succeeded", timeout=LIMIT)
    expect(tab.locator(".jp-tracker-chart canvas").first).to_be_visible(timeout=LIMIT)
    page.screenshot(path=pictures / "mlflow.png")
    row(sidebar, "tracking").click(button="right")
    page.locator(".lm-Menu-item").filter(has_text="Remove connection").click()
    page.locator(".jp-Dialog").get_by_role("button", name="Remove").click()
    expect(row(sidebar, "tracking")).to_have_count(0, timeout=LIMIT)
    with jt.connect(address) as tracker:
        assert [found.id for found in tracker.runs.list("elsewhere")] == [run.id]  # there nothing has changed


def test_a_script_of_the_file_browser_becomes_a_run(sidebar, lab):
    page = sidebar.page
    (lab.folder / "fitted.py").write_text(FITTED)
    sidebar.command("filebrowser:activate")
    sidebar.command("filebrowser:refresh")
    page.locator(".jp-DirListing-item", has_text="fitted.py").click(button="right", timeout=LIMIT)
    page.locator(".lm-Menu-item").filter(has_text="New run").click()
    form = page.locator(".jp-tracker-tab-view:visible")
    form.get_by_role("button", name="Submit").click(timeout=LIMIT)
    expect(form.get_by_role("status")).to_have_text("1 mistake", timeout=LIMIT)
    form.get_by_label("epochs").fill("3")
    form.get_by_label("epochs").press("Enter")
    # The run takes the place of the form.
    expect(page.locator(".jp-tracker-tab-view:visible .jp-tracker-header")).to_contain_text("succeeded", timeout=LIMIT)
    expect(page.locator(".lm-TabBar-tabLabel", has_text="New run")).to_have_count(0)
    with lab.tracker() as tracker:
        (run,) = tracker.runs.list("fitted")
        assert run.params == {"epochs": 3}
