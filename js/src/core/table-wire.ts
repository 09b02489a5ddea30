/** What tables of runs get from the host, checked. */

import type { Fields } from "./parse";
import { finite, finiteOrNull, isFields, list, mapValues, parseRun, text, wireNumber } from "./parse";
import type { RunData } from "./wire";

/** A metric over all of its points. */
export interface History {
  readonly count: number;
  readonly first: number;
  readonly last: number;
  readonly min: number;
  readonly max: number;
  /** The one of the two that is the better for this metric. */
  readonly best: number;
}

export interface TableRow extends RunData {
  /** Only of the metrics for which it was asked. */
  readonly histories: Readonly<Record<string, History>>;
  /** Tells whether it has changed. */
  readonly digest: string;
}

/** A field that some of the runs have. */
export interface FieldInfo {
  readonly scope: "params" | "metrics" | "tags";
  readonly name: string;
  readonly count: number;
  readonly varies: boolean;
  readonly numeric: boolean;
  /** The best of the latest values of a metric. */
  readonly best: number | null;
}

export interface TableUpdate {
  readonly now: number | null;
  readonly error: string | null;
  /** null: only a sign of life. */
  readonly table: {
    readonly version: number;
    readonly count: number;
    readonly more: boolean;
    readonly active: number;
    readonly fields: readonly FieldInfo[];
  } | null;
}

export interface RowsReply {
  readonly version: number;
  readonly start: number;
  readonly count: number;
  readonly anchor: number | null;
  /** Text is the id of a row that is still the same. */
  readonly rows: readonly (TableRow | string)[];
}

/** Runs of one value of a param, which stand together in a table that is ordered by it. */
export interface Group {
  readonly key: string;
  /** undefined: runs that do not have the param. */
  readonly value: unknown;
  readonly start: number;
  readonly count: number;
}

function parseHistory(value: unknown): History | undefined {
  return isFields(value)
    ? {
        count: finite(value.count, 0),
        first: wireNumber(value.first),
        last: wireNumber(value.last),
        min: wireNumber(value.min),
        max: wireNumber(value.max),
        best: wireNumber(value.best),
      }
    : undefined;
}

function parseField(value: unknown): FieldInfo[] {
  const from = isFields(value) ? value : {};
  const full = text(from.name);
  const scope = (["params", "metrics", "tags"] as const).find((word) => full.startsWith(`${word}.`));
  return scope === undefined
    ? []
    : [
        {
          scope,
          name: full.slice(scope.length + 1),
          count: finite(from.count, 0),
          varies: from.varies === true,
          numeric: from.numeric === true,
          best: from.best === null || from.best === undefined ? null : wireNumber(from.best),
        },
      ];
}

export function parseTable(value: Fields): TableUpdate {
  const table =
    typeof value.version === "number"
      ? {
          version: value.version,
          count: finite(value.count, 0),
          more: value.more === true,
          active: finite(value.active, 0),
          fields: list(value.columns).flatMap(parseField),
        }
      : null;
  const error = isFields(value.error) ? text(value.error.message, "The runs could not be listed.") : null;
  return { now: finiteOrNull(value.now), error, table };
}

export function parseRows(value: unknown): RowsReply {
  const from = isFields(value) ? value : {};
  return {
    version: finite(from.version, 0),
    start: finite(from.start, 0),
    count: finite(from.count, 0),
    anchor: finiteOrNull(from.anchor),
    rows: list(from.rows).flatMap((entry): (TableRow | string)[] => {
      if (isFields(entry) && entry.same === true) {
        return [text(entry.id)];
      }
      const run = parseRun(entry);
      const own = isFields(entry) ? entry : {};
      return run === null
        ? []
        : [{ ...run, histories: mapValues(own.histories, parseHistory), digest: text(own.digest) }];
    }),
  };
}

export function parseGroups(value: unknown): Group[] {
  return list(isFields(value) ? value.groups : null).flatMap((entry) =>
    isFields(entry)
      ? [
          {
            key: entry.missing === true ? "missing" : JSON.stringify(entry.value ?? null),
            value: entry.missing === true ? undefined : (entry.value ?? null),
            start: finite(entry.start, 0),
            count: finite(entry.count, 0),
          },
        ]
      : [],
  );
}
