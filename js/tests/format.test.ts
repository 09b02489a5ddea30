import { describe, expect, it } from "vitest";
import * as format from "../src/core/format";
import { RemainingTime, elapsedSeconds } from "../src/core/remaining";
import { parseRun } from "../src/core/parse";
import type { RunData } from "../src/core/wire";
import { wireRun } from "./helpers";

describe("numbers", () => {
  it.each([
    [0.21434, "0.2143"],
    [12345.678, "12346"],
    [93.6, "93.60"],
    [3, "3"],
    [0, "0"],
    [-1.5, "−1.500"],
    [0.00001234, "1.234e−5"],
    [123456789, "1.235e8"],
    [NaN, "NaN"],
    [-Infinity, "−∞"],
  ])("writes %d as %s", (value, text) => {
    expect(format.formatNumber(value)).toBe(text);
  });

  it.each([
    [0, "0"],
    [0.0005, "0.0005"],
    [1500, "1500"],
    [25000, "25k"],
    [2500000, "2.5M"],
    [0.00002, "2e−5"],
  ])("labels an axis at %d with %s", (value, text) => {
    expect(format.formatTick(value)).toBe(text);
  });

  it("gives metrics the unit of their name", () => {
    expect(format.formatMetric("system/memory_bytes", 2 * 1024 ** 3)).toBe("2 GiB");
    expect(format.formatMetric("system/cpu_percent", 51.234)).toBe("51.2 %");
    expect(format.formatMetric("loss", 51.234)).toBe("51.23");
  });

  it("writes params as one line", () => {
    expect(format.formatParam("adam")).toBe("adam");
    expect(format.formatParam([1, { a: null }])).toBe('[1,{"a":null}]');
    expect(format.formatParam(undefined)).toBe("–");
  });
});

describe("times", () => {
  it.each([
    [0, "0 s"],
    [0.25, "250 ms"],
    [14.9, "14 s"],
    [134, "2 m 14 s"],
    [11100, "3 h 05 m"],
    [187200, "2 d 04 h"],
    [Infinity, "–"],
  ])("says %d seconds as %s", (seconds, text) => {
    expect(format.formatDuration(seconds)).toBe(text);
  });

  it("leaves out what is zero on an axis", () => {
    expect([0, 30, 90, 120, 5400, 7200].map(format.formatDurationTick)).toEqual([
      "0",
      "30 s",
      "1 m 30 s",
      "2 m",
      "1 h 30 m",
      "2 h",
    ]);
  });

  it("says how long ago something was", () => {
    expect(format.formatAge(1000, 1001)).toBe("now");
    expect(format.formatAge(1000, 1014)).toBe("14 s ago");
    expect(format.formatAge(1000, 9000)).toBe("2 h ago");
  });
});

describe("the time of a run", () => {
  const run = (more: Record<string, unknown> = {}): RunData => {
    const parsed = parseRun(wireRun(more));
    if (parsed === null) {
      throw new Error("the sample is no run");
    }
    return parsed;
  };

  it("counts to now while the run goes on and to its end afterwards", () => {
    expect(elapsedSeconds(run(), 1000)).toBe(60);
    expect(elapsedSeconds(run({ ended_at: 950 }), 1000)).toBe(10);
    expect(elapsedSeconds(run({ started_at: null }), 1000)).toBeNull();
  });

  it("reckons what remains from the progress so far", () => {
    expect(new RemainingTime().at(run(), 1000)).toBeCloseTo(90);
  });

  it("counts down between two steps", () => {
    const remaining = new RemainingTime();
    remaining.at(run(), 1000);
    expect(remaining.at(run(), 1010)).toBeCloseTo(80);
  });

  it("says nothing where nothing can be known", () => {
    expect(new RemainingTime().at(run({ progress: [] }), 1000)).toBeNull();
    expect(new RemainingTime().at(run({ state: "succeeded" }), 1000)).toBeNull();
    const open = [{ operation: "", value: 3, final_value: null, units: "" }];
    expect(new RemainingTime().at(run({ progress: open }), 1000)).toBeNull();
  });
});
