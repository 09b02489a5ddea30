/** Runs side by side: what they were given and what they reached, column by column. No DOM. */

import { formatParam } from "./format";
import type { Fields } from "./parse";
import { isFields } from "./parse";
import type { RunSession } from "./session";
import { trans } from "./translate";

export interface Column {
  /** `params.lr`, `metrics.loss`, `duration`. */
  readonly id: string;
  readonly label: string;
  readonly kind: "param" | "metric" | "time";
  /** One for each run; undefined where it has none. */
  readonly values: readonly unknown[];
  readonly numeric: boolean;
  readonly varies: boolean;
}

/** Nested groups become `optimizer.lr`. */
export function flat(fields: Fields, prefix = "", depth = 0): [string, unknown][] {
  return Object.entries(fields).flatMap(([key, value]) =>
    isFields(value) && depth < 8 && Object.keys(value).length > 0
      ? flat(value, `${prefix}${key}.`, depth + 1)
      : [[prefix + key, value] as [string, unknown]],
  );
}

const LOWER_IS_BETTER = new Set(
  "brier cer cost divergence ece eer err errors fid kid kl latency losses lpips mae mape mse msle nll perplexity ppl regret rmse rmsle smape ter wer".split(
    " ",
  ),
);

/** Whether less of it is better; the rule of `best(metrics.…)` in a filter (`lower_is_better`). */
export function lowerIsBetter(metric: string): boolean {
  const words = metric.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+/g) ?? [];
  return words.some((each) => {
    const word = each.toLowerCase();
    return LOWER_IS_BETTER.has(word) || word.endsWith("loss") || word.endsWith("error");
  });
}

/** The best value that a run has reached. */
export function best(session: RunSession, metric: string): number | undefined {
  const series = session.series.get(metric);
  const value = lowerIsBetter(metric) ? series?.min : series?.max;
  return value === undefined || Number.isNaN(value) ? series?.last : value;
}

export function metricKeys(sessions: readonly RunSession[]): string[] {
  return [...new Set(sessions.flatMap(({ series }) => [...series.keys()]))];
}

export function columnsOf(sessions: readonly RunSession[]): Column[] {
  const params = sessions.map(({ run }) => new Map(flat(run?.params ?? {})));
  const names = [...new Set(params.flatMap((each) => [...each.keys()]))];
  const made = names.map((name) =>
    column(
      `params.${name}`,
      name,
      "param",
      params.map((each) => each.get(name)),
    ),
  );
  const metrics = metricKeys(sessions).flatMap((key) => [
    column(
      `best ${key}`,
      trans.__("best %1", key),
      "metric",
      sessions.map((session) => best(session, key)),
    ),
    column(
      `last ${key}`,
      trans.__("last %1", key),
      "metric",
      sessions.map(({ series }) => series.get(key)?.last),
    ),
  ]);
  const duration = sessions.map(({ run }) =>
    run?.startedAt == null || run.endedAt === null ? undefined : run.endedAt - run.startedAt,
  );
  const differing = made.filter(({ varies }) => varies);
  const same = made.filter(({ varies }) => !varies);
  return [...differing, ...metrics, column("duration", trans.__("duration (s)"), "time", duration), ...same];
}

function column(id: string, label: string, kind: Column["kind"], values: readonly unknown[]): Column {
  const known = values.filter((value) => value !== undefined);
  return {
    id,
    label,
    kind,
    values,
    numeric: known.length > 0 && known.every((value) => typeof value === "number"),
    varies: new Set(values.map((value) => (value === undefined ? "" : JSON.stringify(value)))).size > 1,
  };
}

export interface Scale {
  /** Where a value lies, from 0 to 1; null where it has no place. */
  readonly place: (value: unknown) => number | null;
  readonly ticks: readonly (readonly [number, string])[];
}

/** Numbers lie by their size (by its logarithm where they span three powers of ten), everything else evenly. */
export function scaleOf({ values, numeric }: Column, label: (value: number) => string, log?: boolean): Scale {
  const numbers = values.filter((value) => typeof value === "number" && Number.isFinite(value)) as number[];
  if (!numeric) {
    return categories(values);
  }
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const logarithmic = low > 0 && (log ?? high / low >= 1000);
  const of = (value: number): number => (logarithmic ? Math.log10(value) : value);
  const width = of(high) - of(low);
  const place = (value: unknown): number | null =>
    typeof value !== "number" || !Number.isFinite(value) || (logarithmic && value <= 0)
      ? null
      : width > 0
        ? (of(value) - of(low)) / width
        : 0.5;
  const at = (share: number): number =>
    logarithmic ? 10 ** (of(low) + share * width) : low + share * (high - low);
  const marks = numbers.length === 0 ? [] : width > 0 ? [0, 0.25, 0.5, 0.75, 1] : [0.5];
  return { place, ticks: marks.map((share) => [share, label(at(share))] as const) };
}

const MOST_TICKS = 12;

function categories(values: readonly unknown[]): Scale {
  const texts = values.filter((value) => value !== undefined).map(formatParam);
  const known = [...new Set(texts)].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  const at = (index: number): number => (known.length > 1 ? index / (known.length - 1) : 0.5);
  const every = Math.ceil(known.length / MOST_TICKS);
  return {
    place: (value) => (value === undefined ? null : at(known.indexOf(formatParam(value)))),
    ticks: known.map((text, index) => [at(index), text] as const).filter((_, index) => index % every === 0),
  };
}

export interface Difference {
  readonly name: string;
  /** One for each run; null where it has none. */
  readonly values: readonly (string | null)[];
  readonly differs: boolean;
}

/** What runs have under the same names, those that differ first. */
export function differences(all: readonly (readonly [string, unknown])[][]): Difference[] {
  const known = all.map((pairs) => new Map(pairs));
  const names = [...new Set(known.flatMap((each) => [...each.keys()]))];
  const found = names.map((name) => {
    const values = known.map((each) => (each.has(name) ? formatParam(each.get(name)) : null));
    // A run of which nothing at all is known differs in nothing.
    const compared = values.filter((_, run) => (known[run]?.size ?? 0) > 0);
    return { name, values, differs: new Set(compared).size > 1 };
  });
  return [...found.filter(({ differs }) => differs), ...found.filter(({ differs }) => !differs)];
}
