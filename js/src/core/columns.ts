/** The columns of a table of runs. A column is named as the filter language names what it shows. */

import { formatAge, formatDateTime, formatDuration, formatMetric, formatNumber, formatParam } from "./format";
import { elapsedSeconds } from "./remaining";
import type { FieldInfo, TableRow } from "./table-wire";
import { trans } from "./translate";

export const AGGREGATES = ["last", "best", "min", "max", "first"] as const;
export type Aggregate = (typeof AGGREGATES)[number];
export type Scope = "attributes" | "params" | "metrics" | "tags" | "spark";

export interface Column {
  /** `state`, `params.lr`, `min(metrics.loss)`, `spark(metrics.loss)` */
  readonly id: string;
  readonly scope: Scope;
  /** Of the param, metric, tag or attribute. */
  readonly name: string;
  readonly aggregate: Aggregate;
}

/** What an aggregate of a metric is called. */
export function aggregateWord(aggregate: Aggregate): string {
  const words: Readonly<Record<Aggregate, string>> = {
    last: trans.__("last"),
    best: trans.__("best"),
    min: trans.__("min"),
    max: trans.__("max"),
    first: trans.__("first"),
  };
  return words[aggregate];
}

export const ATTRIBUTES: Readonly<Record<string, { label: () => string; width: number }>> = {
  name: { label: () => trans.__("name"), width: 190 },
  state: { label: () => trans.__("state"), width: 118 },
  started_at: { label: () => trans.__("started"), width: 84 },
  duration: { label: () => trans.__("duration"), width: 84 },
  experiment: { label: () => trans.__("experiment"), width: 120 },
  created_at: { label: () => trans.__("created"), width: 84 },
  ended_at: { label: () => trans.__("ended"), width: 84 },
  kind: { label: () => trans.__("kind"), width: 84 },
  reason: { label: () => trans.__("reason"), width: 200 },
  id: { label: () => trans.__("id"), width: 90 },
};

const BARE = /^[\p{L}\p{N}_@:/-]+(?:\.[\p{L}\p{N}_@:/-]+)*$/u;

/** A name as the filter language wants it: in backticks when it is unusual. */
export function quotedName(name: string): string {
  return BARE.test(name) ? name : `\`${name.replaceAll("\\", "\\\\").replaceAll("`", "``")}\``;
}

function unquoted(name: string): string {
  const quote = name[0] ?? "";
  if (!"`\"'".includes(quote) || name.length < 2 || !name.endsWith(quote)) {
    return name;
  }
  const inner = name.slice(1, -1);
  return inner.replace(
    /\\([\\`"'])|([`"'])\2/g,
    (_, escaped?: string, doubled?: string) => escaped ?? doubled ?? "",
  );
}

/** What the language calls a column of that scope. */
export function columnId(scope: Scope, name: string, aggregate: Aggregate = "last"): string {
  if (scope === "attributes") {
    return name;
  }
  const inner = `${scope === "spark" ? "metrics" : scope}.${quotedName(name)}`;
  return scope === "spark" ? `spark(${inner})` : aggregate === "last" ? inner : `${aggregate}(${inner})`;
}

/** null: no column has that name. */
export function parseColumn(id: string): Column | null {
  const call = /^(last|best|min|max|first|spark)\(\s*(.*?)\s*\)$/s.exec(id.trim());
  const inner = call?.[2] ?? id.trim();
  const dot = inner.indexOf(".");
  const prefix = inner.slice(0, Math.max(0, dot));
  const name = unquoted(inner.slice(dot + 1));
  const word = call?.[1];
  const scope = (["params", "metrics", "tags"] as const).find((known) => known === prefix);
  if (scope === undefined || name === "" || (word !== undefined && scope !== "metrics")) {
    return word === undefined && Object.hasOwn(ATTRIBUTES, inner)
      ? { id: inner, scope: "attributes", name: inner, aggregate: "last" }
      : null;
  }
  if (word === "spark") {
    return { id: columnId("spark", name), scope: "spark", name, aggregate: "last" };
  }
  const aggregate = AGGREGATES.find((known) => known === word) ?? "last";
  return { id: columnId(scope, name, aggregate), scope, name, aggregate };
}

/** The metrics of whose history a table needs more than the latest value. */
export function historiesOf(columns: readonly Column[]): string[] {
  const wanted = columns.filter(({ scope, aggregate }) => scope === "metrics" && aggregate !== "last");
  return [...new Set(wanted.map(({ name }) => name))];
}

const MOST_PARAMS = 6;
const MOST_METRICS = 6;

/** What is shown until somebody chooses: params in which the runs differ, and the first metrics. */
export function automaticColumns(fields: readonly FieldInfo[], oneExperiment: boolean): string[] {
  const named = (scope: "params" | "metrics", most: number, varying: boolean): string[] =>
    fields
      .filter((field) => field.scope === scope && (field.varies || !varying))
      .slice(0, most)
      .map((field) => columnId(scope, field.name));
  const metrics = named("metrics", MOST_METRICS, false);
  const spark = metrics[0] === undefined ? [] : [`spark(${metrics[0]})`];
  return [
    "name",
    "state",
    ...(oneExperiment ? [] : ["experiment"]),
    "started_at",
    "duration",
    ...spark,
    ...named("params", MOST_PARAMS, true),
    ...metrics,
  ];
}

/** Columns by their names, those that are pinned first; a name that says nothing is left out. */
export function arranged(names: readonly string[], pinned: readonly string[]): Column[] {
  const columns = [...new Set(names)].flatMap((id) => parseColumn(id) ?? []);
  const isPinned = ({ id }: Column): boolean => pinned.includes(id);
  return [...columns.filter(isPinned), ...columns.filter((column) => !isPinned(column))];
}

export function columnLabel({ scope, name, aggregate }: Column): string {
  if (scope === "attributes") {
    return ATTRIBUTES[name]?.label() ?? name;
  }
  return scope === "spark" || aggregate === "last" ? name : `${aggregateWord(aggregate)} ${name}`;
}

export function defaultWidth({ scope, name }: Column): number {
  if (scope === "attributes") {
    return ATTRIBUTES[name]?.width ?? 100;
  }
  return scope === "spark" ? 100 : Math.min(150, Math.max(76, name.length * 7 + 30));
}

/** Numbers stand at the right. */
export function isNumeric({ scope, name }: Column, fields: readonly FieldInfo[]): boolean {
  if (scope === "params") {
    return fields.find((field) => field.scope === "params" && field.name === name)?.numeric === true;
  }
  return scope === "metrics" || (scope === "attributes" && name === "duration");
}

/** The raw value in a row; undefined when the run has none. */
export function valueIn(row: TableRow, column: Column): unknown {
  const { scope, name, aggregate } = column;
  const own = <T>(values: Readonly<Record<string, T>>): T | undefined =>
    Object.hasOwn(values, name) ? values[name] : undefined;
  switch (scope) {
    case "params":
      return own(row.params);
    case "tags":
      return own(row.tags);
    case "metrics":
    case "spark": {
      if (aggregate === "last") {
        return own(row.metrics)?.value;
      }
      return own(row.histories)?.[aggregate];
    }
    default:
      return attribute(row, name);
  }
}

function attribute(row: TableRow, name: string): unknown {
  const values: Record<string, unknown> = {
    name: row.name,
    state: row.state,
    experiment: row.experiment,
    kind: row.kind,
    reason: row.reason,
    id: row.id,
    created_at: row.createdAt > 0 ? row.createdAt : undefined,
    started_at: row.startedAt ?? undefined,
    ended_at: row.endedAt ?? undefined,
    duration: row.startedAt === null || row.endedAt === null ? undefined : row.endedAt - row.startedAt,
  };
  return values[name];
}

export interface CellText {
  readonly text: string;
  /** The whole value. */
  readonly title: string;
}

const TRAILING = /(\.\d*?)0+$/;
const EMPTY: CellText = { text: "", title: "" };
/** Of a long value a cell shows the beginning only. */
const LONGEST_TEXT = 200;
const LONGEST_TITLE = 2000;

export function cellText(row: TableRow, column: Column, now: number): CellText {
  const { scope, name } = column;
  if (scope === "attributes" && name === "duration") {
    const elapsed = elapsedSeconds(row, now);
    return elapsed === null ? EMPTY : { text: formatDuration(elapsed), title: `${elapsed.toFixed(3)} s` };
  }
  const value = valueIn(row, column);
  if (value === undefined || value === "") {
    return EMPTY;
  }
  if (scope === "attributes" && name.endsWith("_at") && typeof value === "number") {
    return { text: formatAge(value, now), title: formatDateTime(value) };
  }
  if (scope === "metrics" && typeof value === "number") {
    return { text: formatMetric(name, value), title: String(value) };
  }
  if (typeof value === "number") {
    // As people write params: 0.1 rather than 0.1000.
    return {
      text: formatNumber(Number(value.toPrecision(4)))
        .replace(TRAILING, "$1")
        .replace(/\.$/, ""),
      title: String(value),
    };
  }
  const full = formatParam(value);
  return { text: full.slice(0, LONGEST_TEXT), title: full.slice(0, LONGEST_TITLE) };
}

/** The value as a spreadsheet takes it: all digits, and nothing that would break its row. */
export function plainText(row: TableRow, column: Column, now: number): string {
  const value = column.name === "duration" ? (elapsedSeconds(row, now) ?? "") : valueIn(row, column);
  if (value === undefined || value === null) {
    return "";
  }
  if (column.scope === "attributes" && column.name.endsWith("_at") && typeof value === "number") {
    return new Date(value * 1000).toISOString();
  }
  return (typeof value === "number" ? String(value) : formatParam(value)).replace(/[\t\r\n]+/g, " ");
}

export function toTsv(rows: readonly TableRow[], columns: readonly Column[], now: number): string {
  const shown = columns.filter(({ scope }) => scope !== "spark");
  const lines = rows.map((row) => shown.map((column) => plainText(row, column, now)).join("\t"));
  return [shown.map(({ id }) => id).join("\t"), ...lines].join("\n") + "\n";
}

/** A condition that selects the runs of the same value; null where the language has no word for it. */
export function conditionOf(row: TableRow, column: Column): string | null {
  const value = valueIn(row, column);
  const subject = column.scope === "spark" ? columnId("metrics", column.name) : column.id;
  if (column.scope === "attributes" && !["name", "state", "experiment", "kind", "id"].includes(column.name)) {
    return null;
  }
  if (value === undefined) {
    return `${subject} IS NULL`;
  }
  if (typeof value === "number") {
    return Number.isFinite(value) ? `${subject} = ${value}` : null;
  }
  if (typeof value === "boolean") {
    return `${subject} = ${value}`;
  }
  return typeof value === "string" ? `${subject} = ${quotedText(value)}` : null;
}

export function quotedText(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
