import { describe, expect, it, vi } from "vitest";
import { HIDDEN_LIMIT } from "../src/views/common/visibility";
import { pointsBuffer, wireLine, wirePoints, wireRun } from "./helpers";
import { Panel } from "./on-panel";
import { forEachTest } from "./on-view";

vi.mock("../src/views/chart/plot", () => import("./mock-plot"));
vi.mock("../src/core/chunk", () => import("./chunks"));

let panel: Panel;
forEachTest(
  () => new Panel(),
  (made) => (panel = made),
);

describe("the state of the panel", () => {
  it("is a skeleton before the first data", () => {
    expect(panel.find("[role=status]").getAttribute("aria-label")).toBe("Loading the run");
  });

  it("shows name, state, progress and times of a live run", async () => {
    await panel.show({ run: wireRun() });
    const head = panel.find("header").textContent;
    expect(head).toContain("digits / baseline");
    expect(head).toContain("running");
    expect(head).toContain("epoch 12 of 30");
    expect(head).toContain("1 m 00 s");
    expect(head).toContain("1 m 30 s left");
    expect(panel.find("[role=progressbar]").getAttribute("aria-valuenow")).toBe("12");
  });

  it("ticks by itself once a second", async () => {
    await panel.show({ run: wireRun() });
    await panel.frame(3000);
    expect(panel.find("header").textContent).toContain("1 m 03 s");
  });

  it("says how to get metrics while there are none", async () => {
    await panel.show({ run: wireRun() });
    expect(panel.find("[role=tabpanel]").textContent).toContain("No metrics yet: call run.log({...}).");
  });

  it("does not promise metrics to come once the run has ended", async () => {
    await panel.show({ run: wireRun({ state: "succeeded", ended_at: 1000 }) });
    expect(panel.el.textContent).toContain("No metrics were logged.");
    expect(panel.el.textContent).toContain("nothing was printed");
    expect(panel.el.querySelector(".jp-tracker-toolbar")).toBeNull();
  });

  it("shows reason and last lines of a failed run before anything else", async () => {
    const lines = Array.from({ length: 30 }, (_, line) => wireLine(line, `line ${line}`));
    await panel.show({
      run: wireRun({ state: "failed", reason: "ValueError: no", ended_at: 990 }),
      log: { reset: true, lines, total: 30 },
    });
    const failure = panel.find(".jp-tracker-failure");
    expect(failure.textContent).toContain("ValueError: no");
    expect(failure.querySelectorAll("code")).toHaveLength(20);
    expect(failure.compareDocumentPosition(panel.find("[role=tablist]"))).toBe(
      Node.DOCUMENT_POSITION_FOLLOWING,
    );
  });

  it("keeps the last picture when the kernel is gone, and tries again when asked", async () => {
    await panel.show({ run: wireRun() });
    panel.host.follows[0]?.onStatus({
      kind: "disconnected",
      since: 1_000_000,
      message: "The kernel has gone quiet.",
    });
    await panel.frame();
    expect(panel.find(".jp-tracker-strip").textContent).toContain("Disconnected. The kernel has gone quiet.");
    expect(panel.find(".jp-tracker-strip time").textContent).toMatch(/^Last data at \d\d:\d\d:\d\d\.$/);
    expect(panel.find("header").textContent).toContain("baseline");
    panel.find(".jp-tracker-strip button").click();
    expect(panel.host.follows).toHaveLength(2);
  });

  it("says why the kernel itself has no news, until it has some", async () => {
    await panel.show({ run: wireRun() });
    await panel.show({ error: { kind: "Unreachable", message: "The platform did not answer." } });
    expect(panel.find(".jp-tracker-strip").textContent).toContain("The platform did not answer.");
    await panel.show({});
    expect(panel.el.querySelector(".jp-tracker-strip")).toBeNull();
  });

  it("says why a run cannot be shown", async () => {
    panel.host.follows[0]?.onStatus({ kind: "refused", message: "There is no such run." });
    await panel.frame();
    expect(panel.el.textContent).toContain("This run cannot be shown. There is no such run.");
  });

  it("shows hostile names and logs as text", async () => {
    const evil = "<img src=x onerror=alert(1)>";
    await panel.show({
      run: wireRun({ name: evil }),
      log: { reset: true, lines: [wireLine(1, evil)], total: 1 },
    });
    expect(panel.el.querySelector("img")).toBeNull();
    expect(panel.find("header").textContent).toContain(evil);
    expect(panel.find(".jp-tracker-log-tail").textContent).toContain(evil);
  });
});

describe("stopping", () => {
  it("asks the host once and shows the state of the answer", async () => {
    await panel.show({ run: wireRun() });
    const button = panel.find(".jp-tracker-stop");
    await panel.click(button);
    expect(panel.host.calls.map(({ op }) => op)).toEqual(["runs.stop"]);
    expect(button.hasAttribute("disabled")).toBe(true);
    panel.host.calls[0]?.resolve({ result: { run: wireRun({ state: "stopping" }) }, buffers: [] });
    await panel.frame();
    expect(panel.find("header").textContent).toContain("stopping…");
  });

  it("is disabled with the reason where it cannot be done", async () => {
    await panel.show({ run: wireRun({ actions: { "runs.stop": "The platform cannot stop runs." } }) });
    const button = panel.find(".jp-tracker-stop");
    expect(button.hasAttribute("disabled")).toBe(true);
    expect(button.title).toBe("The platform cannot stop runs.");
  });

  it("says beside the button why it did not work", async () => {
    await panel.show({ run: wireRun() });
    await panel.click(panel.find(".jp-tracker-stop"));
    panel.host.calls[0]?.reject(new Error("No permission."));
    await panel.frame();
    expect(panel.find("[role=alert]").textContent).toContain("The run was not stopped: No permission.");
    expect(panel.find(".jp-tracker-stop").hasAttribute("disabled")).toBe(false);
  });

  it("is not offered for a run that has ended", async () => {
    await panel.show({ run: wireRun({ state: "succeeded", ended_at: 990 }) });
    expect(panel.el.querySelector(".jp-tracker-stop")).toBeNull();
  });
});

describe("tabs", () => {
  const press = (key: string): Promise<void> =>
    panel.fire(
      panel.find("[role=tab][aria-selected=true]"),
      new KeyboardEvent("keydown", { key, bubbles: true }),
    );

  it("walk by arrow keys, in a circle, and move the focus along", async () => {
    await panel.show({ run: wireRun() });
    await press("ArrowRight");
    expect(panel.tab("Log").getAttribute("aria-selected")).toBe("true");
    expect(document.activeElement).toBe(panel.tab("Log"));
    await press("Home");
    await press("ArrowLeft");
    expect(panel.tab("Environment").getAttribute("aria-selected")).toBe("true");
  });

  it("keep only the selected one in the order of Tab", async () => {
    await panel.show({ run: wireRun() });
    expect(panel.tab("Curves").tabIndex).toBe(0);
    expect(panel.tab("Params").tabIndex).toBe(-1);
  });

  it("count log lines and events", async () => {
    await panel.show({
      run: wireRun(),
      log: { reset: true, lines: [wireLine(1, "a")], total: 412 },
      events: {
        reset: true,
        events: [{ sequence: 1, time: 1, kind: "started", level: "info", message: "go" }],
      },
    });
    expect(panel.tab("Log").textContent).toBe("Log412");
    expect(panel.tab("Events").textContent).toBe("Events1");
  });

  it("show params flat and the latest metrics", async () => {
    await panel.show({ run: wireRun() });
    await panel.click(panel.tab("Params"));
    await panel.frame();
    const text = panel.find("[role=tabpanel]").textContent;
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
    await panel.show({ run: wireRun(), points }, [two]);
    expect(panel.el.querySelectorAll(".jp-tracker-chart")).toHaveLength(1);
    expect(panel.find(".jp-tracker-chart").textContent).toContain("last 0.2143");
    await panel.click(panel.tab("System"));
    await panel.frame();
    expect(panel.find(".jp-tracker-chart").textContent).toContain("cpu_percent");
  });

  it("have a table with the exact values", async () => {
    await panel.show({ run: wireRun(), points: [wirePoints("loss", 2)] }, [two]);
    await panel.click(panel.find(".jp-tracker-chart button"));
    const cells = Array.from(panel.el.querySelectorAll(".jp-tracker-data tbody td:last-child"));
    expect(cells.map((cell) => cell.textContent)).toEqual(["NaN", "0.5"]);
  });
});

describe("the life of a panel", () => {
  it("stops following after it was hidden for a while, and follows anew when it is back", async () => {
    const visibility = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(HIDDEN_LIMIT - 1);
    expect(panel.host.follows[0]?.active).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    expect(panel.host.follows[0]?.active).toBe(false);
    visibility.mockReturnValue("visible");
    document.dispatchEvent(new Event("visibilitychange"));
    expect(panel.host.follows).toHaveLength(2);
  });

  it("goes on with the tab and the axis that were chosen when it is mounted again", async () => {
    await panel.show({ run: wireRun() });
    panel.tab("System").click();
    await panel.frame();
    expect(panel.find("select")).toHaveProperty("value", "relative");
    panel.tab("Params").click();
    await panel.frame();
    panel.mountAgain();
    await panel.frame();
    expect(panel.tab("Params").getAttribute("aria-selected")).toBe("true");
  });

  it("draws at once when it is mounted again", async () => {
    await panel.show({ run: wireRun() });
    panel.takeOut();
    expect(panel.el.childElementCount).toBe(0);
    expect(panel.host.follows[0]?.active).toBe(false);
    panel.mountAgain();
    expect(panel.find("header").textContent).toContain("baseline");
  });
});
