/** Whatever a view says comes through the translator: what does not is the data of the reader. */

import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TableSession } from "../src/core/table-session";
import { setTranslator, trans } from "../src/core/translate";
import { mountCompare } from "../src/views/compare";
import { mountRunsPanel } from "../src/views/runs-panel";
import { mountSidebar } from "../src/views/sidebar";
import { SidebarModel } from "../src/views/sidebar/model";
import type { Surroundings } from "../src/views/sidebar/surroundings";
import { mountNewRun } from "../src/views/submit/new-run";
import { pointsBuffer, push, wireLine, wirePoints, wireRow, wireRun } from "./helpers";
import { MockHost } from "./mock-host";
import { Panel } from "./on-panel";

vi.mock("../src/views/chart/plot", () => import("./mock-plot"));
vi.mock("../src/core/chunk", () => import("./chunks"));

/** What belongs to the runs, the wire or the language of filters. */
const DATA =
  /digits|baseline|adam|optimizer(\.name)?|epoch|loss|lr|first line|stdout|stderr|ValueError: no|r\d|run r\d|train\.py|small@1|experiment|run\.log\(\{\.\.\.\}\)|local|python|NaN/g;
/** Of columns, as the filter language calls them. */
const IDS =
  /^(metrics\.loss|(best|min|max|first)\(metrics\.loss\)|spark\(metrics\.loss\)|name|id|state|kind|reason|duration|\w+_at)$/;
const SEEN = ["title", "aria-label", "placeholder", "aria-valuetext", "alt", "data-note"];

/** What stands there and was not translated. */
function untranslated(el: HTMLElement): string[] {
  const found: string[] = [];
  const check = (said: string): void => {
    let left = said;
    for (let before = ""; before !== left;) {
      before = left;
      left = left.replace(/«[^«»]*»/g, "");
    }
    left = left.replace(DATA, "");
    // Units of durations and sizes, keys and letters of axes may stay.
    if (/[A-Za-z]{2}/.test(left) && !IDS.test(said)) {
      found.push(said);
    }
  };
  const walk = document.createTreeWalker(el, NodeFilter.SHOW_ALL);
  for (let node = walk.nextNode(); node !== null; node = walk.nextNode()) {
    if (node instanceof Element) {
      SEEN.forEach((name) => check(node.getAttribute(name) ?? ""));
    } else {
      check(node.textContent ?? "");
    }
  }
  return found;
}

let el: HTMLElement;
let host: MockHost;

function frame(): Promise<void> {
  return act(async () => {
    await vi.advanceTimersByTimeAsync(50);
  });
}

async function clickAll(selector: string, check: () => void): Promise<void> {
  const count = el.querySelectorAll(selector).length;
  expect(count).toBeGreaterThan(0);
  for (let at = 0; at < count; at += 1) {
    await act(() => el.querySelectorAll<HTMLElement>(selector)[at]?.click());
    await frame();
    check();
  }
}

function submit(): Promise<void> {
  return act(() => {
    el.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
  });
}

const points = [wirePoints("loss", 2, { last: 0.5, min: 0.5, max: 1 })];
const rows = pointsBuffer([
  { step: 0, value: 1 },
  { step: 1, value: 0.5 },
]);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.stubGlobal("IntersectionObserver", undefined);
  const marked = (text: string, ...values: readonly (string | number)[]): string =>
    `«${text.replace(/%(\d)/g, (_, place: string) => String(values[Number(place) - 1]))}»`;
  setTranslator({
    __: marked,
    _n: (one, many, count, ...values) => marked(count === 1 ? one : many, count, ...values),
  });
  el = document.createElement("div");
  document.body.append(el);
  host = new MockHost();
});

afterEach(() => {
  el.remove();
  setTranslator(null);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("every word is translated", () => {
  const check = (): void => expect(untranslated(el)).toEqual([]);

  it("of a run, in all its tabs and its menu", async () => {
    const panel = new Panel();
    el.append(panel.el);
    await panel.frame();
    check();
    const actions = Object.fromEntries(
      ["stop", "clone", "restart", "archive", "delete", "update", "set_tags"].map((op) => [
        `runs.${op}`,
        null,
      ]),
    );
    const lines = [wireLine(0, "first line")];
    const run = wireRun({ actions, attempt: 2, parent: "r0", native_state: "«»" });
    await panel.show({ run, points, log: { reset: true, lines, total: 1 } }, [rows]);
    check();
    await clickAll("[role=tab]", check);
    await clickAll("[aria-haspopup]", check);
    await panel.show({ run: wireRun({ actions, state: "failed", reason: "ValueError: no", ended_at: 990 }) });
    check();
    panel.close();
  });

  it("of a comparison, in all its tabs", async () => {
    const unmount = mountCompare(el, host, { runs: ["r1", "r2"] });
    await frame();
    check();
    host.follows.forEach((follow, at) => {
      const run = wireRun({ id: `r${at + 1}`, params: { lr: at } });
      push(follow, { run, points, live: true }, [rows]);
    });
    await frame();
    await frame();
    await clickAll("[role=tab]", check);
    unmount();
  });

  it("of a table of runs, its columns, and what is done with those that are selected", async () => {
    const session = new TableSession(host, { experiment: "digits" });
    const unmount = mountRunsPanel(el, session);
    await frame();
    const columns = [{ name: "metrics.loss", count: 1, varies: true, numeric: true, best: 0.5 }];
    push(host.follows.at(-1), { version: 1, count: 1, more: false, active: 1, columns });
    await frame();
    host.calls
      .filter(({ op }) => op === "runs.rows")
      .forEach(({ resolve }) => {
        const row = wireRow("r1", { metrics: { loss: { value: 0.5, step: 1, time: 1 } } });
        resolve({ result: { version: 1, start: 0, count: 1, anchor: null, rows: [row] }, buffers: [] });
      });
    await frame();
    check();
    await clickAll(".jp-tracker-runs-bar button", check);
    session.select(["r1"]);
    await frame();
    check();
    unmount();
  });

  it("of a new run, from what it is of to its mistakes", async () => {
    const options = {
      start: { connection: "local", code: "" },
      connections: ["local", "python"],
      files: ["train.py"],
      hostOf: () => host,
      absolute: (path: string) => `/${path}`,
      onStart: vi.fn(),
      onSubmitted: vi.fn(),
    };
    const unmount = mountNewRun(el, options);
    await frame();
    check();
    const field = el.querySelector("input");
    await act(() => {
      if (field !== null) {
        field.value = "train.py";
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
    });
    await frame();
    expect(options.onStart).toHaveBeenCalledWith({ connection: "local", code: "train.py" });
    const asked = host.calls.find(({ op }) => op === "form.get");
    expect(asked?.params).toEqual({ path: "/train.py", template: "train.py" });
    const own = { name: "lr", kind: "number", required: true, help: "", hint: "", default: "" };
    const groups = ["run", "params", "resources", "schedule"].map((name) => ({ name, fields: [own] }));
    asked?.resolve({ result: { label: "train.py", kind: "", description: "", groups }, buffers: [] });
    await frame();
    await submit();
    const submitted = host.calls.find(({ op }) => op === "form.submit");
    expect(submitted?.params).toMatchObject({ path: "/train.py", written: { variables: [] } });
    submitted?.resolve({ result: { mistakes: [{ path: "params.lr", message: "" }] }, buffers: [] });
    await frame();
    await clickAll("button:not([type=submit])", check);
    await submit();
    const again = host.calls.filter(({ op }) => op === "form.submit").at(-1);
    again?.resolve({ result: { run: "r1", name: "baseline" }, buffers: [] });
    await frame();
    expect(options.onSubmitted).toHaveBeenCalledWith("local", { id: "r1", name: "baseline" });
    unmount();
  });

  it("of the sidebar", async () => {
    const model = new SidebarModel(() => host);
    const unmount = mountSidebar(el, model, {} as Surroundings);
    await frame();
    check();
    model.setConnections([{ name: "local", address: "local" }]);
    model.setShown(true);
    await frame();
    check();
    unmount();
  });
});

it("leaves texts as they stand where nobody translates", () => {
  setTranslator(null);
  expect(trans.__("%1 of %2", 1, "two")).toBe("1 of two");
  expect([1, 2].map((count) => trans._n("%1 run", "%1 runs", count))).toEqual(["1 run", "2 runs"]);
});
