"""The same panel and sidebar in Notebook 7, from the same server."""

from __future__ import annotations

from playwright.sync_api import expect

LIMIT = 60_000
"""Milliseconds for anything to appear."""

TRAIN = """
%%tracker track classic --name classic-run --as run
import itertools, time
for step in itertools.count():
    run.log({"wave": step % 7})
    time.sleep(0.05)
""".strip()


def test_a_run_is_live_under_its_cell_and_in_the_sidebar_and_stops(open_notebook, pictures):
    notebook = open_notebook("classic.ipynb", "%load_ext jupyter_tracker", TRAIN, place="notebooks")
    page = notebook.page
    notebook.run(0)
    notebook.start(1)
    panel = notebook.panel(1)
    expect(panel.locator(".jp-tracker-header")).to_contain_text("running", timeout=LIMIT)
    expect(panel.locator(".jp-tracker-chart canvas").first).to_be_visible(timeout=LIMIT)
    notebook.command("jupyter-tracker:show")
    found = page.locator(".jp-tracker-side-tree [role=treeitem]").filter(has_text="classic-run").first
    expect(found).to_be_visible(timeout=LIMIT)
    page.screenshot(path=pictures / "notebook7.png")
    found.click()
    tab = page.locator(".jp-tracker-tab-view:visible")
    expect(tab.locator(".jp-tracker-header")).to_contain_text("running", timeout=LIMIT)
    expect(tab.locator(".jp-tracker-chart canvas").first).to_be_visible(timeout=LIMIT)
    tab.get_by_role("button", name="Stop").click()
    expect(panel.locator(".jp-tracker-header")).to_contain_text("stopped", timeout=LIMIT)
    notebook.theme("JupyterLab Dark")
    page.screenshot(path=pictures / "notebook7-dark.png")
    notebook.theme("JupyterLab Light")
