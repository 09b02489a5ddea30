import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mountEventPanel } from "../src/views/events";
import { mountLogPanel } from "../src/views/log";
import { push, wireLine, wireRun } from "./helpers";
import { MockHost } from "./mock-host";

let host: MockHost;
let el: HTMLElement;
let unmount: () => void;

async function frame(time = 50): Promise<void> {
  await act(async () => {
    await vi.advanceTimersByTimeAsync(time);
  });
}

function find(selector: string): HTMLElement {
  const found = el.querySelector<HTMLElement>(selector);
  if (found === null) {
    throw new Error(`nothing matches ${selector}`);
  }
  return found;
}

function asked(op: string): Record<string, unknown>[] {
  return host.calls.filter((call) => call.op === op).map((call) => call.params);
}

async function answer(op: string, result: unknown): Promise<void> {
  host.calls
    .filter((call) => call.op === op)
    .at(-1)
    ?.resolve({ result, buffers: [] });
  await frame();
}

function rows(from: number, count: number, more: Record<string, unknown> = {}): object[] {
  return Array.from({ length: count }, (_, index) => ({
    line: from + index,
    time: 1000 + index,
    stream: "stdout",
    level: "info",
    text: `row ${from + index}`,
    repeats: 1,
    ...more,
  }));
}

const LAST = {
  count: 1_000_000,
  complete: true,
  levels: { error: 2 },
  from: 999_800,
  rows: rows(999_800, 200),
};

async function mountLog(): Promise<void> {
  unmount = mountLogPanel(el, host, { run: "r1" });
  await frame();
  push(host.follows.at(-1), { run: wireRun(), log: { reset: true, lines: [wireLine(1, "one")], total: 1 } });
  await frame();
}

async function input(selector: string, value: string, event = "input"): Promise<void> {
  const element = find(selector) as HTMLInputElement;
  element.value = value;
  await act(() => {
    element.dispatchEvent(new Event(event, { bubbles: true }));
  });
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.stubGlobal("IntersectionObserver", undefined);
  host = new MockHost();
  el = document.createElement("div");
  document.body.append(el);
});

afterEach(() => {
  unmount();
  el.remove();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("the log of a run", () => {
  it("asks for its end only, however long it is", async () => {
    await mountLog();
    expect(asked("logs.window")).toEqual([
      { run: "r1", levels: null, streams: null, from: -200, at_end: true, limit: 200 },
    ]);
    await answer("logs.window", LAST);
    expect(el.textContent).toContain("1,000,000 rows");
    expect(el.querySelectorAll(".jp-tracker-log-row").length).toBeLessThan(60);
  });

  it("shows the end that came with the run while the host still reads the log", async () => {
    await mountLog();
    await answer("logs.window", { ...LAST, complete: false, count: 20_000, from: 19_800 });
    expect(find("[role=log]").textContent).toContain("one");
    expect(el.textContent).toContain("reading: 20,000 rows");
    expect(asked("logs.window")).toHaveLength(2);
  });

  it("asks for rows where the reader looks, and not twice", async () => {
    await mountLog();
    await answer("logs.window", LAST);
    // The line that came meanwhile.
    await answer("logs.window", LAST);
    const list = find("[role=log]");
    list.scrollTop = 0;
    await act(() => {
      list.dispatchEvent(new Event("scroll"));
    });
    await frame();
    expect(asked("logs.window").at(-1)).toMatchObject({ from: 0, limit: 200 });
    await answer("logs.window", { ...LAST, from: 0, rows: rows(0, 200) });
    expect(find("[role=log]").textContent).toContain("row 0");
    const count = asked("logs.window").length;
    await frame();
    expect(asked("logs.window")).toHaveLength(count);
  });

  it("marks level and repeats, and shows hostile text as text", async () => {
    await mountLog();
    const text = "\u001b[31m<b onclick=alert(1)>\u001b[0m\u202e";
    await answer("logs.window", {
      count: 1,
      complete: true,
      levels: {},
      from: 0,
      rows: rows(0, 1, { text, level: "error", repeats: 3000 }),
    });
    const row = find(".jp-tracker-log-row");
    expect(row.className).toContain("jp-tracker-level-error");
    expect(row.textContent).toContain("<b onclick=alert(1)>");
    expect(row.textContent).toContain("×3,000");
    expect(el.querySelector("b[onclick]")).toBeNull();
  });

  it("searches on the host, jumps to the first hit and counts on", async () => {
    await mountLog();
    await answer("logs.window", LAST);
    await input("input[type=search]", "row 7");
    expect(asked("logs.search")).toHaveLength(0);
    await frame(200);
    expect(asked("logs.search")[0]).toMatchObject({ query: "row 7", step: 0 });
    await answer("logs.search", { count: 1, complete: false, position: 7, ordinal: 0 });
    expect(el.textContent).toContain("1 of 1…");
    await answer("logs.search", { count: 40, complete: true, position: 7, ordinal: 0 });
    expect(el.textContent).toContain("1 of 40");
    find("input[type=search]").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    await frame();
    expect(asked("logs.search").at(-1)).toMatchObject({ position: 7, step: 1 });
  });

  it("filters by level and begins anew", async () => {
    await mountLog();
    await answer("logs.window", LAST);
    await input("select[aria-label=Levels]", "2", "change");
    await frame();
    expect(asked("logs.window").at(-1)).toMatchObject({ levels: ["error"], streams: null });
    await answer("logs.window", { count: 0, complete: true, levels: { error: 0 }, from: 0, rows: [] });
    expect(el.textContent).toContain("No line is of this kind.");
  });

  it("jumps to the next error", async () => {
    await mountLog();
    await answer("logs.window", LAST);
    expect(el.textContent).toContain("2 errors");
    await act(() => find("[aria-label='Next error']").click());
    expect(asked("logs.seek").at(-1)).toMatchObject({ level: "error", step: 1 });
  });

  it("says when it cannot be read", async () => {
    await mountLog();
    host.calls.at(-1)?.reject(new Error("The disk is gone."));
    await frame();
    expect(find("[role=alert]").textContent).toBe("The log could not be read: The disk is gone.");
  });

  it("asks for nothing more when it is taken out", async () => {
    await mountLog();
    unmount();
    const before = host.calls.length;
    await answer("logs.window", { ...LAST, complete: false });
    await frame();
    expect(host.calls).toHaveLength(before);
    unmount = () => undefined;
  });
});

describe("the events of a run", () => {
  const event = (sequence: number, kind: string, level: string): object => ({
    sequence,
    time: sequence,
    kind,
    level,
    message: `message ${sequence}`,
  });

  it("are filtered by kind and level, alerts marked, newest first", async () => {
    unmount = mountEventPanel(el, host, { run: "r1" });
    await frame();
    expect(host.follows[0]?.topic.params).toEqual({ run: "r1", parts: ["events"] });
    const events = [event(1, "started", "info"), event(2, "alert", "warning"), event(3, "note", "error")];
    push(host.follows[0], { run: wireRun(), events: { reset: true, events } });
    await frame();
    const texts = (): string[] =>
      Array.from(el.querySelectorAll("[role=listitem]"), (row) => row.textContent.slice(8));
    expect(texts()).toEqual(["noteerrormessage 3", "▲ alertwarningmessage 2", "startedmessage 1"]);
    await input("select[aria-label=Level]", "warning", "change");
    expect(texts()).toHaveLength(2);
    await input("select[aria-label=Kind]", "alert", "change");
    expect(texts()).toEqual(["▲ alertwarningmessage 2"]);
    expect(el.textContent).toContain("1 of 3 events");
  });
});
