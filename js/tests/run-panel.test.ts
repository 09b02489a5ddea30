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

let host: MockHost;
let el: HTMLElement;
let unmount: () => void;

function frame(): Promise<void> {
  return act(async () => {
    await vi.advanceTimersByTimeAsync(50);
  });
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
    expect(find("header [role=alert]").textContent).toBe("The run was not stopped: No permission.");
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
    expect(tab("System").getAttribute("aria-selected")).toBe("true");
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
