"""The quickstart in a real JupyterLab, as a person goes through it."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from playwright.sync_api import Locator, expect

LIMIT = 60_000
"""Milliseconds for anything to appear."""


@pytest.fixture
def quickstart(open_notebook, lab, root):
    """The notebook, opened, and the place of each cell by its id."""
    source = root / "notebooks" / "01_quickstart.ipynb"
    shutil.copyfile(source, lab.folder / "quickstart.ipynb")
    places = {cell["id"]: place for place, cell in enumerate(json.loads(source.read_text())["cells"])}
    return open_notebook("quickstart.ipynb"), places


@pytest.mark.timeout(300)
def test_the_quickstart_live(quickstart):
    notebook, at = quickstart
    notebook.run(at["load"])
    notebook.run(at["run"])

    panel = notebook.panel(at["run"])
    expect(panel.get_by_text("baseline", exact=True)).to_be_visible(timeout=LIMIT)
    expect(panel.locator(".jp-tracker-header")).to_contain_text("running", timeout=LIMIT)
    curve = panel.locator(".jp-tracker-chart canvas").first
    expect(curve).to_be_visible(timeout=LIMIT)
    expect(panel.locator(".jp-tracker-log-tail")).to_contain_text("epoch", timeout=LIMIT)
    begun, picture = epoch(panel), curve.evaluate("canvas => canvas.toDataURL()")
    assert begun < 90, "the run was over before the panel showed it"
    notebook.page.wait_for_function(
        "([canvas, before]) => canvas.toDataURL() !== before", arg=[curve.element_handle(), picture], timeout=LIMIT
    )
    expect(panel.locator(".jp-tracker-chart")).to_have_count(3)

    notebook.run(at["wait"], 240)
    assert "succeeded" in notebook.text(at["wait"])
    expect(panel.locator(".jp-tracker-header")).to_contain_text("succeeded", timeout=LIMIT)
    assert epoch(panel) == 100 > begun
    expect(panel.get_by_role("button", name="Stop")).to_have_count(0)

    panel.get_by_role("tab", name="Log").click()
    expect(panel.get_by_role("log")).to_contain_text("epoch 100: loss", timeout=LIMIT)
    panel.get_by_role("tab", name="Events").click()
    expect(panel).to_contain_text("The run succeeded.", timeout=LIMIT)
    panel.get_by_role("tab", name="Params").click()
    expect(panel).to_contain_text("0.0001", timeout=LIMIT)

    for name in ("log", "events", "series", "matrix", "roc", "frames"):
        notebook.run(at[name])
    assert "epoch 100" in notebook.text(at["log"])
    assert "test_accuracy" in notebook.text(at["series"])
    for name in ("matrix", "roc"):
        expect(notebook.cell(at[name]).locator(".jp-OutputArea img, .jp-OutputArea svg").first).to_be_visible(
            timeout=LIMIT
        )
    for name in ("submit", "side", "best", "track"):
        notebook.run(at[name], 120)
    assert "0.03" in notebook.text(at["side"])

    notebook.run(at["endless"])
    endless = notebook.panel(at["endless"])
    expect(endless.locator(".jp-tracker-header")).to_contain_text("running", timeout=LIMIT)
    expect(endless.locator(".jp-tracker-chart canvas").first).to_be_visible(timeout=LIMIT)
    endless.get_by_role("button", name="Stop").click()
    expect(endless.locator(".jp-tracker-header")).to_contain_text("stopped", timeout=LIMIT)
    notebook.run(at["stop"])
    assert "stopped" in notebook.text(at["stop"])


def epoch(panel: Locator) -> int:
    """How far the progress bar says that the run is."""
    text = panel.get_by_role("progressbar").first.get_attribute("aria-valuetext") or ""
    found = re.match(r"epoch ([\d,]+) of 100", text)
    assert found is not None, text
    return int(found[1])
