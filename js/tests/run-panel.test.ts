import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HIDDEN_LIMIT } from "../src/views/common/visibility";
import { mountRunPanel } from "../src/views/run-panel";
import { pointsBuffer, push, wireLine, wirePoints, wireRun } from "./helpers";
import { MockHost } from "./mock-host";

// There is no canvas here; what the plot is told is tested in a browser.
vi.mock("../src/views/chart/plot", () => ({
  PLOT_HEIGHT: 148,
  Plot: class {
    setData = vi.fn();
    recolor = vi.fn();
    resize = vi.fn();
    hideCursor = vi.fn();
    destroy = vi.fn();
  },
}));

// What a kernel would send as text comes from the sources.
vi.mock("../src/core/chunk", () => {
  const chunks: Readonly<Record<string, () => Promise<unknown>>> = {
    curves: () => import("../src/chunks/curves"),
    details: () => import("../src/chunks/details"),
    log: () => import("../src/chunks/log"),
  };
  return {
    loadChunk: (_: unknown, name: string) =>
      chunks[name]?.() ?? Promise.reject(new Error(`There is no chunk '${name}'.`)),
  };
});

let host: MockHost;
let el: HTMLElement;
let unmount: () => void;

async function frame(): Promise<void> {
  await act(async () => {
    await vi.dynamicImportSettled();
    await vi.advanceTimersByTimeAsync(50);
  });
}

function answer(op: string, result: unknown, buffers: DataView[] = []): Promise<void> {
  const asked = host.calls.filter((call) => call.op === op).at(-1);
  if (asked === undefined) {
    throw new Error(`${op} was not asked; asked were ${host.calls.map((call) => call.op).join(", ")}`);
  }
  asked.resolve({ result, buffers });
  return frame();
}

function button(name: string): HTMLElement {
  const all = Array.from(el.querySelectorAll<HTMLElement>("button"));
  const found = all.find((one) => one.getAttribute("aria-label") === name || one.textContent === name);
  if (found === undefined) {
    throw new Error(`no button ${name}`);
  }
  return found;
}

async function choose(item: string): Promise<void> {
  await act(() => button("More actions").click());
  await act(() => button(item).click());
}

async function show(more: Record<string, unknown>, buffers: DataView[] = []): Promise<void> {
  push(host.follows.at(-1), more, buffers);
  await frame();
}

function find(selector: string): HTMLElement {
  const found = el.querySelector<HTMLElement>(selector);
  if (found === null) {
    throw new Error(`nothing matches ${selector}`);
  }
  return found;
}

function tab(name: string): HTMLElement {
  const tabs = Array.from(el.querySelectorAll<HTMLElement>("[role=tab]"));
  const found = tabs.find((one) => one.textContent.startsWith(name));
  if (found === undefined) {
    throw new Error(`no tab ${name}`);
  }
  return found;
}

beforeEach(async () => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.stubGlobal("IntersectionObserver", undefined);
  host = new MockHost();
  el = document.createElement("div");
  document.body.append(el);
  unmount = mountRunPanel(el, host, { run: "r1" });
  await frame();
});

afterEach(() => {
  unmount();
  el.remove();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("the state of the panel", () => {
  it("is a skeleton before the first data", () => {
    expect(find("[role=status]").getAttribute("aria-label")).toBe("Loading the run");
  });

  it("shows name, state, progress and times of a live run", async () => {
    await show({ run: wireRun() });
    const head = find("header").textContent;
    expect(head).toContain("digits / baseline");
    expect(head).toContain("running");
    expect(head).toContain("epoch 12 of 30");
    expect(head).toContain("1 m 00 s");
    expect(head).toContain("1 m 30 s left");
    expect(find("[role=progressbar]").getAttribute("aria-valuenow")).toBe("12");
  });

  it("ticks by itself once a second", async () => {
    await show({ run: wireRun() });
    await act(async () => {
      await vi.advanceTimersByTimeAsync(3000);
    });
    expect(find("header").textContent).toContain("1 m 03 s");
  });

  it("says how to get metrics while there are none", async () => {
    await show({ run: wireRun() });
    expect(find("[role=tabpanel]").textContent).toContain("No metrics yet: call run.log({...}).");
  });

  it("does not promise metrics to come once the run has ended", async () => {
    await show({ run: wireRun({ state: "succeeded", ended_at: 1000 }) });
    expect(el.textContent).toContain("No metrics were logged.");
    expect(el.textContent).toContain("nothing was printed");
    expect(el.querySelector(".jp-tracker-toolbar")).toBeNull();
  });

  it("shows reason and last lines of a failed run before anything else", async () => {
    const lines = Array.from({ length: 30 }, (_, line) => wireLine(line, `line ${line}`));
    await show({
      run: wireRun({ state: "failed", reason: "ValueError: no", ended_at: 990 }),
      log: { reset: true, lines, total: 30 },
    });
    const failure = find(".jp-tracker-failure");
    expect(failure.textContent).toContain("ValueError: no");
    expect(failure.querySelectorAll("code")).toHaveLength(20);
    expect(failure.compareDocumentPosition(find("[role=tablist]"))).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
  });

  it("keeps the last picture when the kernel is gone, and tries again when asked", async () => {
    await show({ run: wireRun() });
    host.follows[0]?.onStatus({
      kind: "disconnected",
      since: 1_000_000,
      message: "The kernel has gone quiet.",
    });
    await frame();
    expect(find(".jp-tracker-strip").textContent).toContain("Disconnected. The kernel has gone quiet.");
    expect(find(".jp-tracker-strip time").textContent).toMatch(/^\d\d:\d\d:\d\d$/);
    expect(find("header").textContent).toContain("baseline");
    find(".jp-tracker-strip button").click();
    expect(host.follows).toHaveLength(2);
  });

  it("says why the kernel itself has no news, until it has some", async () => {
    await show({ run: wireRun() });
    await show({ error: { kind: "Unreachable", message: "The platform did not answer." } });
    expect(find(".jp-tracker-strip").textContent).toContain("The platform did not answer.");
    await show({});
    expect(el.querySelector(".jp-tracker-strip")).toBeNull();
  });

  it("says why a run cannot be shown", async () => {
    host.follows[0]?.onStatus({ kind: "refused", message: "There is no such run." });
    await frame();
    expect(el.textContent).toContain("This run cannot be shown. There is no such run.");
  });

  it("shows hostile names and logs as text", async () => {
    const evil = "<img src=x onerror=alert(1)>";
    await show({ run: wireRun({ name: evil }), log: { reset: true, lines: [wireLine(1, evil)], total: 1 } });
    expect(el.querySelector("img")).toBeNull();
    expect(find("header").textContent).toContain(evil);
    expect(find(".jp-tracker-log-tail").textContent).toContain(evil);
  });
});

describe("stopping", () => {
  it("asks the host once and shows the state of the answer", async () => {
    await show({ run: wireRun() });
    const button = find(".jp-tracker-stop");
    await act(() => button.click());
    expect(host.calls.map(({ op }) => op)).toEqual(["runs.stop"]);
    expect(button.hasAttribute("disabled")).toBe(true);
    host.calls[0]?.resolve({ result: { run: wireRun({ state: "stopping" }) }, buffers: [] });
    await frame();
    expect(find("header").textContent).toContain("stopping…");
  });

  it("is disabled with the reason where it cannot be done", async () => {
    await show({ run: wireRun({ actions: { "runs.stop": "The platform cannot stop runs." } }) });
    const button = find(".jp-tracker-stop");
    expect(button.hasAttribute("disabled")).toBe(true);
    expect(button.title).toBe("The platform cannot stop runs.");
  });

  it("says beside the button why it did not work", async () => {
    await show({ run: wireRun() });
    await act(() => find(".jp-tracker-stop").click());
    host.calls[0]?.reject(new Error("No permission."));
    await frame();
    expect(find("[role=alert]").textContent).toContain("The run was not stopped: No permission.");
    expect(find(".jp-tracker-stop").hasAttribute("disabled")).toBe(false);
  });

  it("is not offered for a run that has ended", async () => {
    await show({ run: wireRun({ state: "succeeded", ended_at: 990 }) });
    expect(el.querySelector(".jp-tracker-stop")).toBeNull();
  });
});

describe("tabs", () => {
  const press = (key: string): Promise<void> =>
    act(() => {
      find("[role=tab][aria-selected=true]").dispatchEvent(
        new KeyboardEvent("keydown", { key, bubbles: true }),
      );
    });

  it("walk by arrow keys, in a circle, and move the focus along", async () => {
    await show({ run: wireRun() });
    await press("ArrowRight");
    expect(tab("Log").getAttribute("aria-selected")).toBe("true");
    expect(document.activeElement).toBe(tab("Log"));
    await press("Home");
    await press("ArrowLeft");
    expect(tab("Environment").getAttribute("aria-selected")).toBe("true");
  });

  it("keep only the selected one in the order of Tab", async () => {
    await show({ run: wireRun() });
    expect(tab("Curves").tabIndex).toBe(0);
    expect(tab("Params").tabIndex).toBe(-1);
  });

  it("count log lines and events", async () => {
    await show({
      run: wireRun(),
      log: { reset: true, lines: [wireLine(1, "a")], total: 412 },
      events: {
        reset: true,
        events: [{ sequence: 1, time: 1, kind: "started", level: "info", message: "go" }],
      },
    });
    expect(tab("Log").textContent).toBe("Log412");
    expect(tab("Events").textContent).toBe("Events1");
  });

  it("show params flat and the latest metrics", async () => {
    await show({ run: wireRun() });
    await act(() => tab("Params").click());
    await frame();
    const text = find("[role=tabpanel]").textContent;
    expect(text).toContain("optimizer.nameadam");
    expect(text).toContain("lossNaN3");
  });
});

describe("charts", () => {
  const two = pointsBuffer([
    { step: 1, value: 0.5 },
    { step: 2, value: NaN },
  ]);

  it("stand in the tab that their keys belong to, with their numbers", async () => {
    const points = [
      wirePoints("loss", 2, { last: 0.21434, min: 0.2, max: 2 }),
      wirePoints("system/cpu_percent", 2),
    ];
    await show({ run: wireRun(), points }, [two]);
    expect(el.querySelectorAll(".jp-tracker-chart")).toHaveLength(1);
    expect(find(".jp-tracker-chart").textContent).toContain("last 0.2143");
    await act(() => tab("System").click());
    await frame();
    expect(find(".jp-tracker-chart").textContent).toContain("cpu_percent");
  });

  it("have a table with the exact values", async () => {
    await show({ run: wireRun(), points: [wirePoints("loss", 2)] }, [two]);
    await act(() => find(".jp-tracker-chart button").click());
    const cells = Array.from(el.querySelectorAll(".jp-tracker-data tbody td:last-child"));
    expect(cells.map((cell) => cell.textContent)).toEqual(["NaN", "0.5"]);
  });
});

describe("the life of a panel", () => {
  it("stops following after it was hidden for a while, and follows anew when it is back", async () => {
    const visibility = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(HIDDEN_LIMIT - 1);
    expect(host.follows[0]?.active).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    expect(host.follows[0]?.active).toBe(false);
    visibility.mockReturnValue("visible");
    document.dispatchEvent(new Event("visibilitychange"));
    expect(host.follows).toHaveLength(2);
  });

  it("goes on with the tab and the axis that were chosen when it is mounted again", async () => {
    await show({ run: wireRun() });
    tab("System").click();
    await frame();
    expect(find("select")).toHaveProperty("value", "relative");
    tab("Params").click();
    await frame();
    unmount();
    unmount = mountRunPanel(el, host, { run: "r1" });
    await frame();
    expect(tab("Params").getAttribute("aria-selected")).toBe("true");
  });

  it("draws at once when it is mounted again", async () => {
    await show({ run: wireRun() });
    unmount();
    expect(el.childElementCount).toBe(0);
    expect(host.follows[0]?.active).toBe(false);
    unmount = mountRunPanel(el, host, { run: "r1" });
    expect(find("header").textContent).toContain("baseline");
  });
});

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
    await show({ run: wireRun(ended) });
    await act(() => button("More actions").click());
    const items = Array.from(el.querySelectorAll<HTMLElement>("[role=menuitem]"));
    expect(items.map((item) => item.textContent)).toEqual([
      "Clone with other params…",
      "Restart",
      "Archive",
      "Delete",
      "Copy id",
    ]);
    expect(button("Restart").title).toBe("The run was deleted; restore it first.");
    await act(() => button("Restart").click());
    expect(host.calls.map(({ op }) => op)).not.toContain("runs.restart");
    find(".jp-tracker-menu").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await frame();
    expect(el.querySelector("[role=menu]")).toBeNull();
  });

  it("deletes without a question, and takes it back", async () => {
    await show({ run: wireRun(ended) });
    await choose("Delete");
    await answer("runs.delete", { run: wireRun({ ...ended, lifecycle: "deleted" }) });
    expect(find("[role=status]").textContent).toContain("The run is deleted.");
    await act(() => button("Undo").click());
    await answer("runs.restore", { run: wireRun(ended) });
    expect(find("[role=status]").textContent).toContain("The run is back.");
  });

  it("clones with the params that were changed, as JSON where they are", async () => {
    await show({ run: wireRun(ended) });
    await choose("Clone with other params…");
    await frame();
    const [name, lr] = Array.from(el.querySelectorAll<HTMLInputElement>("form input"));
    if (name === undefined || lr === undefined) {
      throw new Error("the form lacks a field");
    }
    lr.value = "0.01";
    await act(() => lr.dispatchEvent(new Event("input", { bubbles: true })));
    expect(find("form").textContent).toContain("Changed: lr.");
    await act(() => find("form").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));
    expect(host.calls.at(-1)).toMatchObject({
      op: "runs.clone",
      params: { run: "r1", params: { lr: 0.01 }, name: "baseline" },
    });
    await answer("runs.clone", { run: wireRun({ id: "r2abcdef99", name: "baseline" }) });
    expect(find("[role=status]").textContent).toContain("baseline was submitted; its id is r2abcdef");
    expect(el.querySelector("form")).toBeNull();
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
    await show({ run: wireRun() });
    await act(async () => {
      await vi.advanceTimersByTimeAsync(600);
    });
    await answer("runs.contents", holds);
    await act(() => tab(name).click());
    await frame();
  }

  it("has a tab only where there is something", async () => {
    await open("Artifacts");
    const names = Array.from(el.querySelectorAll("[role=tab]"), (one) => one.textContent);
    expect(names).toContain("Artifacts2");
    expect(names).toContain("Checkpoints1");
    expect(names.join()).not.toContain("Trials");
  });

  it("says when a part is not in this build", async () => {
    await open("Classification");
    expect(find("[role=tabpanel]").textContent).toContain("There is no chunk 'classification'.");
  });

  it("previews a table, and text as text", async () => {
    await open("Artifacts");
    const artifacts = [
      { path: "a.csv", size: 10 },
      { path: "<i>.txt", size: 3 },
    ];
    await answer("artifacts.list", { artifacts, total: 2 });
    await act(() => find(".jp-tracker-file").click());
    await answer("artifacts.preview", { kind: "table", rows: [["x"], ["<b>1</b>"]], cut: false });
    expect(find(".jp-tracker-shown th[scope=row]").textContent).toBe("<b>1</b>");
    await act(() => el.querySelectorAll<HTMLElement>(".jp-tracker-file")[1]?.click());
    await answer("artifacts.preview", { kind: "text", text: "<script>", cut: true });
    expect(find("pre").textContent).toBe("<script>");
    expect(find(".jp-tracker-shown").textContent).toContain("Only the beginning is shown.");
  });

  it("filters packages", async () => {
    await open("Environment");
    await answer("runs.environment", {
      python: "3.12",
      packages: { numpy: "2.0", pandas: "3.0" },
      history: [],
    });
    expect(find("[role=tabpanel]").textContent).toContain("pandas3.0");
    const box = find("input[type=search]") as HTMLInputElement;
    box.value = "num";
    await act(() => box.dispatchEvent(new Event("input", { bubbles: true })));
    expect(find("[role=tabpanel]").textContent).not.toContain("pandas");
  });

  it("marks the best trial of a sweep", async () => {
    await show({ run: wireRun({ kind: "sweep" }) });
    await act(() => tab("Trials").click());
    await frame();
    await answer("runs.children", {
      metric: "loss",
      best: "b",
      children: [
        { id: "a", name: "trial-1", state: "succeeded", params: { lr: 0.1 }, value: 0.5 },
        { id: "b", name: "trial-2", state: "failed", params: { lr: 0.2 }, value: "NaN" },
      ],
    });
    const text = find("[role=tabpanel] tbody").textContent;
    expect(text).toContain("★ trial-2");
    expect(text).toContain("0.5");
  });

  it("tells notes, attempt, parent and retention", async () => {
    await show({
      run: wireRun({ notes: "the good one", attempt: 2, parent: "0123456789", trimmed_at: 86400 }),
    });
    expect(el.textContent).toContain("attempt 2 · a part of 01234567 · points, log and files were removed");
    expect(el.textContent).toContain("the good one");
  });
});

describe("many metrics", () => {
  it("stand in sections by the first part of their names, of which not all is drawn at once", async () => {
    const keys = ["loss", ...Array.from({ length: 60 }, (_, index) => `gen/m${index}`), "disc/loss"];
    const points = keys.map((key) => wirePoints(key, 1));
    await show({ run: wireRun(), points }, [pointsBuffer([{ step: 1, value: 1 }])]);
    const heads = Array.from(el.querySelectorAll(".jp-tracker-section"), (head) => head.textContent);
    expect(heads).toEqual(["▾ others1", "▾ gen60", "▾ disc1"]);
    expect(el.querySelectorAll(".jp-tracker-chart")).toHaveLength(26);
    await act(() => button("Show more of 36 further curves").click());
    expect(el.querySelectorAll(".jp-tracker-chart")).toHaveLength(62);
  });
});
