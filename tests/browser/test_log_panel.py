"""The parts of a run panel that come over the host, and the panels of log and events, in a real JupyterLab."""

from __future__ import annotations

from playwright.sync_api import expect

LIMIT = 60_000
"""Milliseconds for anything to appear."""

SETUP = """
import jupyter_tracker as jt
from jupyter_tracker.models import Stream
tracker = jt.connect()
run = tracker.runs.start("letters", name="long", params={"lr": 0.1})
for step in range(20):
    run.log({"gen/loss": 1 / (step + 1), "disc/loss": step})
text = "".join(f"row {number}\\n" for number in range(60_000)) + "ERROR: no ink\\n"
tracker.drive(tracker.backend.logs.append(run.id, Stream.STDOUT, text))
run.end()
""".strip()


def test_a_long_log_is_searched_and_leads_to_the_curves(open_notebook, pictures):
    notebook = open_notebook("letters.ipynb", SETUP, "jt.RunPanel(run)", "jt.LogPanel(run)", "jt.EventPanel(run)")
    for index in range(4):
        notebook.run(index)
    panel = notebook.panel(1)
    expect(panel.locator(".jp-tracker-section").first).to_have_text("▾ gen1", timeout=LIMIT)
    panel.get_by_role("tab", name="Log").click()
    expect(panel).to_contain_text("60,001 rows", timeout=LIMIT)
    panel.get_by_role("button", name="Next error").click()
    expect(panel.locator(".jp-tracker-log-current")).to_contain_text("no ink")
    panel.get_by_label("Search the log").fill("row 4321")
    expect(panel).to_contain_text("of 11", timeout=LIMIT)
    expect(panel.locator(".jp-tracker-log-current")).to_contain_text("row 4321", timeout=LIMIT)
    assert panel.locator(".jp-tracker-log-row").count() < 100
    panel.locator(".jp-tracker-log-current time").click()
    expect(panel).to_contain_text("The line is at", timeout=LIMIT)
    expect(panel.locator(".jp-tracker-chart canvas").first).to_be_visible(timeout=LIMIT)
    panel.get_by_role("tab", name="Environment").click()
    expect(panel.get_by_role("tabpanel")).not_to_contain_text("did not come", timeout=LIMIT)
    log = notebook.panel(2)
    expect(log).to_contain_text("60,001 rows", timeout=LIMIT)
    log.get_by_label("Levels").select_option(label="errors")
    expect(log.locator(".jp-tracker-log-row")).to_have_count(1, timeout=LIMIT)
    expect(notebook.panel(3)).to_contain_text("The run succeeded.", timeout=LIMIT)
    notebook.page.screenshot(path=pictures / "log.png")
