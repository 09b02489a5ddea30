"""The sidebar in a real JupyterLab: a run is found, opened as a tab, watched as it grows and stopped."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

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
        row(sidebar, "tide-7").hover()
        page.get_by_role("button", name="Stop tide-7").click()
        expect(tab.locator(".jp-tracker-header")).to_contain_text("stopped", timeout=LIMIT)
        assert str(run.wait(timeout=30).state) == "stopped"
        expect(page.locator(".Toastify__toast")).to_contain_text("sea / tide-7: stopped", timeout=LIMIT)
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


def test_open_runs_come_back_with_the_page(sidebar, lab):
    with lab.tracker() as tracker, tracker.runs.start("kept", name="stays") as run:
        run.log({"x": 1})
    sidebar.command("jupyter-tracker:run", run=run.id, name="stays")
    expect(sidebar.page.locator(".jp-tracker-tab-view .jp-tracker-header")).to_contain_text("stays", timeout=LIMIT)
    sidebar.page.evaluate("window.jupyterapp.serviceManager.workspaces.list().then(() => null)")
    sidebar.page.wait_for_timeout(1500)  # JupyterLab saves its layout a second after a change, and tells nobody
    sidebar.page.goto(f"{lab.url}/lab?token={lab.token}")
    expect(sidebar.page.locator(".lm-TabBar-tabLabel", has_text="stays").first).to_be_visible(timeout=LIMIT)
    expect(sidebar.page.locator(".jp-tracker-tab-view .jp-tracker-header")).to_contain_text("succeeded", timeout=LIMIT)
