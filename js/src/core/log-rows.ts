/** The rows of a log that are looked at, fetched by position; the whole log stays with the host. */

import type { Host } from "./host";
import { errorText } from "./host";
import type { Fields } from "./parse";
import { isFields, text } from "./parse";
import type { EventLevel, LogStream } from "./wire";

export interface LogRowData {
  readonly line: number;
  readonly time: number;
  readonly stream: LogStream;
  readonly level: EventLevel;
  readonly text: string;
  /** Equal lines that follow each other are one row. */
  readonly repeats: number;
}

/** Which rows are shown; null for all. */
export interface LogFilter {
  readonly levels: readonly EventLevel[] | null;
  readonly streams: readonly LogStream[] | null;
}

export const EVERYTHING: LogFilter = { levels: null, streams: null };

const AT_ONCE = 200;
const KEPT = 4000;

export class LogRows {
  /** Rows that the filter lets through, as far as the host has read. */
  count = 0;
  /** Rows of each level in the whole log. */
  levels: Readonly<Partial<Record<EventLevel, number>>> = {};
  /** Whether the host has read the whole log. */
  complete = false;
  error: string | null = null;
  filter: LogFilter = EVERYTHING;

  private readonly rows = new Map<number, LogRowData>();
  private readonly host: Host;
  private readonly run: string;
  private readonly changed: () => void;
  private visible = { first: 0, end: 0, following: true };
  private stale = true;
  private busy = false;
  private generation = 0;

  constructor(host: Host, run: string, changed: () => void) {
    this.host = host;
    this.run = run;
    this.changed = changed;
  }

  at(position: number): LogRowData | undefined {
    return this.rows.get(position);
  }

  setFilter(filter: LogFilter): void {
    this.filter = filter;
    this.generation += 1;
    this.rows.clear();
    this.count = 0;
    this.stale = true;
    this.busy = false;
    this.fetch();
  }

  /** What is on the screen, and whether the end is to stay there. */
  look(first: number, end: number, following: boolean): void {
    this.visible = { first, end, following };
    this.fetch();
  }

  /** There is more, or the last row has changed. */
  refresh(): void {
    this.stale = true;
    this.fetch();
  }

  /** Nothing is told any more. */
  close(): void {
    this.generation += 1;
    this.busy = true;
  }

  /** Rows of the filter from a position on, at most 200, for copying. */
  async read(from: number): Promise<readonly LogRowData[]> {
    return parseRows((await this.ask("logs.window", { from, limit: AT_ONCE })).rows);
  }

  async ask(op: string, params: Readonly<Record<string, unknown>>): Promise<Fields> {
    const { result } = await this.host.call(op, { run: this.run, ...this.filter, ...params });
    return isFields(result) ? result : {};
  }

  private fetch(): void {
    if (this.busy) {
      return;
    }
    const wanted = this.wanted();
    if (wanted === null) {
      return;
    }
    this.busy = true;
    this.stale = false;
    const { generation } = this;
    this.ask("logs.window", wanted).then(
      (result) => {
        if (generation === this.generation) {
          this.busy = false;
          this.take(result);
          this.changed();
          this.fetch();
        }
      },
      (reason: unknown) => {
        if (generation === this.generation) {
          this.busy = false;
          this.error = errorText(reason);
          this.changed();
        }
      },
    );
  }

  private wanted(): Record<string, unknown> | null {
    const { first, end, following } = this.visible;
    if (this.stale && (following || end >= this.count)) {
      return { from: -AT_ONCE, at_end: true, limit: AT_ONCE };
    }
    for (let position = first; position < Math.min(end, this.count); position += 1) {
      if (!this.rows.has(position)) {
        // A little before as well: scrolling goes on in either direction.
        return { from: Math.max(0, position - AT_ONCE / 4), limit: AT_ONCE };
      }
    }
    return this.stale ? { from: 0, limit: 0 } : null;
  }

  private take(result: Fields): void {
    const from = typeof result.from === "number" ? result.from : 0;
    const count = typeof result.count === "number" ? result.count : 0;
    if (count < this.count) {
      this.rows.clear();
    }
    this.count = count;
    this.complete = result.complete === true;
    this.stale ||= !this.complete;
    this.error = null;
    this.levels = isFields(result.levels) ? result.levels : {};
    if (this.rows.size > KEPT) {
      this.rows.clear();
    }
    parseRows(result.rows).forEach((row, index) => this.rows.set(from + index, row));
  }
}

function parseRows(value: unknown): LogRowData[] {
  return (Array.isArray(value) ? (value as unknown[]) : []).filter(isFields).map((row) => ({
    line: typeof row.line === "number" ? row.line : 0,
    time: typeof row.time === "number" ? row.time : 0,
    stream: row.stream === "stderr" || row.stream === "system" ? row.stream : "stdout",
    level: row.level === "warning" || row.level === "error" ? row.level : "info",
    text: text(row.text),
    repeats: typeof row.repeats === "number" ? row.repeats : 1,
  }));
}
