/** The runs of one query, in pages around what is on the screen; followed while somebody looks. */

import type { Host, Params } from "../../core/host";
import { HostError, errorText } from "../../core/host";
import { isFields, list, parseRun, text } from "../../core/parse";
import type { RunData } from "../../core/wire";
import { hasEnded } from "../../core/wire";
import { sparkPath } from "./spark";

export const PAGE = 100;
/** Pause after a failure (ms). */
const RETRY = 5000;
const SPARK_COLUMNS = 30;
/** Curves asked for at once. */
const SPARK_BATCH = 24;

interface Spark {
  readonly path: string;
  readonly version: number;
  readonly final: boolean;
}

export class RunPages {
  readonly params: Params;
  /** null until the first answer. */
  count: number | null = null;
  active = 0;
  problem: string | null = null;

  private readonly host: Host;
  private readonly changed: () => void;
  private readonly pace: Params;
  private pages = new Map<number, readonly RunData[]>();
  /** By which the server knows that a row is still as it was. */
  private readonly digests = new Map<string, string>();
  /** Versions of the table in which pages were read, and the pages for which there is another by now. */
  private readonly versions = new Map<number, number>();
  private stale = new Set<number>();
  /** After a failure nothing is asked until then (epoch ms), or until there is news. */
  private notBefore = 0;
  private readonly pending = new Set<number>();
  private version = 0;
  private metric: string | null = null;
  private readonly sparks = new Map<string, Spark>();
  private sparkWanted = new Set<string>();
  private sparking = false;
  private unfollow: (() => void) | null = null;

  constructor(host: Host, params: Params, pace: Params, changed: () => void) {
    this.pace = pace;
    this.host = host;
    this.params = params;
    this.changed = changed;
  }

  open(): void {
    if (this.count === null && this.unfollow === null) {
      void this.fetch(0); // it comes sooner than the first update
    }
    this.unfollow ??= this.host.follow(
      { name: "table", params: { ...this.params, ...this.pace }, columns: SPARK_COLUMNS },
      (update) => this.onUpdate(update),
      (status) => {
        if (status.kind === "refused") {
          this.problem = status.message;
        }
        this.changed();
      },
    );
  }

  close(): void {
    this.unfollow?.();
    this.unfollow = null;
  }

  /** undefined: not here yet; it is fetched. */
  at(place: number): RunData | undefined {
    const page = Math.floor(place / PAGE);
    if (!this.pages.has(page) || this.stale.has(page)) {
      void this.fetch(page);
    }
    return this.pages.get(page)?.[place % PAGE];
  }

  /** The runs that are here. */
  *known(): Iterable<RunData> {
    for (const page of this.pages.values()) {
      yield* page;
    }
  }

  /** The metric that is drawn. */
  metricOf(wanted: string): string | null {
    return wanted === "" ? this.metric : wanted;
  }

  /** SVG path of the curve of a run; asked for when it is not known or has grown. */
  spark(run: RunData, metric: string): string | undefined {
    const name = this.metricOf(metric);
    if (name === null) {
      return undefined;
    }
    const key = `${name}\n${run.id}`;
    const spark = this.sparks.get(key);
    if (spark === undefined || (!spark.final && spark.version !== this.version)) {
      this.sparkWanted.add(key);
      void this.fetchSparks();
    }
    return spark?.path;
  }

  private onUpdate(update: Readonly<Record<string, unknown>>): void {
    this.problem = isFields(update.error) ? text(update.error.message, "There is no news.") : null;
    if (typeof update.version === "number" && typeof update.count === "number") {
      const { version } = update;
      this.notBefore = 0;
      this.version = version;
      this.stale = new Set(
        Array.from(this.pages.keys()).filter((page) => this.versions.get(page) !== version),
      );
      this.count = update.count;
      this.active = typeof update.active === "number" ? update.active : 0;
      this.metric = firstMetric(update.columns);
    }
    this.changed();
  }

  private async fetch(page: number): Promise<void> {
    if (this.pending.has(page) || Date.now() < this.notBefore) {
      return;
    }
    this.pending.add(page);
    try {
      const before = new Map((this.pages.get(page) ?? []).map((run) => [run.id, run]));
      const known = Object.fromEntries(Array.from(before.keys(), (id) => [id, this.digests.get(id)]));
      const range = { from: page * PAGE, to: (page + 1) * PAGE, known };
      const { result } = await this.host.call("runs.rows", { ...this.params, ...range });
      const rows = list(isFields(result) ? result.rows : null).filter(isFields);
      const runs = rows.map((row) => (row.same === true ? before.get(text(row.id)) : parseRun(row)) ?? null);
      this.pages.set(
        page,
        runs.filter((run) => run !== null),
      );
      for (const { id, digest, same } of rows) {
        if (same !== true) {
          this.digests.set(text(id), text(digest));
        }
      }
      const read = isFields(result) ? result : {};
      const version = typeof read.version === "number" ? read.version : this.version;
      if (this.count === null) {
        this.count = typeof read.count === "number" ? read.count : 0;
        this.version = version;
      }
      this.versions.set(page, version);
      this.stale.delete(page);
    } catch (error) {
      this.notBefore = Date.now() + RETRY;
      if (!(error instanceof HostError) || !error.unanswered) {
        this.problem = errorText(error);
      }
    } finally {
      this.pending.delete(page);
    }
    this.changed();
  }

  private async fetchSparks(): Promise<void> {
    while (!this.sparking && this.sparkWanted.size > 0) {
      this.sparking = true;
      // Let the rest of a drawing say what it wants.
      await Promise.resolve();
      const batch = Array.from(this.sparkWanted).slice(0, SPARK_BATCH);
      const metric = batch[0]?.split("\n")[0] ?? "";
      const keys = batch.filter((key) => key.startsWith(`${metric}\n`));
      try {
        await this.fetchBatch(
          metric,
          keys.map((key) => key.slice(metric.length + 1)),
        );
      } catch {
        this.sparkWanted.clear(); // the list itself says why nothing comes
      } finally {
        keys.forEach((key) => this.sparkWanted.delete(key));
        this.sparking = false;
      }
    }
  }

  private async fetchBatch(metric: string, runs: readonly string[]): Promise<void> {
    const { version } = this;
    const asked = { ...this.params, runs, metric, columns: SPARK_COLUMNS };
    const { result, buffers } = await this.host.call("runs.sparks", asked);
    const paths = new Map<string, string>();
    for (const entry of isFields(result) && Array.isArray(result.sparks)
      ? (result.sparks as unknown[])
      : []) {
      if (isFields(entry) && typeof entry.run === "string" && typeof entry.buffer === "number") {
        const buffer = buffers[entry.buffer];
        paths.set(entry.run, buffer === undefined ? "" : sparkPath(buffer));
      }
    }
    const ended = new Set(Array.from(this.known(), (run) => (hasEnded(run.state) ? run.id : "")));
    for (const run of runs) {
      this.sparks.set(`${metric}\n${run}`, { path: paths.get(run) ?? "", version, final: ended.has(run) });
    }
    this.changed();
  }
}

function firstMetric(columns: unknown): string | null {
  for (const column of Array.isArray(columns) ? (columns as unknown[]) : []) {
    if (isFields(column) && typeof column.name === "string" && column.name.startsWith("metrics.")) {
      return column.name.slice("metrics.".length);
    }
  }
  return null;
}
