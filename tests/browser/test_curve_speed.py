"""How fast curves of a million points are in a real JupyterLab, and what a panel that only looks on costs the kernel.

The aims are those of issue 7; what is asserted is looser, so that a busy machine fails no test.
"""

from __future__ import annotations

import json
import time

import numpy as np
import psutil

from jupyter_tracker.backends.local.importing.chunks import ChunkWriter
from jupyter_tracker.models import PointBlock

LOAD = "import os\nimport jupyter_tracker as jt\ntracker = jt.connect()\nos.getpid()"
SHOW = "jt.RunPanel(tracker.runs.get({name!r}))"
MOST_SAVED = 50_000
"""Bytes that one panel may add to a saved notebook."""
LARGEST_TICK = 20_000
"""Bytes that an update of a running run may have."""
MOVES = 60
"""Steps in which a curve is moved."""
LIMIT = 30_000
"""Milliseconds for anything to appear."""

WATCH = """
() => {
  const seen = (window.jpTrackerSeen = []);
  const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
  kernel.iopubMessage.connect((_, message) => {
    const content = message.content?.data?.content;
    if (message.header.msg_type === 'comm_msg' && content !== undefined) {
      const bytes = (message.buffers ?? []).reduce((sum, { byteLength }) => sum + byteLength, 0);
      seen.push({
        at: performance.now(),
        bytes: JSON.stringify(content).length + bytes,
        points: (content.update?.points ?? content.result?.points ?? []).length,
      });
    }
  });
}
"""
PAINTED = """
([index, limit]) => new Promise((resolve, reject) => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  const begun = performance.now();
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
  const look = () => {
    const canvases = [...notebook.widgets[index].node.querySelectorAll('.jp-tracker-chart canvas')];
    if (canvases.some((canvas) => canvas.width > 0 && isCurve(canvas))) {
      resolve(performance.now());
    } else if (performance.now() - begun > limit) {
      reject(new Error('no curve was painted'));
    } else {
      requestAnimationFrame(look);
    }
  };
  window.jpTrackerSeen.length = 0;
  notebook.activeCellIndex = index;
  notebook.widgets[index].node.scrollIntoView({ block: 'start' });
  void window.jupyterapp.commands.execute('notebook:run-cell');
  look();
})
"""
ZOOMED = """
() => new Promise((resolve) => {
  window.jpTrackerSeen.length = 0;
  document.addEventListener('mouseup', () => {
    const begun = performance.now();
    const look = () => {
      const finer = window.jpTrackerSeen.find(({ at, points }) => at >= begun && points > 0);
      if (finer === undefined) {
        requestAnimationFrame(look);
      } else {
        const answered = finer.at - begun;
        requestAnimationFrame(() => requestAnimationFrame((now) => resolve({ drawn: now - begun, answered })));
      }
    };
    look();
  }, { capture: true, once: true });
})
"""
FRAMES_SEEN = """
(over) => {
  window.jpTrackerFrames = new Promise((resolve) => {
    const canvas = over.parentElement.querySelector('canvas');
    const still = canvas.toDataURL();
    const took = [];
    let last = performance.now();
    let done = false;
    document.addEventListener('mouseup', () => { done = true; }, { capture: true, once: true });
    const step = (now) => {
      took.push(now - last);
      last = now;
      if (!done) {
        requestAnimationFrame(step);
      } else {
        took.sort((a, b) => a - b);
        resolve({ frames: took.length, median: took[took.length >> 1], moved: canvas.toDataURL() !== still });
      }
    };
    requestAnimationFrame(step);
  });
}
"""


def write(tracker, name, keys, steps):
    """A run with many points, written as an import writes them."""
    run = tracker.runs.start("speed", name=name)
    numbers = np.arange(steps)
    values = tuple(memoryview(numbers * 7919 % 1000 / 1000 + key) for key in keys)
    times = memoryview(time.time() + numbers / 100)
    with tracker.backend.store.write() as db:
        (number,) = db.execute("SELECT number FROM runs WHERE id = ?", (run.id,)).fetchone()
        writer = ChunkWriter(db, run.id, number)
        steps_column = memoryview(numbers).cast("B").cast("q")
        writer.add(PointBlock(tuple(f"m{key}" for key in keys), steps_column, times, values))
        writer.finish()
    run.end()


def test_a_million_points_are_drawn_zoomed_and_moved(open_notebook, lab, figure):
    shapes = ((10, 100_000), (1, 1_000_000))
    with lab.tracker() as tracker:
        for curves, points in shapes:
            write(tracker, f"{curves} curves", range(curves), points)
    cells = [SHOW.format(name=f"{curves} curves") for curves, _ in shapes]
    notebook = open_notebook("speed.ipynb", LOAD, *cells)
    page = notebook.page
    notebook.run(0)
    page.evaluate(WATCH)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def spent() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return sum(each["value"] for each in metrics if each["name"] in ("ScriptDuration", "LayoutDuration"))

    for cell, (curves, points) in enumerate(shapes, start=1):
        painted = page.evaluate(PAINTED, [cell, LIMIT])
        there = next(each["at"] for each in page.evaluate("window.jpTrackerSeen") if each["points"])
        notebook.wait_for_cell(cell)
        over = notebook.panel(cell).locator(".u-over").first
        zoomed = zoom(page, over)
        before = spent()
        frame = move(page, over)
        work = 1000 * (spent() - before) / frame["frames"]
        figure(f"{curves} curves of {points:,} points: painted {painted - there:.0f} ms after the data was there")
        figure(
            f"  zoomed to full resolution in {zoomed['drawn']:.0f} ms, of which the answer {zoomed['answered']:.0f} ms"
        )
        figure(f"  moved with {1000 / frame['median']:.0f} frames per second, script and layout of each {work:.1f} ms")
        assert painted - there < 3000  # aim 300
        assert zoomed["drawn"] < 1500  # aim 100
        assert frame["moved"]
        assert frame["median"] < 200  # aim 20
    notebook.save()
    saved = [cell["outputs"] for cell in json.loads(notebook.path.read_text())["cells"][1:]]
    assert max(len(json.dumps(outputs)) for outputs in saved) < MOST_SAVED


def zoom(page, over):
    """Drag over a part of a chart; the milliseconds until its points have come and are drawn."""
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.evaluate(f"() => {{ window.jpTrackerZoomed = ({ZOOMED})(); }}")
    page.mouse.move(box["x"] + 100, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, middle, steps=4)
    page.mouse.up()
    return page.evaluate("window.jpTrackerZoomed")


def move(page, over):
    """Shift and drag over a part of a chart; how long a frame took, and whether the curve is elsewhere."""
    box = over.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 100, middle)
    page.keyboard.down("Shift")
    page.evaluate(FRAMES_SEEN, over.element_handle())
    page.mouse.down()
    page.mouse.move(box["x"] + 220, middle, steps=MOVES)
    page.mouse.up()
    page.keyboard.up("Shift")
    return page.evaluate("window.jpTrackerFrames")


def test_a_panel_that_looks_on_costs_nearly_nothing(open_notebook, lab, figure):
    notebook = open_notebook("idle.ipynb", LOAD, SHOW.format(name="watched"))
    with lab.tracker() as tracker, tracker.runs.start("speed", name="watched") as run:
        keys = [f"m{index}" for index in range(10)]
        for step in range(200):
            run.log(dict.fromkeys(keys, step / 3), step=step)
        notebook.run(0)
        kernel = psutil.Process(int(notebook.text(0)))
        notebook.run(1)
        notebook.panel(1).locator(".jp-tracker-chart canvas").first.wait_for()
        notebook.page.wait_for_timeout(500)
        before, began = sum(kernel.cpu_times()[:2]), time.monotonic()
        notebook.page.wait_for_timeout(8000)
        idle = (sum(kernel.cpu_times()[:2]) - before) / (time.monotonic() - began)
        notebook.page.evaluate(WATCH)
        for step in range(200, 300):
            run.log(dict.fromkeys(keys, step / 3), step=step)
            notebook.page.wait_for_timeout(10)
        notebook.wait("window.jpTrackerSeen.some(({ points }) => points > 0)", LIMIT / 1000)
        largest = max(each["bytes"] for each in notebook.page.evaluate("window.jpTrackerSeen"))
    figure(f"a panel on a running run: {100 * idle:.1f} % of a CPU; the largest update {largest / 1000:.1f} KB")
    assert idle < 0.05  # aim 0.01
    assert largest <= LARGEST_TICK
