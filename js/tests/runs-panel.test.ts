import { describe, expect, it, vi } from "vitest";
import { HostError } from "../src/core/host";
import { HIDDEN_LIMIT } from "../src/views/common/visibility";
import { push, wireRow } from "./helpers";
import {
  COLUMNS,
  answer,
  eachOnAPage,
  el,
  find,
  frame,
  host,
  kept,
  key,
  rowsOf,
  show,
  type,
  waiting,
  skip,
} from "./runs-page";

eachOnAPage();

describe("the table", () => {
  it("draws only the rows on the screen, and says how many there are", async () => {
    await show(10_000);
    expect(find(".jp-tracker-hits").textContent).toBe("10,000 runs");
    expect(find("[role=grid]").getAttribute("aria-rowcount")).toBe("10001");
    expect(el.querySelectorAll(".jp-tracker-run-row").length).toBeLessThan(60);
    expect(find(".jp-tracker-run-row").textContent).toContain("run 0");
  });

  it("fetches rows ahead of the scroll, once each", async () => {
    await show(10_000);
    const before = waiting("runs.rows").length;
    const grid = find("[role=grid]");
    grid.scrollTop = 5000 * 26;
    grid.dispatchEvent(new Event("scroll"));
    await frame();
    expect(find(".jp-tracker-run-row").getAttribute("aria-busy")).toBe("true");
    await answer(10_000);
    expect(el.querySelector("[aria-busy=true].jp-tracker-run-row")).toBeNull();
    expect(el.textContent).toContain("run 5000");
    const froms = waiting("runs.rows")
      .slice(before)
      .map(({ params }) => params.from);
    expect(new Set(froms).size).toBe(froms.length);
  });

  it("keeps what is being read in its place when runs come in above", async () => {
    await show(1000);
    const grid = find("[role=grid]");
    grid.scrollTop = 500 * 26;
    grid.dispatchEvent(new Event("scroll"));
    await frame();
    await answer(1000);
    push(host.follows.at(-1), { version: 2, count: 1003, more: false, active: 0, columns: COLUMNS });
    await frame();
    const call = host.calls.at(-1);
    expect(call?.params.anchor).toBe("r500");
    const { from, to } = call?.params as { from: number; to: number };
    const rows = rowsOf(from - 3, to - 3, 1000);
    call?.resolve({ result: { version: 2, start: from, count: 1003, anchor: 503, rows }, buffers: [] });
    skip();
    await frame();
    expect(grid.scrollTop).toBe(503 * 26);
  });

  it("shows the best value of a metric in bold", async () => {
    await show(3);
    expect(Array.from(el.querySelectorAll(".jp-tracker-run-row b"), (cell) => cell.textContent)).toEqual([
      "0.5000",
    ]);
  });

  it("says the line that fills it while it is empty", async () => {
    await show(0);
    expect(find(".jp-tracker-empty").textContent).toContain('tracker.runs.start("digits")');
  });

  it("is told nothing while it is hidden, and goes on where it was", async () => {
    await show(3);
    vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    document.dispatchEvent(new Event("visibilitychange"));
    await frame(HIDDEN_LIMIT + 100);
    expect(host.follows.every(({ active }) => !active)).toBe(true);
    expect(el.querySelectorAll(".jp-tracker-run-row").length).toBe(3);
  });

  it("says when the kernel is gone, and keeps its rows", async () => {
    await show(3);
    host.follows.at(-1)?.onStatus({ kind: "disconnected", since: null, message: "The kernel is gone." });
    await frame();
    expect(el.textContent).toContain("The kernel is gone.");
    expect(el.querySelectorAll(".jp-tracker-run-row").length).toBe(3);
  });

  it("sets hostile text as text", async () => {
    push(host.follows.at(-1), {
      version: 1,
      count: 1,
      active: 0,
      columns: [{ ...COLUMNS[0], name: "params.<img src=x>" }],
    });
    await frame();
    for (const call of host.calls) {
      const rows = [wireRow("x", { name: "<script>alert(1)</script>", params: { "<img src=x>": "<b>&" } })];
      call.resolve({ result: { version: 1, start: 0, count: 1, anchor: null, rows }, buffers: [] });
    }
    await frame();
    expect(el.querySelector("script, img")).toBeNull();
    expect(el.textContent).toContain("<script>alert(1)</script>");
  });
});

describe("the filter", () => {
  it("is tried after a pause, and the old rows stay until the new ones are there", async () => {
    await show(3);
    await type("params.lr > 1");
    await frame(400);
    expect(host.calls.at(-1)?.params.where).toBe("params.lr > 1");
    expect(find(".jp-tracker-hits").textContent).toBe("3 runs");
    await answer(1);
    expect(find(".jp-tracker-hits").textContent).toBe("1 run");
    expect(kept.at(-1)).toEqual({ where: "params.lr > 1" });
    expect(host.follows.at(-1)?.topic.params.where).toBe("params.lr > 1");
  });

  it("marks a mistake in its place, and keeps the table", async () => {
    await show(3);
    await type("params.lr >> 1");
    await frame(400);
    find(".jp-tracker-filter-input").dispatchEvent(new FocusEvent("blur"));
    host.calls.at(-1)?.reject(new HostError("InvalidFilter", "Expected a value.", 11));
    await frame();
    expect(find("[role=alert]").textContent).toContain("Expected a value.");
    expect(find(".jp-tracker-mistake > span").style.getPropertyValue("--jp-tracker-at")).toBe("11ch");
    expect(el.querySelectorAll(".jp-tracker-run-row").length).toBe(3);
    expect(kept).toEqual([]);
    await type("");
    await frame(400);
    expect(el.querySelector("[role=alert]")).toBeNull();
  });

  it("offers what may come next, and the keyboard takes it", async () => {
    await show(3);
    await type("params.");
    expect(find("[role=option][aria-selected=true]").textContent).toContain("params.lr");
    const field = find(".jp-tracker-filter-input") as HTMLInputElement;
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Tab", bubbles: true, cancelable: true }));
    await frame();
    expect(field.value).toBe("params.lr ");
    expect(find("[role=option]").textContent).toContain("=");
  });

  it("takes the value under the cursor with f, and / goes to it", async () => {
    await show(3);
    find("[role=grid]").dispatchEvent(new FocusEvent("focus"));
    await key("f");
    expect(host.calls.at(-1)?.params.where).toBe("name = 'run 0'");
    await key("/");
    expect(document.activeElement).toBe(find(".jp-tracker-filter-input"));
  });
});
