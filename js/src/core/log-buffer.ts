/** The last log lines, which the browser holds: bounded, in order, progress bars folded into one line. */

import type { LogLine, LogStream } from "./wire";

export interface LogEntry {
  readonly line: number;
  readonly time: number;
  readonly stream: LogStream;
  /** What a terminal would show: only the text after the last carriage return. */
  readonly text: string;
  readonly terminated: boolean;
  readonly cursor: string;
  /** The text ended with a carriage return: what comes next replaces it. */
  readonly rewind: boolean;
}

/** A line without an end must not fill the memory; the rest stays in the kernel. */
const MAX_TEXT = 16_384;

/** Trailing carriage returns only move the cursor, so the text before them still stands. */
export function collapseReturns(text: string): { text: string; rewind: boolean } {
  const trimmed = text.replace(/\r+$/, "");
  const at = trimmed.lastIndexOf("\r");
  const shown = at < 0 ? trimmed : trimmed.slice(at + 1);
  return {
    text: shown.length > MAX_TEXT ? `${shown.slice(0, MAX_TEXT)}…` : shown,
    rewind: trimmed.length < text.length,
  };
}

function entryOf(line: LogLine): LogEntry {
  return { ...line, ...collapseReturns(line.text) };
}

function continued(before: LogEntry, line: LogLine): LogEntry {
  if (/^\r*$/.test(line.text)) {
    return { ...before, rewind: before.rewind || line.text !== "", terminated: line.terminated };
  }
  const start = before.rewind ? "" : before.text;
  return { ...before, ...collapseReturns(start + line.text), terminated: line.terminated };
}

export class LogBuffer {
  /** Grows with every change. */
  version = 0;
  /** Grows when lines were dropped or came in before others: positions are not what they were. */
  epoch = 0;
  /** Lines that the run has written; more than are held. */
  total = 0;
  /** Lines that fell out at the front since the last reset; keeps the scroll position true. */
  dropped = 0;

  private entries: LogEntry[] = [];
  private readonly limit: number;

  constructor(limit = 2000) {
    this.limit = limit;
  }

  get length(): number {
    return this.entries.length;
  }

  at(index: number): LogEntry | undefined {
    return this.entries[index];
  }

  tail(count: number): readonly LogEntry[] {
    return this.entries.slice(-count);
  }

  apply(update: { reset: boolean; lines: readonly LogLine[]; total: number }): void {
    if (update.reset) {
      this.restart(update.lines[0]?.line ?? 0);
    }
    for (const line of update.lines) {
      this.add(line);
    }
    this.total = Math.max(update.total, this.entries.length);
    this.trim();
    this.version += 1;
  }

  private add(line: LogLine): void {
    const last = this.entries.at(-1);
    if (last === undefined || line.line > last.line) {
      this.entries.push(entryOf(line));
      return;
    }
    // Two streams may write at once, so a line can be continued after a later one began.
    const index = this.indexOf(line.line);
    const found = this.entries[index];
    if (found?.line === line.line) {
      this.entries[index] = continued(found, line);
    } else if (index > 0) {
      this.entries.splice(index, 0, entryOf(line));
      this.epoch += 1;
    }
    // A line before the first one held was dropped on purpose.
  }

  /** Lines never change once written, so those held before the first new one stay where no gap lies between:
   *  whoever reads them is not thrown out when the panel was out of sight for a moment. */
  private restart(first: number): void {
    const joins = first <= (this.entries.at(-1)?.line ?? -1) + 1;
    const kept = joins ? this.entries.slice(0, this.indexOf(first)) : [];
    if (kept.length === 0) {
      this.dropped = 0;
    }
    this.entries = kept;
    this.epoch += 1;
  }

  /** First position whose line number is not below `line`. */
  private indexOf(line: number): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.entries[middle]?.line ?? 0) < line) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Drops in slabs: shifting a long array for each line would be slow. */
  private trim(): void {
    if (this.entries.length > this.limit) {
      const surplus = this.entries.length - Math.floor(this.limit * 0.95);
      this.entries = this.entries.slice(surplus);
      this.dropped += surplus;
      this.epoch += 1;
    }
  }
}
