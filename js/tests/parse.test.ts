import { describe, expect, it } from "vitest";
import { parseLogLines, parsePoints, parseRun, parseUpdate, wireNumber } from "../src/core/parse";
import { wireLine, wireRun } from "./helpers";

describe("numbers on the wire", () => {
  it("turns the words for NaN and the infinities back into numbers", () => {
    expect(wireNumber("NaN")).toBeNaN();
    expect(wireNumber("Infinity")).toBe(Infinity);
    expect(wireNumber("-Infinity")).toBe(-Infinity);
    expect(wireNumber(1.5)).toBe(1.5);
  });

  it("takes anything else for NaN", () => {
    expect(wireNumber("12")).toBeNaN();
    expect(wireNumber(null)).toBeNaN();
    expect(wireNumber({})).toBeNaN();
  });
});

describe("runs on the wire", () => {
  it("reads a whole run", () => {
    const run = parseRun(wireRun());
    expect(run).toMatchObject({ id: "r1", state: "running", startedAt: 940, endedAt: null });
    expect(run?.metrics.loss?.value).toBeNaN();
    expect(run?.progress).toEqual([{ operation: "epoch", value: 12, finalValue: 30, units: "" }]);
    expect(run?.actions).toEqual({ "runs.stop": null });
  });

  it("calls a state it does not know unknown and keeps the platform's word", () => {
    const run = parseRun(wireRun({ state: "paused", native_state: "PAUSED" }));
    expect(run).toMatchObject({ state: "unknown", nativeState: "PAUSED" });
  });

  it("ignores unknown fields and fills in missing ones", () => {
    const run = parseRun({ id: "r1", colour: "red" });
    expect(run).toMatchObject({ name: "r1", params: {}, progress: [], createdAt: 0 });
    expect(run).not.toHaveProperty("colour");
  });

  it("refuses what is no run", () => {
    expect(parseRun(null)).toBeNull();
    expect(parseRun([])).toBeNull();
    expect(parseRun({ id: 7 })).toBeNull();
  });

  it("drops actions and tags of the wrong type", () => {
    const run = parseRun(wireRun({ actions: { a: 1, b: "no" }, tags: { x: 1, y: "z" } }));
    expect(run?.actions).toEqual({ b: "no" });
    expect(run?.tags).toEqual({ y: "z" });
  });

  it("takes a key such as __proto__ for a key and nothing more", () => {
    const run = parseRun(wireRun({ tags: JSON.parse('{"__proto__": "x"}') as unknown }));
    expect(Object.keys(run?.tags ?? {})).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

describe("updates on the wire", () => {
  it("leaves out the parts that did not come", () => {
    expect(parseUpdate({ now: 5 })).toEqual({ now: 5 });
  });

  it("leaves out parts that are not understood", () => {
    expect(parseUpdate({ now: "soon", run: 3, log: "text", points: {} })).toEqual({ now: null });
  });

  it("skips log lines and series without a number or key", () => {
    expect(parseLogLines([wireLine(1, "a"), { text: "b" }, null]).map(({ text }) => text)).toEqual(["a"]);
    expect(parsePoints([{ key: "loss" }, { count: 3 }])).toHaveLength(1);
  });

  it("takes an unknown stream or level for the plain one", () => {
    const read = parseUpdate({
      log: { lines: [wireLine(1, "a", { stream: "printer" })], total: 1 },
      events: { events: [{ sequence: 1, level: "fatal" }] },
    });
    expect(read.log?.lines[0]?.stream).toBe("stdout");
    expect(read.events?.events[0]?.level).toBe("info");
  });
});
