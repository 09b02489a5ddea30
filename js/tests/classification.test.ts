import { act } from "preact/test-utils";
import { describe, expect, it } from "vitest";
import {
  averagePrecision,
  classTable,
  curveOf,
  indexAt,
  parseClassifications,
  ratesAt,
  rocArea,
  thresholdRange,
} from "../src/core/classification";
import { shares, sortedClasses } from "../src/core/confusion";
import { mountClassification } from "../src/views/classification";
import type { MockHost } from "./mock-host";
import { View, forEachTest } from "./on-view";

function doubles(...values: number[]): DataView {
  return new DataView(Float64Array.from(values).buffer);
}

const CURVE = doubles(0, 0, 0.5, 1, 0, 0.5, 1, 1, Infinity, 0.9, 0.5, 0.1);
const MATRIX = doubles(5, 1, 2, 4);

function logged(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: "test",
    step: null,
    labels: ["cat", "dog"],
    matrix: 1,
    curves: [{ label: "dog", positives: 2, negatives: 4, buffer: 0 }],
    pooled: false,
    examples: [{ true: "cat", predicted: "dog", text: "<b>bold</b>", artifact: "" }],
    ...more,
  };
}

describe("what follows from a curve", () => {
  const [data] = parseClassifications([logged()], [CURVE, MATRIX]);
  const curve = data && curveOf(data, "");
  if (data === undefined || curve === undefined) {
    throw new Error("it was not read");
  }

  it("is its area, and its average precision", () => {
    expect(rocArea(curve)).toBeCloseTo(0.75 * 0.5 + 0.5, 10);
    expect(averagePrecision(curve)).toBeCloseTo(0.5 * 1 + 0.5 * 0.5, 10);
  });

  it("is precision, recall and F1 at the last point above a threshold", () => {
    expect(indexAt(curve, 0.7)).toBe(1);
    expect(ratesAt(curve, indexAt(curve, 0.5))).toEqual({ fpr: 0.5, recall: 1, precision: 0.5, f1: 2 / 3 });
    expect(ratesAt(curve, indexAt(curve, 99)).precision).toBe(1);
    expect(thresholdRange([curve])).toEqual([0.1, 0.9]);
  });

  it("is not precision where the samples are not counted", () => {
    expect(ratesAt({ ...curve, positives: null }, 2).precision).toBeNaN();
    expect(averagePrecision({ ...curve, positives: null })).toBeNaN();
  });

  it("is the other of two classes, too", () => {
    const { rows, atThreshold } = classTable(data, 0.5);
    expect(atThreshold).toBe(true);
    expect(rows.map(({ label }) => label)).toEqual(["cat", "dog"]);
    expect(rows[0]).toMatchObject({ support: 4, precision: 1, recall: 0.5 });
  });

  it("comes from the matrix where there are no curves", () => {
    const { rows, averages, atThreshold } = classTable({ ...data, curves: [] }, 0);
    expect(atThreshold).toBe(false);
    expect(rows[0]).toMatchObject({ support: 6, precision: 5 / 7, recall: 5 / 6 });
    expect(averages.map(({ label }) => label)).toEqual(["macro average", "weighted average"]);
  });
});

describe("what is read from the wire", () => {
  it("is put in the order of falling thresholds", () => {
    const rising = doubles(1, 0, 1, 0, 0.1, 0.9);
    const [data] = parseClassifications(
      [logged({ curves: [{ label: "dog", buffer: 0 }] })],
      [rising, MATRIX],
    );
    expect(Array.from(data?.curves[0]?.thresholds ?? [])).toEqual([0.9, 0.1]);
  });

  it.each([[undefined], [[3, null, "x"]], [[{ labels: "x", matrix: 9, curves: [{ buffer: 7 }, null] }]]])(
    "may be anything: %j",
    (value) => {
      const found = parseClassifications(value, []);
      expect(found.every(({ matrix, curves }) => matrix.length === 0 && curves.length === 0)).toBe(true);
    },
  );
});

describe("a confusion matrix", () => {
  const matrix = { labels: ["b", "a", "c"], matrix: Float64Array.of(1, 5, 0, 0, 2, 0, 0, NaN, 9) };

  it("is sorted by name, by samples and by mistakes", () => {
    expect(sortedClasses(matrix, "as logged")).toEqual([0, 1, 2]);
    expect(sortedClasses(matrix, "by name")).toEqual([1, 0, 2]);
    expect(sortedClasses(matrix, "most samples first")).toEqual([2, 0, 1]);
    expect(sortedClasses(matrix, "most mistaken first")).toEqual([0, 1, 2]);
  });

  it("is a share of its rows or its columns, and nothing where there is nothing", () => {
    expect(Array.from(shares(matrix.matrix, 3, "row"))).toEqual([1 / 6, 5 / 6, 0, 0, 1, 0, 0, 0, 1]);
    expect(shares(matrix.matrix, 3, "column")[1]).toBeCloseTo(5 / 7);
  });
});

describe("the view", () => {
  let view: View;
  let host: MockHost;
  let el: HTMLElement;
  forEachTest(
    () => new View((el, host) => mountClassification(el, host, { runs: ["k0", "k1"] })),
    (made) => {
      view = made;
      ({ host, el } = made);
    },
  );

  const tell = async (run: number, name: string, classifications: unknown[]): Promise<void> => {
    const of = { id: `r${run}`, name, experiment: "digits", state: "succeeded" };
    host.follows[run]?.onUpdate({ now: 1, live: false, of, classifications }, [CURVE, MATRIX]);
    await view.frame();
  };

  it("follows each run, and stops when it goes", () => {
    expect(host.follows.map(({ topic }) => [topic.name, topic.params.run])).toEqual([
      ["classifications", "k0"],
      ["classifications", "k1"],
    ]);
    view.takeOut();
    expect(host.follows.every(({ active }) => !active)).toBe(true);
  });

  it("says how to fill it when nothing was logged", async () => {
    await tell(0, "a", []);
    await tell(1, "b", []);
    expect(el.textContent).toContain("No classification metrics were logged.");
  });

  it("draws the curves of both runs and tells which one logged nothing under a name", async () => {
    await tell(0, "small", [logged()]);
    await tell(1, "large", [logged(), logged({ name: "other" })]);
    expect(el.querySelectorAll(".jp-tracker-curve-card")).toHaveLength(2);
    expect(el.querySelectorAll("[aria-label=ROC] .jp-tracker-line")).toHaveLength(2);
    const select = el.querySelector<HTMLSelectElement>("select");
    await act(() => {
      if (select !== null) {
        select.value = "other";
        select.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
    expect(el.textContent).toContain("small logged none as “other”");
  });

  it("recomputes with the threshold, by slider and by keyboard", async () => {
    await tell(0, "small", [logged()]);
    const rates = (): string => el.querySelector(".jp-tracker-rates tbody tr")?.textContent ?? "";
    expect(rates()).toContain("0.6667");
    const slider = el.querySelector<HTMLInputElement>("input[type=range]");
    await act(() => {
      if (slider !== null) {
        slider.value = "0.9";
        slider.dispatchEvent(new Event("input", { bubbles: true }));
      }
    });
    expect(rates()).toContain("10.50000.6667");
    await act(() => {
      const plot = el.querySelector("[aria-label=ROC] svg.jp-tracker-curve-plot");
      plot?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    });
    expect(rates()).toContain("0.50001");
  });

  it("says that precision is not known without the number of samples", async () => {
    await tell(0, "small", [
      logged({ curves: [{ label: "dog", positives: null, negatives: null, buffer: 0 }] }),
    ]);
    expect(el.textContent).toContain("Precision of small is not known");
    expect(el.querySelector("[aria-label=PR]")).toBeNull();
  });

  it("opens the examples of a cell with the keyboard, as text only", async () => {
    await tell(0, "small", [logged()]);
    const canvas = el.querySelector("canvas");
    for (const key of ["ArrowDown", "ArrowRight", "Enter"]) {
      await act(() => {
        canvas?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      });
    }
    const examples = el.querySelector(".jp-tracker-examples");
    expect(examples?.textContent).toContain("<b>bold</b>");
    expect(examples?.querySelector("b")).toBeNull();
    expect(el.querySelector(".jp-tracker-cell-readout")?.textContent).toContain("cat taken for dog: 1");
  });

  it("has tables behind the pictures", async () => {
    await tell(0, "small", [logged()]);
    for (const name of ["Confusion matrix as a table", "ROC as a table", "PR as a table"]) {
      await act(() => el.querySelector<HTMLElement>(`[aria-label="${name}"]`)?.click());
    }
    expect(el.querySelectorAll(".jp-tracker-cell-table tbody tr")).toHaveLength(4);
    expect(el.querySelectorAll(".jp-tracker-point-table")).toHaveLength(2);
  });

  it("keeps the picture when the kernel is gone", async () => {
    await tell(0, "small", [logged()]);
    host.follows[0]?.onStatus({ kind: "disconnected", since: 1, message: "The kernel is gone." });
    await view.frame();
    expect(el.textContent).toContain("The kernel is gone.");
    expect(el.querySelector("canvas")).not.toBeNull();
  });
});
