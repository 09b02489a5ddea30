import { describe, expect, it } from "vitest";
import {
  answer,
  button,
  eachOnAPage,
  el,
  find,
  frame,
  host,
  kept,
  key,
  session,
  show,
  waiting,
} from "./runs-page";

eachOnAPage();

describe("the columns", () => {
  it("sort by a click of the keyboard in the header", async () => {
    await show(3);
    await key("ArrowUp");
    await key("Enter");
    expect(host.calls.at(-1)?.params.order_by).toBe("name");
    await answer(3);
    expect(find("[role=columnheader][aria-sort=ascending]").textContent).toContain("name");
  });

  it("move, pin, become wider and go by the keyboard", async () => {
    await show(3);
    await key("ArrowUp");
    await key("ArrowRight");
    await key("ArrowRight", { altKey: true });
    expect(kept.at(-1)?.columns?.slice(0, 3)).toEqual(["name", "started_at", "state"]);
    await key("p");
    expect(kept.at(-1)?.view?.pinned).toEqual(["name", "state"]);
    await key("ArrowRight", { shiftKey: true });
    expect(Object.values(kept.at(-1)?.view?.widths ?? {}).length).toBe(1);
    await key("Delete");
    expect(kept.at(-1)?.columns).not.toContain("started_at");
  });

  it("are chosen in a dialog, a metric by each of its numbers", async () => {
    await show(3);
    button("Columns").click();
    await frame();
    find('[aria-label="Column min(metrics.loss)"]').click();
    await frame();
    expect(kept.at(-1)?.columns).toContain("min(metrics.loss)");
    expect(host.calls.at(-1)?.params.histories).toEqual(["loss"]);
  });
});

describe("selected runs", () => {
  it("are selected by keyboard and check box, drawn, and told to the kernel", async () => {
    await show(3);
    await key(" ");
    expect(kept.at(-1)).toEqual({ selected: ["r0"] });
    find("[data-line='2'] input").click();
    await frame();
    expect(kept.at(-1)).toEqual({ selected: ["r0", "r2"] });
    expect(el.textContent).toContain("2 selected");
    expect(find(".jp-tracker-drawings").textContent).toContain("curves of r0 r2");
  });

  it("take the place of the first rows in the curves, so that nothing moves", async () => {
    await show(8);
    expect(find(".jp-tracker-drawings").textContent).toContain("curves of r0 r1 r2 r3 r4");
    find("[data-line='6'] input").click();
    await frame();
    expect(find(".jp-tracker-drawings").textContent).toContain("curves of r6");
    button("Curves").click();
    await frame();
    expect(el.querySelector(".jp-tracker-drawings")).toBeNull();
    expect(kept.at(-1)).toMatchObject({ view: { curves: false } });
  });

  it("are a range with Shift, also rows that were never on the screen", async () => {
    await show(10_000);
    find("[data-line='1'] input").click();
    await frame();
    find("[data-line='4'] .jp-tracker-cell").dispatchEvent(
      new MouseEvent("click", { bubbles: true, shiftKey: true }),
    );
    await frame();
    const call = host.calls.at(-1);
    expect([call?.op, call?.params.from, call?.params.to]).toEqual(["runs.ids", 1, 5]);
    call?.resolve({ result: { ids: ["r1", "r2", "r3", "r4"] }, buffers: [] });
    await frame();
    expect(session.selected.size).toBe(4);
  });

  it("are archived without a question, and come back with undo", async () => {
    await show(3);
    await key(" ");
    button("Archive").click();
    await frame();
    const call = host.calls.at(-1);
    expect([call?.op, call?.params.runs]).toEqual(["runs.archive", ["r0"]]);
    call?.resolve({ result: { done: [{ id: "r0" }], failed: [] }, buffers: [] });
    await frame();
    expect(el.textContent).toContain("Archived: 1 run.");
    button("Undo").click();
    await frame();
    expect(host.calls.at(-1)?.op).toBe("runs.restore");
  });

  it("are stopped after one question that names them", async () => {
    await show(3);
    await key(" ");
    button("Stop").click();
    await frame();
    await answer(3);
    expect(el.textContent).toContain("Stop 1 run: run r0?");
    expect(waiting("runs.stop")).toEqual([]);
    button("Stop").click();
    await frame();
    expect(host.calls.at(-1)?.params.runs).toEqual(["r0"]);
  });

  it("get a tag, and undo gives each its own old value back", async () => {
    await show(3);
    await key(" ");
    button("Tag").click();
    await frame();
    const [name, value] = Array.from(el.querySelectorAll<HTMLInputElement>(".jp-tracker-tag"));
    for (const [field, text] of [
      [name, "team"],
      [value, "audio"],
    ] as const) {
      if (field !== undefined) {
        field.value = text;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }
    await frame();
    button("Set tag").click();
    await frame();
    const call = host.calls.at(-1);
    expect(call?.params.tags).toEqual({ team: "audio" });
    call?.resolve({ result: { done: [{ id: "r0", before: { team: null } }], failed: [] }, buffers: [] });
    await frame();
    button("Undo").click();
    await frame();
    expect(host.calls.at(-1)?.params).toEqual({ tags: { team: null }, runs: ["r0"] });
  });

  it("say which were not changed, and why", async () => {
    await show(3);
    await key(" ");
    button("Delete").click();
    await frame();
    const failed = [{ id: "r0", error: { kind: "Conflict", message: "The run has not ended." } }];
    host.calls.at(-1)?.resolve({ result: { done: [], failed }, buffers: [] });
    await frame();
    expect(el.textContent).toContain("Not changed: 1 run. The run has not ended.");
    expect(session.selected.size).toBe(1);
  });
});

describe("a run", () => {
  it("is opened with Enter and left with Esc", async () => {
    await show(3);
    await key("ArrowDown");
    await key("Enter");
    expect(el.textContent).toContain("the run r1");
    find(".jp-tracker-back").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await frame();
    expect(el.querySelector(".jp-tracker-back")).toBeNull();
  });
});

describe("groups", () => {
  it("stand above their runs and fold", async () => {
    await show(3);
    void session.change({ view: { ...session.settings.view, group: "params.lr" } });
    await frame();
    await answer(3);
    const call = waiting("runs.groups").at(-1);
    expect(call?.params).toMatchObject({ param: "lr", order_by: "params.lr" });
    waiting("runs.groups").forEach((one) =>
      one.resolve({
        result: {
          groups: [
            { value: 0, start: 0, count: 1 },
            { missing: true, start: 1, count: 2 },
          ],
        },
        buffers: [],
      }),
    );
    await frame();
    expect(el.querySelectorAll(".jp-tracker-group").length).toBe(2);
    expect(el.textContent).toContain("not set");
    find(".jp-tracker-group [role=gridcell]").click();
    await frame();
    expect(find(".jp-tracker-group").getAttribute("aria-expanded")).toBe("false");
    expect(el.querySelectorAll(".jp-tracker-run-row").length).toBe(4);
  });
});
