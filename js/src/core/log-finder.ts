/** Looks for text in the whole log, which the host does bit by bit. */

import { errorText } from "./host";
import type { LogRows } from "./log-rows";

export interface Found {
  /** Occurrences so far. */
  readonly count: number;
  readonly complete: boolean;
  /** Which occurrence is shown; -1 for none. */
  readonly ordinal: number;
  /** The row of it; null while there is none. */
  readonly position: number | null;
  readonly error: string | null;
}

export const NOTHING: Found = { count: 0, complete: true, ordinal: -1, position: null, error: null };

export class LogFinder {
  private readonly rows: LogRows;
  private readonly onFound: (found: Found, moved: boolean) => void;
  private attempt = 0;

  constructor(rows: LogRows, onFound: (found: Found, moved: boolean) => void) {
    this.rows = rows;
    this.onFound = onFound;
  }

  /** The occurrence at or behind (`step` 0), behind (1) or before (-1) a row. */
  find(query: string, position: number, step: -1 | 0 | 1): void {
    const attempt = (this.attempt += 1);
    if (query !== "") {
      void this.go(attempt, query, position, step);
    }
  }

  stop(): void {
    this.attempt += 1;
  }

  private async go(attempt: number, query: string, position: number, step: number): Promise<void> {
    let before: Found | null = null;
    try {
      for (;;) {
        const result = await this.rows.ask("logs.search", { query, position, step });
        if (attempt !== this.attempt) {
          return;
        }
        const found: Found = {
          count: Number(result.count ?? 0),
          complete: result.complete !== false,
          ordinal: Number(result.ordinal ?? -1),
          position: typeof result.position === "number" ? result.position : null,
          error: null,
        };
        // The first place is jumped to at once; how many there are is counted on.
        const moved = found.position !== null && (before?.position ?? null) === null;
        const now: Found =
          moved || before === null ? found : { ...before, count: found.count, complete: found.complete };
        before = now;
        this.onFound(now, moved);
        if (found.complete) {
          return;
        }
      }
    } catch (reason) {
      if (attempt === this.attempt) {
        this.onFound({ ...NOTHING, error: errorText(reason) }, false);
      }
    }
  }
}
