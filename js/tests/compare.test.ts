import { act } from "preact/test-utils";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { differences, lowerIsBetter, scaleOf } from "../src/core/compare";
import type { Column } from "../src/core/compare";
import { mountCompare } from "../src/views/compare";
import { pointsBuffer, wirePoints, wireRun } from "./helpers";
import type { MockHost } from "./mock-host";
import { View, forEachTest } from "./on-view";

vi.mock("../src/core/chunk", () => import("./chunks"));

vi.mock("../src/views/chart/plot", () => import("./mock-plot"));

function column(values: unknown[], numeric = true): Column {
  return { id: "x", label: "x", kind: "param", values, numeric, varies: true };
}

describe("a scale", () => {
  it("is linear, or logarithmic over three powers of ten", () => {
    expect(scaleOf(column([0, 10]), String).place(5)).toBe(0.5);
    expect(scaleOf(column([0.001, 1]), String).place(0.01)).toBeCloseTo(1 / 3);
    expect(scaleOf(column([3, 3]), String).place(3)).toBe(0.5);
  });

  it("has no place for what is no number, and one for each word", () => {
    expect(scaleOf(column([1, NaN, Infinity, 2]), String).place(NaN)).toBeNull();
    const words = scaleOf(column(["sgd", "adam", undefined], false), String);
    expect([words.place("adam"), words.place("sgd"), words.place(undefined)]).toEqual([0, 1, null]);
  });
});

describe("differences", () => {
  it("come first, and a run of which nothing is known differs in nothing", () => {
    const found = differences([
      [["a", 1] as const, ["b", 1] as const],
      [["a", 1] as const, ["b", 2] as const],
      [],
    ]);
    expect(found.map(({ name, differs }) => [name, differs])).toEqual([
      ["b", true],
      ["a", false],
    ]);
  });
});

it.each([
  ["val/loss", true],
  ["nll", true],
  ["RMSE", true],
  ["valError", true],
  ["accuracy", false],
  ["glossary", false],
])("less is better of %s: %s", (metric, lower) => {
  expect(lowerIsBetter(metric)).toBe(lower);
});

describe("the view", () => {
  let view: View;
  let host: MockHost;
  let el: HTMLElement;
  forEachTest(
    () => new View((el, host) => mountCompare(el, host, { runs: ["r0", "r1~2"] })),
    (made) => {
      view = made;
      ({ host, el } = made);
    },
  );

  const tell = async (at: number, more: Record<string, unknown>, loss: number): Promise<void> => {
    const points = [wirePoints("val/loss", 2, { last: loss, min: loss, max: 9 })];
    const run = wireRun({ id: `r${at}`, name: `run ${at}`, state: "succeeded", ended_at: 1000, ...more });
    const buffer = pointsBuffer([
      { step: 0, value: 9 },
      { step: 1, value: loss },
    ]);
    host.follows[at]?.onUpdate({ now: 1000, run, points }, [buffer]);
    await view.frame();
  };
  const tab = async (name: string): Promise<void> => {
    const found = Array.from(el.querySelectorAll<HTMLElement>("[role=tab]"));
    await act(() => found.find((each) => each.textContent === name)?.click());
    await view.frame();
  };

  beforeEach(async () => {
    await tell(0, { params: { lr: 0.1, depth: 2 }, tags: { keep: "<i>yes</i>" } }, 0.5);
    await tell(1, { params: { lr: 0.2, depth: 2 } }, 0.25);
  });

  it("follows the curves of each run, and stops when it goes", () => {
    expect(host.follows.map(({ topic }) => [topic.name, topic.params.run])).toEqual([
      ["curves", "r0"],
      ["curves", "r1~2"],
    ]);
    view.takeOut();
    expect(host.follows.every(({ active }) => !active)).toBe(true);
  });

  it("draws both runs into one chart, and leaves out what is not ticked", async () => {
    const chart = (): string =>
      el.querySelector(".jp-tracker-chart [role=img]")?.getAttribute("aria-label") ?? "";
    expect(el.querySelectorAll(".jp-tracker-chart")).toHaveLength(1);
    expect(chart()).toContain("run 0: last 0.5000. run 1: last 0.2500");
    const box = el.querySelector<HTMLInputElement>(".jp-tracker-legend input");
    await act(() => box?.click());
    await view.frame();
    expect(chart()).not.toContain("run 0");
  });

  it("marks the best value and sorts by it", async () => {
    await tab("Best");
    expect(el.querySelector("td b")?.textContent).toBe("0.2500");
    await act(() => el.querySelector<HTMLElement>(".jp-tracker-sort")?.click());
    await view.frame();
    expect(el.querySelector("tbody tr")?.textContent).toContain("run 1");
  });

  it("chooses runs with a brush from the keyboard", async () => {
    await tab("Parallel");
    const axis = el.querySelector<SVGElement>("[aria-label='Axis lr']");
    await act(() => {
      axis?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowUp", bubbles: true }));
    });
    await view.frame();
    expect(el.textContent).toContain("1 of 2 runs");
    expect(el.querySelectorAll(".jp-tracker-out")).toHaveLength(1);
    await act(() => {
      axis?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    });
    await view.frame();
    expect(el.querySelectorAll(".jp-tracker-out")).toHaveLength(0);
  });

  it("walks over the points of the scatter", async () => {
    await tab("Scatter");
    const plot = el.querySelector(".jp-tracker-scatter");
    expect(plot?.querySelectorAll("circle")).toHaveLength(2);
    await act(() => {
      plot?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    });
    await view.frame();
    expect(el.querySelector(".jp-tracker-cell-readout")?.textContent).toContain("run 0: lr 0.1000");
  });

  it("tells what differs, with text as text, and asks for packages and code", async () => {
    await tab("Differences");
    const params = el.querySelector("section[aria-label=Params]");
    expect(params?.textContent).toContain("lr");
    expect(params?.textContent).not.toContain("depth");
    expect(el.querySelector("section[aria-label=Tags] i:not(.jp-tracker-key)")).toBeNull();
    const asked = (op: string): typeof host.calls => host.calls.filter((call) => call.op === op);
    expect(asked("runs.environment").map(({ params: { run } }) => run)).toEqual(["r0", "r1~2"]);
    asked("runs.environment").forEach(({ resolve }, at) =>
      resolve({ result: { python: "3.12", packages: { numpy: `1.${at}` } }, buffers: [] }),
    );
    asked("runs.code_difference")[0]?.resolve({
      result: { code: "-lr = 1\n+lr = 2\n", reason: "", cells: "" },
      buffers: [],
    });
    await view.frame();
    expect(el.querySelector("section[aria-label=Packages]")?.textContent).toContain("numpy1.01.1");
    expect(el.querySelector(".jp-tracker-diff-added")?.textContent).toBe("+lr = 2\n");
  });
});
