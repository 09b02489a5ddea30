/** A table of runs on a mock host, for the tests of its view. */

import { act } from "preact/test-utils";
import { afterEach, beforeEach, vi } from "vitest";
import { TableSession } from "../src/core/table-session";
import type { TableSettings } from "../src/core/table-settings";
import { mountRunsPanel } from "../src/views/runs-panel";
import { push, wireRow } from "./helpers";
import type { Call } from "./mock-host";
import { MockHost } from "./mock-host";

export let host: MockHost;
export let el: HTMLElement;
export let session: TableSession;
let unmount: () => void;
export let kept: Partial<TableSettings>[];
/** What stands in for the chunks writes the props that it is given. */
vi.mock("../src/core/chunk", () => ({
  loadChunk: () =>
    Promise.resolve({
      RunView: ({ run }: { run: string }) => `the run ${run}`,
      SelectedCurves: ({ runs }: { runs: readonly string[] }) => `curves of ${runs.join(" ")}`,
    }),
}));

export const COLUMNS = [
  { name: "params.lr", count: 3, varies: true, numeric: true, best: null },
  { name: "metrics.loss", count: 3, varies: true, numeric: true, best: 0.5 },
];

export function frame(time = 50): Promise<void> {
  return act(async () => {
    await vi.advanceTimersByTimeAsync(time);
  });
}

export function rowsOf(from: number, to: number, count: number): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  for (let place = Math.max(0, from); place < Math.min(to, count); place += 1) {
    const metrics = { loss: { value: place + 0.5, step: 1, time: 1 } };
    found.push(
      wireRow(`r${place}`, { name: `run ${place}`, params: { lr: place }, metrics, state: "succeeded" }),
    );
  }
  return found;
}

export function waiting(op: string): Call[] {
  return host.calls.filter((call) => call.op === op);
}

/** Answers what was asked for rows since the last time. */
let answered = 0;
export async function answer(count: number, version = 1): Promise<void> {
  for (; answered < host.calls.length; answered += 1) {
    const call = host.calls[answered];
    if (call?.op === "runs.rows" && Array.isArray(call.params.runs)) {
      call.resolve({
        result: { version, rows: call.params.runs.map((id) => wireRow(String(id))) },
        buffers: [],
      });
    } else if (call?.op === "runs.rows") {
      const { from, to } = call.params as { from: number; to: number };
      call.resolve({
        result: { version, start: from, count, anchor: null, rows: rowsOf(from, to, count) },
        buffers: [],
      });
    } else if (call?.op === "runs.sparks") {
      call.resolve({ result: { sparks: [] }, buffers: [] });
    }
    await frame();
  }
}

/** What was asked so far was answered by the test itself. */
export function skip(): void {
  answered = host.calls.length;
}

export async function show(count: number, version = 1): Promise<void> {
  push(host.follows.at(-1), { version, count, more: false, active: 0, columns: COLUMNS });
  await frame();
  await answer(count, version);
}

export function find(selector: string): HTMLElement {
  const found = el.querySelector<HTMLElement>(selector);
  if (found === null) {
    throw new Error(`nothing matches ${selector}`);
  }
  return found;
}

export function button(label: string): HTMLButtonElement {
  const found = Array.from(el.querySelectorAll("button")).find((one) => one.textContent === label);
  if (found === undefined) {
    throw new Error(`no button ${label}`);
  }
  return found;
}

export async function key(name: string, more: KeyboardEventInit = {}): Promise<void> {
  find("[role=grid]").dispatchEvent(
    new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...more }),
  );
  await frame();
}

export async function type(text: string): Promise<void> {
  const field = find(".jp-tracker-filter-input") as HTMLInputElement;
  field.value = text;
  field.setSelectionRange(text.length, text.length);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await frame();
}

/** Makes one for each test of a file. */
export function eachOnAPage(): void {
  beforeEach(async () => {
    vi.useFakeTimers({ now: 1_000_000 });
    vi.stubGlobal("IntersectionObserver", undefined);
    host = new MockHost();
    answered = 0;
    kept = [];
    el = document.createElement("div");
    document.body.append(el);
    session = new TableSession(host, { experiment: "digits" });
    session.keepSettings((changed) => kept.push(changed));
    unmount = mountRunsPanel(el, session);
    await frame();
  });

  afterEach(() => {
    unmount();
    el.remove();
    vi.clearAllMocks();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });
}
