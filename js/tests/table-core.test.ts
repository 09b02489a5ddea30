import { describe, expect, it } from "vitest";
import {
  arranged,
  automaticColumns,
  cellText,
  columnId,
  conditionOf,
  historiesOf,
  parseColumn,
  toTsv,
} from "../src/core/columns";
import type { Column } from "../src/core/columns";
import { complete } from "../src/core/filter-complete";
import { Layout } from "../src/core/layout";
import { nextOrder, parseOrder } from "../src/core/order";
import { listingCode } from "../src/core/python";
import { sparkPath } from "../src/core/sparklines";
import { DEFAULTS } from "../src/core/table-settings";
import { parseRows, parseTable } from "../src/core/table-wire";
import type { FieldInfo, TableRow } from "../src/core/table-wire";
import { moveColumn } from "../src/views/runs-panel/column-layout";
import { wireRow } from "./helpers";

function column(id: string): Column {
  const found = parseColumn(id);
  if (found === null) {
    throw new Error(`no column ${id}`);
  }
  return found;
}

function row(more: Record<string, unknown> = {}): TableRow {
  const found = parseRows({ rows: [wireRow("r1", more)] }).rows[0];
  if (found === undefined || typeof found === "string") {
    throw new Error("no row");
  }
  return found;
}

function field(scope: FieldInfo["scope"], name: string, more: Partial<FieldInfo> = {}): FieldInfo {
  return { scope, name, count: 2, varies: true, numeric: true, best: null, ...more };
}

const FIELDS = [
  field("params", "lr"),
  field("params", "seed", { varies: false }),
  field("params", "model", { numeric: false }),
  field("metrics", "loss"),
  field("metrics", "val acc"),
  field("tags", "team", { numeric: false }),
];

describe("columns", () => {
  it.each([
    "name",
    "params.lr",
    "metrics.val/loss",
    "min(metrics.loss)",
    "spark(metrics.loss)",
    "tags.`my tag`",
  ])("are named as in the filter language: %s", (id) => expect(column(id).id).toBe(id));

  it.each(["", "nothing", "params.", "min(params.lr)", "metrics", "__proto__", "spark(state)"])(
    "that say nothing are none: %s",
    (id) => expect(parseColumn(id)).toBeNull(),
  );

  it.each(["a b", "back`tick", "back\\slash", "`", 'q"', "ünïcode"])("find any name again: %s", (name) => {
    expect(parseColumn(columnId("metrics", name, "max"))?.name).toBe(name);
  });

  it("are chosen by what the runs have: params that differ, a curve, metrics", () => {
    expect(automaticColumns(FIELDS, true)).toEqual([
      "name",
      "state",
      "started_at",
      "duration",
      "spark(metrics.loss)",
      "params.lr",
      "params.model",
      "metrics.loss",
      "metrics.`val acc`",
    ]);
  });

  it("stand in their order, those that are pinned first", () => {
    const ids = arranged(["state", "params.lr", "name", "nothing", "state"], ["name"]).map(({ id }) => id);
    expect(ids).toEqual(["name", "state", "params.lr"]);
    expect(moveColumn(["a", "b", "c"], "c", 0)).toEqual(["c", "a", "b"]);
    expect(moveColumn(["a", "b", "c"], "a", 9)).toEqual(["b", "c", "a"]);
  });

  it("need the history of a metric for all but its latest value", () => {
    expect(historiesOf([column("metrics.a"), column("best(metrics.b)"), column("min(metrics.b)")])).toEqual([
      "b",
    ]);
  });

  it("show short numbers and say whole ones on hover", () => {
    expect(cellText(row({ params: { lr: 0.001 } }), column("params.lr"), 0)).toEqual({
      text: "0.001",
      title: "0.001",
    });
    expect(cellText(row({ params: { lr: 100 } }), column("params.lr"), 0).text).toBe("100");
    const third = cellText(
      row({ metrics: { loss: { value: 1 / 3, step: 1, time: 1 } } }),
      column("metrics.loss"),
      0,
    );
    expect(third).toEqual({ text: "0.3333", title: String(1 / 3) });
    expect(cellText(row(), column("params.nothing"), 0).text).toBe("");
    expect(cellText(row({ params: { note: "x".repeat(1e6) } }), column("params.note"), 0).text.length).toBe(
      200,
    );
  });

  it("show the number of the history that they name", () => {
    const history = { count: 2, first: 3, last: 1, min: 1, max: "Infinity", best: 1 };
    const found = row({ histories: { loss: history } });
    expect(cellText(found, column("max(metrics.loss)"), 0).text).toBe("∞");
    expect(cellText(found, column("best(metrics.loss)"), 0).text).toBe("1");
  });

  it("become a condition on the value of a row", () => {
    const found = row({ params: { lr: 0.1, model: "it's", on: true, nan: "NaN", deep: [1] } });
    expect(conditionOf(found, column("params.lr"))).toBe("params.lr = 0.1");
    expect(conditionOf(found, column("params.model"))).toBe("params.model = 'it''s'");
    expect(conditionOf(found, column("params.on"))).toBe("params.on = true");
    expect(conditionOf(found, column("params.gone"))).toBe("params.gone IS NULL");
    expect(conditionOf(found, column("params.deep"))).toBeNull();
    expect(conditionOf(found, column("started_at"))).toBeNull();
  });

  it("are copied with all digits, and text breaks no row", () => {
    const found = row({ params: { lr: 1 / 3, note: "a\tb\nc" } });
    const text = toTsv(
      [found],
      [column("name"), column("spark(metrics.x)"), column("params.lr"), column("params.note")],
      0,
    );
    expect(text).toBe(`name\tparams.lr\tparams.note\nrun r1\t${1 / 3}\ta b c\n`);
  });
});

describe("the order", () => {
  it("goes by clicks: greatest first for numbers, then least, then as before", () => {
    const lr = column("params.lr");
    expect(nextOrder("", lr, true, false)).toBe("params.lr DESC");
    expect(nextOrder("params.lr DESC", lr, true, false)).toBe("params.lr");
    expect(nextOrder("params.lr", lr, true, false)).toBe("");
    expect(nextOrder("name", lr, true, true)).toBe("name, params.lr DESC");
    expect(nextOrder("name", lr, true, false)).toBe("params.lr DESC");
  });

  it("is cut at commas outside of quotes", () => {
    expect(parseOrder("metrics.`a, b` desc, min(metrics.c)")).toEqual([
      { subject: "metrics.`a, b`", descending: true },
      { subject: "min(metrics.c)", descending: false },
    ]);
  });
});

describe("the lines of a table", () => {
  const groups = [
    { key: "a", value: 1, start: 0, count: 3 },
    { key: "b", value: 2, start: 3, count: 2 },
  ];

  it("are its rows where nothing is grouped", () => {
    const layout = new Layout(10_000);
    expect(layout.length).toBe(10_000);
    expect(layout.at(9_999)).toEqual({ kind: "row", place: 9_999 });
    expect(layout.at(10_000)).toBeNull();
    expect(layout.at(-1)).toBeNull();
  });

  it("have one above each group; rows behind the last group stand alone", () => {
    const layout = new Layout(7, groups);
    const seen = Array.from({ length: layout.length }, (_, line) => layout.at(line));
    expect(seen.map((line) => (line?.kind === "row" ? line.place : line?.group.key))).toEqual([
      "a",
      0,
      1,
      2,
      "b",
      3,
      4,
      5,
      6,
    ]);
  });

  it("leave out the rows of a closed group", () => {
    const layout = new Layout(5, groups, new Set(["a"]));
    expect(layout.length).toBe(4);
    expect(layout.at(2)).toEqual({ kind: "row", place: 3 });
    expect(layout.places(0, 4)).toEqual({ first: 3, end: 5 });
  });
});

describe("completion of a filter", () => {
  const rows = [row({ params: { model: "vit" }, tags: { team: "a" } }), row({ params: { model: "vit" } })];
  const offers = (text: string): string[] =>
    complete(text, text.length, FIELDS, rows).items.map((item) => item.text);

  it("begins with names, those that are typed first", () => {
    expect(offers("")).toContain("params.lr");
    expect(offers("los")[0]).toBe("metrics.loss");
    expect(offers("metrics.l")).toEqual([
      "metrics.loss",
      "best(metrics.loss)",
      "min(metrics.loss)",
      "max(metrics.loss)",
      "first(metrics.loss)",
    ]);
    expect(offers("state = 'failed' AND par")).toContain("params.model");
  });

  it("goes on with operators that fit the name", () => {
    expect(offers("params.lr ")).toContain("BETWEEN");
    expect(offers("params.lr ")).not.toContain("LIKE");
    expect(offers("params.model ")).toContain("LIKE");
    expect(offers("state ")).not.toContain("<");
    expect(offers("best(metrics.loss) ")).toContain("<");
  });

  it("offers values that were seen, and states", () => {
    expect(offers("params.model = ")).toEqual(["'vit'"]);
    expect(offers("params.model = 'v")).toEqual(["'vit'"]);
    expect(offers("state IN ('running', ")).toContain("'failed'");
  });

  it("joins conditions, and closes what is open", () => {
    expect(offers("params.lr > 1 ")).toEqual(["AND", "OR"]);
    expect(offers("(params.lr > 1 ")).toEqual(["AND", "OR", ")"]);
    expect(offers("params.lr BETWEEN 1 AND 2 ")).toEqual(["AND", "OR"]);
    expect(offers("params.lr IS ")).toEqual(["NULL", "NOT NULL"]);
  });

  it("replaces the word at the cursor only", () => {
    const found = complete("params.l > 1", 8, FIELDS, rows);
    expect([found.from, found.to]).toEqual([0, 8]);
  });

  it.each(["'", "((((", "AND AND", "params.`", "\\", "💥 =", "IN IN ("])("takes any text: %s", (text) => {
    expect(() => offers(text)).not.toThrow();
  });
});

describe("what comes over the wire", () => {
  it("is checked: odd things are left out", () => {
    expect(parseTable({}).table).toBeNull();
    expect(parseTable({ error: {} }).error).toBe("The runs could not be listed.");
    const { table } = parseTable({
      version: 2,
      count: 3,
      columns: [{ name: "x.y" }, null, { name: "params.lr" }],
    });
    expect(table?.fields.map(({ name }) => name)).toEqual(["lr"]);
    expect(parseRows({ rows: [null, 3, { name: "no id" }, { id: "a", same: true }] }).rows).toEqual(["a"]);
  });

  it("draws a gap where a value is no number, and a dot where one stands alone", () => {
    const all = Float32Array.from([0, 0.5, 1, 0, NaN, 1]);
    expect(sparkPath(new DataView(all.buffer))).toBe("M1.0 17.0h0M83.0 1.0h0");
    expect(sparkPath(new DataView(new ArrayBuffer(0)))).toBe("");
  });
});

describe("the line of Python", () => {
  it("lists what the table shows", () => {
    expect(listingCode(DEFAULTS)).toBe("tracker.runs.list()");
    expect(
      listingCode({ ...DEFAULTS, experiment: 'a"b', where: "state = 'failed'", lifecycle: "archived" }),
    ).toBe('tracker.runs.list("a\\"b", where="state = \'failed\'", lifecycle="archived")');
  });
});
