import { describe, expect, it } from "vitest";
import { align } from "../src/core/align";
import { chartSpecs, shortLabel } from "../src/core/groups";
import { parsePoints } from "../src/core/parse";
import { Series, decodeColumns } from "../src/core/series";
import { smooth } from "../src/core/smooth";
import type { SentRow } from "./helpers";
import { pointsBuffer, wirePoints } from "./helpers";

function feed(series: Series, rows: readonly SentRow[], more: Record<string, unknown> = {}): void {
  for (const update of parsePoints([wirePoints(series.key, rows.length, more)])) {
    series.apply(update, decodeColumns(update, [pointsBuffer(rows)]));
  }
}

describe("a series", () => {
  it("appends what comes and keeps what it has", () => {
    const series = new Series("loss");
    feed(series, [{ step: 1, value: 3 }]);
    feed(series, [{ step: 2, time: 9, value: 2 }], { reset: false, last: 2 });
    expect(Array.from(series.step)).toEqual([1, 2]);
    expect(Array.from(series.time)).toEqual([1, 9]);
    expect(Array.from(series.value)).toEqual([3, 2]);
    expect(series.last).toBe(2);
  });

  it("begins anew on reset", () => {
    const series = new Series("loss");
    feed(series, [
      { step: 1, value: 3 },
      { step: 2, value: 3 },
    ]);
    feed(series, [{ step: 5, value: 1 }]);
    expect(Array.from(series.step)).toEqual([5]);
  });

  it("grows past its first room without losing points", () => {
    const series = new Series("loss");
    for (let step = 0; step < 1000; step += 1) {
      feed(series, [{ step, value: step * 2 }], { reset: false });
    }
    expect(series).toHaveLength(1000);
    expect(series.value[999]).toBe(1998);
    expect(series.value[0]).toBe(0);
  });

  it("reads a buffer that begins at an odd byte", () => {
    const from = new Uint8Array(pointsBuffer([{ step: 1, value: 7 }]).buffer);
    const shifted = new Uint8Array(from.length + 3);
    shifted.set(from, 3);
    const [header] = parsePoints([wirePoints("loss", 1)]);
    const columns = header && decodeColumns(header, [new DataView(shifted.buffer, 3)]);
    expect(Array.from(columns?.value ?? [])).toEqual([7]);
  });

  it("takes no points from a buffer that is missing or too short", () => {
    const series = new Series("loss");
    feed(series, [{ step: 1, value: 1 }], { count: 5 });
    feed(series, [{ step: 1, value: 1 }], { buffer: 4 });
    expect(series).toHaveLength(0);
  });
});

describe("smoothing", () => {
  it("leaves the values alone at weight zero", () => {
    const values = Float64Array.of(1, 5);
    expect(smooth(values, 0)).toBe(values);
  });

  it("does not pull the first value towards zero", () => {
    expect(Array.from(smooth(Float64Array.of(4, 4, 4), 0.9)).map((v) => v.toFixed(9))).toEqual(
      Array(3).fill("4.000000000"),
    );
  });

  it("weighs as an exponential moving average does", () => {
    const [, second] = smooth(Float64Array.of(0, 1), 0.5);
    expect(second).toBeCloseTo(0.5 / 0.75);
  });

  it("keeps NaN a gap and goes on after it", () => {
    const result = smooth(Float64Array.of(2, NaN, 2), 0.5);
    expect(result[1]).toBeNaN();
    expect(result[2]).toBeCloseTo(2);
  });
});

describe("aligning series", () => {
  it("makes values that cannot be drawn gaps", () => {
    const { columns } = align([
      { x: Float64Array.of(1, 2, 3), columns: [Float64Array.of(1, NaN, Infinity)] },
    ]);
    expect(columns).toEqual([[1, null, null]]);
  });

  it("marks a missing point as missing, not as a gap", () => {
    const { x, columns } = align([
      { x: Float64Array.of(1, 2, 3), columns: [Float64Array.of(1, 2, 3)] },
      { x: Float64Array.of(2), columns: [Float64Array.of(9)] },
    ]);
    expect(Array.from(x)).toEqual([1, 2, 3]);
    expect(columns[1]).toEqual([undefined, 9, undefined]);
  });

  it("puts steps that went back into order", () => {
    const { x, columns } = align([{ x: Float64Array.of(3, 1, 2), columns: [Float64Array.of(30, 10, 20)] }]);
    expect(Array.from(x)).toEqual([1, 2, 3]);
    expect(columns[0]).toEqual([10, 20, 30]);
  });
});

describe("charts", () => {
  it("shows training and validation of one metric in one chart, training first", () => {
    expect(chartSpecs(["val/loss", "lr", "train/loss"])).toEqual([
      { title: "loss", keys: ["train/loss", "val/loss"] },
      { title: "lr", keys: ["lr"] },
    ]);
  });

  it("keeps the full name of a key that stands alone and of prefixes that are no split", () => {
    expect(chartSpecs(["train/loss", "layer1/norm"]).map(({ title }) => title)).toEqual([
      "train/loss",
      "layer1/norm",
    ]);
  });

  it("names the lines by what tells them apart", () => {
    expect(shortLabel("train/loss", "loss")).toBe("train");
    expect(shortLabel("loss", "loss")).toBe("loss");
  });
});
