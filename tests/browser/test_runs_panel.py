"""The table of runs in a real JupyterLab: 10,000 of them, filtered, selected, opened, remembered."""

from __future__ import annotations

import re

from playwright.sync_api import expect

LIMIT = 60_000
"""Milliseconds for anything to appear."""
RUNS = 10_000
LOAD = "%load_ext jupyter_tracker"
FILL = """
import jupyter_tracker as jt
tracker = jt.connect()
for number in range(40):
    params = {"lr": number / 100, "model": "vit" if number % 2 else "resnet"}
    with tracker.runs.start("table", name=f"run-{number:02}", params=params) as run:
        for step in range(5):
            run.log({"loss": 1 / (step + 1) + number}, step=step)
""".strip()
MANY = (
    """
import jupyter_tracker as jt
tracker = jt.connect()
tracker.experiments.create("many")
store = tracker.backend.store
first = tracker.runs.start("many", params={"lr": 0.1, "layers": 3})
first.log({"loss": 0.5, "accuracy": 0.9})
first.end()
with store.write() as db:
    columns = [row[1] for row in db.execute("PRAGMA table_info(runs)") if row[1] not in ("number", "id", "name")]
    (source,) = db.execute("SELECT number FROM runs WHERE id = ?", (first.id,)).fetchone()
    names = ", ".join(columns)
    for at in range(1, %d):
        db.execute(
            f"INSERT INTO runs (id, name, {names}) SELECT ?, ?, {names} FROM runs WHERE number = ?",
            (f"{at:032x}", f"run-{at}", source),
        )
""".strip()
    % (RUNS)
)

FIRST_ROWS = """
([index, limit]) => new Promise((resolve, reject) => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  const begun = performance.now();
  const look = () => {
    const elapsed = performance.now() - begun;
    if (notebook.widgets[index].node.querySelectorAll('.jp-tracker-run-row [data-open]').length > 5) {
      resolve(elapsed);
    } else if (elapsed > limit) {
      reject(new Error('no rows were painted'));
    } else {
      requestAnimationFrame(look);
    }
  };
  notebook.activeCellIndex = index;
  notebook.widgets[index].node.scrollIntoView({ block: 'start' });
  void window.jupyterapp.commands.execute('notebook:run-cell');
  look();
})
"""
SCROLL = """
(grid) => new Promise((resolve) => {
  const frames = [];
  let last = performance.now();
  const step = (now) => {
    frames.push(now - last);
    last = now;
    grid.scrollTop += 40;
    if (frames.length < 240) {
      requestAnimationFrame(step);
    } else {
      frames.shift();
      const total = frames.reduce((sum, frame) => sum + frame, 0);
      frames.sort((a, b) => a - b);
      resolve({ rate: (1000 * frames.length) / total, median: frames[frames.length >> 1], top: grid.scrollTop });
    }
  };
  requestAnimationFrame(step);
})
"""


def test_ten_thousand_runs_scroll(open_notebook, figure, pictures):
    notebook = open_notebook("many.ipynb", LOAD, MANY, "jt.RunsPanel('many')")
    notebook.run(0)
    notebook.run(1)
    first = notebook.page.evaluate(FIRST_ROWS, [2, LIMIT]) / 1000
    table = notebook.table(2)
    expect(table.locator(".jp-tracker-hits")).to_have_text("10,000 runs", timeout=LIMIT)
    grid = table.get_by_role("grid")
    session = notebook.page.context.new_cdp_session(notebook.page)
    session.send("Performance.enable")

    def spent() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return sum(each["value"] for each in metrics if each["name"] in ("ScriptDuration", "LayoutDuration"))

    before = spent()
    seen = grid.evaluate(SCROLL)
    work = 1000 * (spent() - before) / 240
    figure(f"10,000 runs: cell to first rows {first:.2f} s; scrolling {seen['rate']:.0f} frames per second")
    figure(f"  median frame {seen['median']:.1f} ms, of which script and layout {work:.1f} ms")
    assert seen["top"] > 5000
    assert seen["median"] < 200  # the aim is 16.7; a busy machine must not fail the test
    expect(table.locator(".jp-tracker-run-row[aria-busy=true]")).to_have_count(0, timeout=LIMIT)
    assert table.locator(".jp-tracker-run-row").count() < 60
    notebook.page.screenshot(path=pictures / "runs-many.png")


def test_runs_are_filtered_drawn_and_opened(open_notebook, pictures):
    notebook = open_notebook("table.ipynb", LOAD, FILL, "x = %tracker runs table\nlen(x)", "%tracker runs table")
    for index in range(4):
        notebook.run(index)
    assert int(notebook.text(2)) == 40
    table = notebook.table(3)
    filter_line = table.get_by_role("combobox", name="Filter of the runs")
    filter_line.fill("")
    filter_line.press_sequentially("params.mo")
    expect(table.get_by_role("listbox").get_by_role("option").first).to_contain_text("params.model")
    filter_line.fill("params.model >> 'vit'")
    filter_line.press("Enter")
    expect(table.get_by_role("alert")).to_contain_text("^", timeout=LIMIT)
    filter_line.fill("params.model = 'vit' and params.lr < 0.1")
    filter_line.press("Enter")
    expect(table.locator(".jp-tracker-hits")).to_have_text("5 runs", timeout=LIMIT)
    for row in (0, 1):
        table.locator(".jp-tracker-run-row").nth(row).get_by_role("checkbox").click()
    expect(table.locator(".jp-tracker-chart canvas").first).to_be_visible(timeout=LIMIT)
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        notebook.theme(theme)
        notebook.page.screenshot(path=pictures / f"runs-{theme.split()[1].lower()}.png")
    table.get_by_role("button", name="Clear").click()
    table.locator("[data-open]").first.click()
    expect(table.locator(".jp-tracker-header")).to_contain_text("succeeded", timeout=LIMIT)
    table.get_by_role("button", name="All runs").click()
    expect(table.get_by_role("grid")).to_be_focused()


def test_a_table_is_as_it_was_left(open_notebook, lab):
    with lab.tracker() as tracker:
        for number in range(3):
            with tracker.runs.start("left", name=f"run-{number}", params={"lr": number}):
                pass
    cell = "import jupyter_tracker as jt\npanel = jt.RunsPanel('left')\npanel"
    notebook = open_notebook("left.ipynb", cell, "panel.where, panel.selected", cell)
    notebook.run(0)
    table = notebook.table(0)
    filter_line = table.get_by_role("combobox", name="Filter of the runs")
    filter_line.fill("params.lr > 0")
    filter_line.press("Enter")
    expect(table.locator(".jp-tracker-hits")).to_have_text("2 runs", timeout=LIMIT)
    table.locator(".jp-tracker-run-row").first.get_by_role("checkbox").click()
    expect(table.get_by_text("1 selected")).to_be_visible()
    notebook.run(1)
    assert "params.lr > 0" in notebook.text(1)
    assert len(re.findall(r"[0-9a-f]{32}", notebook.text(1))) == 1
    notebook.run(2)
    expect(notebook.table(2).locator(".jp-tracker-hits")).to_have_text("2 runs", timeout=LIMIT)
