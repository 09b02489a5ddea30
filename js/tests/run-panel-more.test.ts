import { describe, expect, it, vi } from "vitest";
import { pointsBuffer, wirePoints, wireRun } from "./helpers";
import { Panel } from "./on-panel";
import { forEachTest } from "./on-view";

vi.mock("../src/views/chart/plot", () => import("./mock-plot"));
vi.mock("../src/core/chunk", () => import("./chunks"));

let panel: Panel;
forEachTest(
  () => new Panel(),
  (made) => (panel = made),
);

describe("the menu", () => {
  const ended = {
    state: "failed",
    ended_at: 990,
    lifecycle: "active",
    actions: {
      "runs.archive": null,
      "runs.clone": null,
      "runs.delete": null,
      "runs.restart": "The run was deleted; restore it first.",
      "runs.restore": "The run was not deleted.",
    },
  };

  it("offers what is possible, says why something is not, and leaves out the other half of a pair", async () => {
    await panel.show({ run: wireRun(ended) });
    await panel.click(panel.button("More actions"));
    const items = Array.from(panel.el.querySelectorAll<HTMLElement>("[role=menuitem]"));
    expect(items.map((item) => item.textContent)).toEqual([
      "Clone with other params…",
      "Restart",
      "Archive",
      "Delete",
      "Copy id",
    ]);
    expect(panel.button("Restart").title).toBe("The run was deleted; restore it first.");
    await panel.click(panel.button("Restart"));
    expect(panel.host.calls.map(({ op }) => op)).not.toContain("runs.restart");
    await panel.fire(
      panel.find(".jp-tracker-menu"),
      new KeyboardEvent("keydown", { key: "Escape", bubbles: true }),
    );
    expect(panel.el.querySelector("[role=menu]")).toBeNull();
  });

  it("deletes without a question, and takes it back", async () => {
    await panel.show({ run: wireRun(ended) });
    await panel.choose("Delete");
    await panel.answer("runs.delete", { run: wireRun({ ...ended, lifecycle: "deleted" }) });
    expect(panel.find("[role=status]").textContent).toContain("The run is deleted.");
    await panel.click(panel.button("Undo"));
    await panel.answer("runs.restore", { run: wireRun(ended) });
    expect(panel.find("[role=status]").textContent).toContain("The run is back.");
  });

  it("clones with the params that were changed, as JSON where they are", async () => {
    await panel.show({ run: wireRun(ended) });
    await panel.choose("Clone with other params…");
    await panel.frame();
    const [name, lr] = Array.from(panel.el.querySelectorAll<HTMLInputElement>("form input"));
    if (name === undefined || lr === undefined) {
      throw new Error("the form lacks a field");
    }
    lr.value = "0.01";
    await panel.fire(lr, new Event("input", { bubbles: true }));
    expect(panel.find("form").textContent).toContain("Changed: lr.");
    await panel.fire(panel.find("form"), new Event("submit", { bubbles: true, cancelable: true }));
    expect(panel.host.calls.at(-1)).toMatchObject({
      op: "runs.clone",
      params: { run: "r1", params: { lr: 0.01 }, name: "baseline" },
    });
    await panel.answer("runs.clone", { run: wireRun({ id: "r2abcdef99", name: "baseline" }) });
    expect(panel.find("[role=status]").textContent).toContain("baseline was submitted; its id is r2abcdef");
    expect(panel.el.querySelector("form")).toBeNull();
  });
});

describe("what a run holds", () => {
  const holds = {
    artifacts: 2,
    checkpoints: 1,
    models: 0,
    classifications: 1,
    children: 0,
    code: "x.get('r1')",
  };

  async function open(name: string): Promise<void> {
    await panel.show({ run: wireRun() });
    await panel.frame(600);
    await panel.answer("runs.contents", holds);
    await panel.click(panel.tab(name));
    await panel.frame();
  }

  it("has a tab only where there is something", async () => {
    await open("Artifacts");
    const names = Array.from(panel.el.querySelectorAll("[role=tab]"), (one) => one.textContent);
    expect(names).toContain("Artifacts2");
    expect(names).toContain("Checkpoints1");
    expect(names.join()).not.toContain("Trials");
  });

  it("shows the classification of the run in a tab", async () => {
    await open("Classification");
    const followed = panel.host.follows.at(-1);
    expect([followed?.topic.name, followed?.topic.params.run]).toEqual(["classifications", "r1"]);
    followed?.onUpdate({ of: { id: "r1", name: "baseline" }, live: false, classifications: [] }, []);
    await panel.frame();
    expect(panel.find("[role=tabpanel]").textContent).toContain("No classification metrics were logged.");
  });

  it("previews a table, and text as text", async () => {
    await open("Artifacts");
    const artifacts = [
      { path: "a.csv", size: 10 },
      { path: "<i>.txt", size: 3 },
    ];
    await panel.answer("artifacts.list", { artifacts, total: 2 });
    await panel.click(panel.find(".jp-tracker-file"));
    await panel.answer("artifacts.preview", { kind: "table", rows: [["x"], ["<b>1</b>"]], cut: false });
    expect(panel.find(".jp-tracker-shown th[scope=row]").textContent).toBe("<b>1</b>");
    await panel.click(panel.all(".jp-tracker-file")[1] ?? panel.el);
    await panel.answer("artifacts.preview", { kind: "text", text: "<script>", cut: true });
    expect(panel.find("pre").textContent).toBe("<script>");
    expect(panel.find(".jp-tracker-shown").textContent).toContain("Only the beginning is shown.");
  });

  it("filters packages", async () => {
    await open("Environment");
    await panel.answer("runs.environment", {
      python: "3.12",
      packages: { numpy: "2.0", pandas: "3.0" },
      history: [],
    });
    expect(panel.find("[role=tabpanel]").textContent).toContain("pandas3.0");
    await panel.type("input[type=search]", "num");
    expect(panel.find("[role=tabpanel]").textContent).not.toContain("pandas");
  });

  it("marks the best trial of a sweep", async () => {
    await panel.show({ run: wireRun({ kind: "sweep" }) });
    await panel.click(panel.tab("Trials"));
    await panel.frame();
    await panel.answer("runs.children", {
      metric: "loss",
      best: "b",
      children: [
        { id: "a", name: "trial-1", state: "succeeded", params: { lr: 0.1 }, value: 0.5 },
        { id: "b", name: "trial-2", state: "failed", params: { lr: 0.2 }, value: "NaN" },
      ],
    });
    const text = panel.find("[role=tabpanel] tbody").textContent;
    expect(text).toContain("★ trial-2");
    expect(text).toContain("0.5");
  });

  it("tells notes, attempt, parent and retention", async () => {
    await panel.show({
      run: wireRun({ notes: "the good one", attempt: 2, parent: "0123456789", trimmed_at: 86400 }),
    });
    expect(panel.el.textContent).toContain(
      "attempt 2 · a part of 01234567 · points, log and files were removed",
    );
    expect(panel.el.textContent).toContain("the good one");
  });
});

describe("many metrics", () => {
  it("stand in sections by the first part of their names, of which not all is drawn at once", async () => {
    const keys = ["loss", ...Array.from({ length: 60 }, (_, index) => `gen/m${index}`), "disc/loss"];
    const points = keys.map((key) => wirePoints(key, 1));
    await panel.show({ run: wireRun(), points }, [pointsBuffer([{ step: 1, value: 1 }])]);
    const heads = Array.from(panel.el.querySelectorAll(".jp-tracker-section"), (head) => head.textContent);
    expect(heads).toEqual(["▾ gen60", "▾ disc1"]);
    expect(panel.el.querySelectorAll(".jp-tracker-chart")).toHaveLength(26);
    await panel.click(panel.button("Show more of 36 further curves"));
    expect(panel.el.querySelectorAll(".jp-tracker-chart")).toHaveLength(62);
  });
});
