"""The run panel in a real JupyterLab: live, stopped, saved, light and dark."""

from __future__ import annotations

import json
import re

from playwright.sync_api import expect

LIMIT = 60_000
"""Milliseconds for anything to appear."""
MOST_SAVED = 50_000
"""Bytes that one panel may add to a saved notebook."""

LOAD = "%load_ext jupyter_tracker"
TRAIN = """
%%tracker track {name} --as run
import math, time
for step in range({steps}):
    run.log({{"loss": math.exp(-step / 40) + 0.01 * math.sin(step), "accuracy": 1 - math.exp(-step / 30)}})
    run.set_progress(step + 1, {steps}, operation="step")
    print("step", step)
    time.sleep(0.05)
""".strip()

FIRST_CURVE = """
([index, limit]) => new Promise((resolve, reject) => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  const isCurve = (canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4) {
      const colours = [data[at], data[at + 1], data[at + 2]];
      if (data[at + 3] > 128 && Math.max(...colours) - Math.min(...colours) > 60) {
        return true;
      }
    }
    return false;
  };
  const begun = performance.now();
  const look = () => {
    const canvases = notebook.widgets[index].node.querySelectorAll('.jp-tracker-chart canvas');
    const elapsed = performance.now() - begun;
    if (Array.from(canvases).some((canvas) => canvas.width > 0 && canvas.height > 0 && isCurve(canvas))) {
      resolve([elapsed / 1000, notebook.widgets[index].model.executionState === 'running']);
    } else if (elapsed > limit) {
      reject(new Error('no curve was painted'));
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


def test_the_first_curve_comes_soon(open_notebook, figure):
    cells = [TRAIN.format(name="speed", steps=steps) for steps in (100_000, 40, 40)]
    notebook = open_notebook("first.ipynb", LOAD, *cells)
    notebook.run(0)
    # The page opens the way for a panel's messages past a busy cell only when it shows the first panel.
    seconds, training = notebook.page.evaluate(FIRST_CURVE, [1, 20_000])
    assert training, "the first panel was blank until its cell had ended"
    notebook.panel(1).get_by_role("button", name="Stop").click()
    notebook.wait("window.jupyterapp.shell.currentWidget.content.widgets[1].model.executionState === 'idle'", 30)
    elapsed = [seconds]
    for index in (2, 3):
        seconds, _ = notebook.page.evaluate(FIRST_CURVE, [index, 20_000])
        elapsed.append(seconds)
        notebook.wait_for_cell(index)
    # The aim is 1 s, which a busy machine may miss.
    figure(
        f"cell to first painted curve: {elapsed[0]:.2f} s for the first panel of a kernel, then {min(elapsed):.2f} s"
    )


def test_a_tracked_cell_is_live_and_stops(open_notebook, lab):
    notebook = open_notebook("tracked.ipynb", LOAD, TRAIN.format(name="busy", steps=100_000), "run.state")
    notebook.run(0)
    notebook.start(1)
    panel = notebook.panel(1)
    expect(panel.locator(".jp-tracker-header")).to_contain_text("running", timeout=LIMIT)
    curve = panel.locator(".jp-tracker-chart canvas").first
    expect(curve).to_be_visible(timeout=LIMIT)
    picture = curve.evaluate("canvas => canvas.toDataURL()")
    notebook.page.wait_for_function(
        "([canvas, before]) => canvas.toDataURL() !== before", arg=[curve.element_handle(), picture], timeout=LIMIT
    )
    with lab.tracker() as tracker:
        first = tracker.runs.list("busy")[0]
        points = len(first.series(["loss"]))
        panel.get_by_role("button", name="Stop").click()
        expect(panel.locator(".jp-tracker-header")).to_contain_text("stopped", timeout=LIMIT)
        ended = first.wait(timeout=30)
        assert str(ended.state) == "stopped"
        assert len(ended.series(["loss"])) >= points
    # An interrupted cell counts as failed, so that "run all" does not go on behind it.
    notebook.wait("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'", 30)
    assert [output["ename"] for output in notebook.outputs(1) if output["output_type"] == "error"] == [
        "KeyboardInterrupt"
    ]
    notebook.run(2)
    assert "stopped" in notebook.text(2)


def test_a_saved_panel_is_small_and_shows_its_picture_where_its_run_is_gone(open_notebook, lab, pictures):
    notebook = open_notebook("saved.ipynb", LOAD, TRAIN.format(name="saved", steps=60), "run.wait(timeout=30)")
    for index in range(3):
        notebook.run(index)
    expect(notebook.panel(1).locator(".jp-tracker-header")).to_contain_text("succeeded", timeout=LIMIT)
    # The last picture is put into the output after the end.
    outputs = "window.jupyterapp.shell.currentWidget.content.widgets[1].model.outputs"
    notebook.wait(f"JSON.stringify({outputs}.toJSON()).includes('succeeded')", 30)
    notebook.save()
    saved = json.loads(notebook.path.read_text())
    panels = [
        output
        for cell in saved["cells"]
        for output in cell["outputs"]
        if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    ]
    assert len(panels) == 1
    assert len(json.dumps(panels[0])) < MOST_SAVED
    assert "succeeded" in "".join(panels[0]["data"]["text/plain"])
    assert "widgets" not in saved["metadata"]
    notebook.close()
    with lab.tracker() as tracker:  # else the panel would go on over the server
        run = panels[0]["metadata"]["jupyter_tracker"]["run"]
        tracker.runs.delete(run)
        tracker.runs.purge(run)

    again = open_notebook("saved.ipynb")
    picture = again.cell(1).locator(".jp-OutputArea img")
    expect(picture).to_be_visible(timeout=LIMIT)
    assert picture.evaluate("image => image.complete && image.naturalWidth > 300")
    assert "Error displaying widget" not in again.cell(1).inner_text().replace(hidden_text(again), "")
    again.page.screenshot(path=pictures / "reopened.png")


def hidden_text(notebook) -> str:
    """Text of the cell that cannot be seen."""
    return "".join(notebook.cell(1).locator(".lm-mod-hidden").all_inner_texts())


def test_the_panel_follows_the_theme(open_notebook, pictures):
    notebook = open_notebook("theme.ipynb", LOAD, TRAIN.format(name="theme", steps=40), "run.wait(timeout=30)")
    for index in range(3):
        notebook.run(index)
    panel = notebook.panel(1)
    expect(panel.locator(".jp-tracker-header")).to_contain_text("succeeded", timeout=LIMIT)
    expect(panel.locator(".jp-tracker-chart canvas").first).to_be_visible(timeout=LIMIT)
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        notebook.theme(theme)
        ink = panel.locator(".jp-tracker-header b").evaluate("node => getComputedStyle(node).color")
        shades = [int(part) for part in re.findall(r"\d+", ink)[:3]]
        assert (sum(shades) > 3 * 128) == (theme == "JupyterLab Dark"), f"{theme} has names in {ink}"
        notebook.page.screenshot(path=pictures / f"{theme.split()[1].lower()}.png")


def test_a_page_that_is_loaded_again_finds_its_panel(open_notebook):
    notebook = open_notebook("reload.ipynb", LOAD, "%%tracker run again --name endless --as endless\n" + ENDLESS)
    notebook.run(0)
    notebook.run(1)
    expect(notebook.panel(1).locator(".jp-tracker-header")).to_contain_text("running", timeout=LIMIT)
    notebook.save()
    notebook.page.reload()
    notebook.wait("window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length > 0", 60)
    panel = notebook.panel(1)
    expect(panel.locator(".jp-tracker-chart canvas").first).to_be_visible(timeout=LIMIT)
    panel.get_by_role("button", name="Stop").click()
    expect(panel.locator(".jp-tracker-header")).to_contain_text("stopped", timeout=LIMIT)


ENDLESS = """
import itertools, time
import jupyter_tracker as jt
run = jt.current_run()
for step in itertools.count():
    run.log({"wave": step % 7})
    print(step)
    time.sleep(0.05)
""".lstrip()


def test_a_failed_run_says_why(open_notebook, pictures):
    broken = "%%tracker run broken --as run\nimport time\nprint('about to fail')\nraise ValueError('no such digit')"
    notebook = open_notebook("broken.ipynb", LOAD, broken, "run.wait(timeout=60)")
    for index in range(3):
        notebook.run(index)
    panel = notebook.panel(1)
    expect(panel.locator(".jp-tracker-header")).to_contain_text("failed", timeout=LIMIT)
    expect(panel).to_contain_text("no such digit", timeout=LIMIT)
    notebook.page.screenshot(path=pictures / "failed.png")


def test_after_a_restart_of_the_kernel_the_panel_goes_on(open_notebook, pictures):
    notebook = open_notebook(
        "restart.ipynb", LOAD, "%%tracker run survivor --name endless\n" + ENDLESS, "%tracker run last"
    )
    notebook.run(0)
    notebook.run(1)
    panel = notebook.panel(1)
    expect(panel.locator(".jp-tracker-chart canvas").first).to_be_visible(timeout=LIMIT)
    panel.get_by_role("tab", name="Log").click()
    lines = panel.get_by_role("tab", name="Log").locator("span")
    kernel = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
    notebook.page.evaluate(f"{kernel}.restart().then(() => null)")
    notebook.wait(f"{kernel}.status === 'idle'", 60)
    count = lines.inner_text()
    expect(lines).not_to_have_text(count, timeout=LIMIT)
    expect(panel.get_by_role("tab", name="Log")).to_have_attribute("aria-selected", "true")
    expect(panel.locator(".jp-tracker-strip")).to_have_count(0)
    notebook.page.screenshot(path=pictures / "restarted.png")
    # Also in a page that is loaded anew, to which no widget comes back, and beside a panel of the new kernel.
    notebook.save()
    notebook.page.reload()
    notebook.wait("window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length > 0", 60)
    expect(notebook.panel(1).locator(".jp-tracker-chart canvas").first).to_be_visible(timeout=LIMIT)
    notebook.wait(f"{kernel}?.status === 'idle'", 60)
    notebook.run(0)
    notebook.run(2)
    expect(notebook.panel(2).locator(".jp-tracker-chart canvas").first).to_be_visible(timeout=LIMIT)
    panel = notebook.panel(1)
    panel.get_by_role("button", name="Stop").click()
    for index in (1, 2):
        expect(notebook.panel(index).locator(".jp-tracker-header")).to_contain_text("stopped", timeout=LIMIT)
        expect(notebook.cell(index).locator(".jp-tracker-header")).to_have_count(1)
