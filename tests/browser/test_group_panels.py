"""Runs side by side, and their classification metrics, in a real JupyterLab."""

from __future__ import annotations

import json

from playwright.sync_api import expect

LIMIT = 60_000
"""Milliseconds for anything to appear."""
MOST_SAVED = 50_000
"""Bytes that one panel may add to a saved notebook."""

LOAD = "%load_ext jupyter_tracker\nimport jupyter_tracker as jt, math, time\ntracker = jt.connect()"
TRAIN = """
runs = []
for number, lr in enumerate((0.01, 0.1, 0.5)):
    with tracker.runs.start("compared", name=f"trial-{number}", params={"lr": lr, "layers": 2}) as run:
        for step in range(100):
            run.log({"loss": math.exp(-step * lr)}, step=step)
    runs.append(run)
""".strip()
JUDGE = """
runs = []
for number, noise in enumerate((1, 3)):
    with tracker.runs.start("judged", name=f"judge-{number}") as run:
        true = [step % 3 for step in range(300)]
        noises = [[noise * math.sin(step * (at + 2)) for at in range(3)] for step in range(300)]
        score = [[(label == at) + each[at] for at in range(3)] for label, each in zip(true, noises)]
        samples = [f"sample {step}" for step in range(300)]
        run.log_classification(y_true=true, y_score=score, labels=["cat", "dog", "owl"], examples=samples)
    runs.append(run)
""".strip()


def outputs_with_panels(notebook):
    notebook.save()
    cells = json.loads(notebook.path.read_text())["cells"]
    outputs = [output for cell in cells for output in cell["outputs"]]
    return [output for output in outputs if "application/vnd.jupyter.widget-view+json" in output.get("data", {})]


def test_runs_are_compared_in_the_cell(open_notebook, pictures):
    notebook = open_notebook("compare.ipynb", LOAD, TRAIN, "x = %tracker compare trial-0 trial-1 trial-2", "x.shape")
    for index in range(4):
        notebook.run(index)
    assert notebook.text(3).startswith("(3, ")
    panel = notebook.cell(2).locator(".jp-tracker-compare")
    expect(panel.locator(".jp-tracker-chart canvas").first).to_be_visible(timeout=LIMIT)
    expect(panel.locator(".jp-tracker-legend li")).to_have_count(3)
    notebook.page.screenshot(path=pictures / "compare-curves.png")
    panel.get_by_role("tab", name="Parallel").click()
    axis = panel.get_by_role("slider", name="Axis lr")
    axis.press("ArrowUp")
    expect(panel).to_contain_text("1 of 3 runs", timeout=LIMIT)
    panel.get_by_role("tab", name="Best").click()
    expect(panel.locator("td b")).to_have_count(1, timeout=LIMIT)
    panel.get_by_role("tab", name="Differences").click()
    expect(panel.locator("section[aria-label=Params]")).to_contain_text("lr", timeout=LIMIT)
    notebook.theme("JupyterLab Dark")
    panel.get_by_role("tab", name="Scatter").click()
    expect(panel.locator("circle")).to_have_count(3, timeout=LIMIT)
    notebook.page.screenshot(path=pictures / "compare-scatter-dark.png")
    notebook.theme("JupyterLab Light")
    (saved,) = outputs_with_panels(notebook)
    assert len(json.dumps(saved)) < MOST_SAVED
    assert "trial-1" in "".join(saved["data"]["text/plain"])


def test_a_classification_is_looked_into_in_the_cell(open_notebook, pictures):
    notebook = open_notebook("judge.ipynb", LOAD, JUDGE, "jt.ClassificationPanel(*runs)")
    for index in range(3):
        notebook.run(index)
    panel = notebook.cell(2).locator(".jp-tracker-classification")
    expect(panel.locator("[aria-label=ROC] .jp-tracker-line")).to_have_count(2, timeout=LIMIT)
    before = panel.locator(".jp-tracker-rates tbody tr").first.inner_text()
    slider = panel.get_by_role("slider", name="threshold")
    slider.focus()
    slider.press("End")
    expect(panel.locator(".jp-tracker-rates tbody tr").first).not_to_have_text(before, timeout=LIMIT)
    matrix = panel.locator("canvas")
    box = matrix.bounding_box()
    matrix.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    expect(panel.locator(".jp-tracker-examples li").first).to_contain_text("sample", timeout=LIMIT)
    notebook.page.screenshot(path=pictures / "classification.png")
    notebook.theme("JupyterLab Dark")
    notebook.page.screenshot(path=pictures / "classification-dark.png")
    notebook.theme("JupyterLab Light")
    (saved,) = outputs_with_panels(notebook)
    assert len(json.dumps(saved)) < MOST_SAVED
