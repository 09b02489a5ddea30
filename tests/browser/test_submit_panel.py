"""A form that submits a run, in a real JupyterLab."""

from __future__ import annotations

import json

from playwright.sync_api import expect

LIMIT = 60_000
"""Milliseconds for anything to appear."""
SCRIPT = """
import argparse, os
import jupyter_tracker as jt
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1, help="step size")
parser.add_argument("--epochs", type=int, required=True)
arguments = parser.parse_args()
for step in range(arguments.epochs):
    jt.current_run().log({"loss": arguments.lr / (step + 1)}, step=step)
print("token", os.environ["TOKEN"])
"""


def test_a_form_is_filled_in_and_its_run_takes_the_place(open_notebook, lab, pictures):
    (lab.folder / "form.py").write_text(SCRIPT)
    notebook = open_notebook("form.ipynb", "%load_ext jupyter_tracker", "%tracker submit form.py --form")
    for index in range(2):
        notebook.run(index)
    form = notebook.cell(1).locator(".jp-tracker-submit form")
    form.get_by_label("lr").fill("a tenth")
    form.get_by_role("button", name="Submit").click()
    expect(form.get_by_role("status")).to_have_text("2 mistakes", timeout=LIMIT)
    expect(form.get_by_label("lr")).to_be_focused()
    expect(form).to_contain_text("must be a number, as in 0.1 or 1e-4")
    notebook.page.screenshot(path=pictures / "submit-mistakes.png")
    form.get_by_label("lr").fill("0.5")
    form.get_by_label("epochs").fill("3")
    form.get_by_text("Variables", exact=True).click()
    form.get_by_role("button", name="Add a variable").click()
    form.get_by_label("Name of variable 1").fill("TOKEN")
    form.get_by_label("Value of TOKEN").fill("hunter2hunter2")
    form.get_by_label("secret").check()
    form.get_by_label("lr").press("Enter")
    panel = notebook.panel(1)
    expect(panel).to_contain_text("succeeded", timeout=LIMIT)
    expect(panel.locator(".jp-tracker-chart canvas").first).to_be_visible(timeout=LIMIT)
    notebook.page.screenshot(path=pictures / "submit-run.png")
    with lab.tracker() as tracker:
        run = tracker.runs.get("last")
        assert run.params == {"lr": 0.5, "epochs": 3}
        assert "token ***" in str(run.logs())
    notebook.save()
    saved = notebook.path.read_text()
    assert "hunter2" not in saved
    assert len(json.dumps(json.loads(saved)["cells"][1]["outputs"])) < 50_000
