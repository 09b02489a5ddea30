/** How long a run has taken and how long it may still take. */

import type { ProgressData, RunData } from "./wire";
import { hasEnded } from "./wire";

export function elapsedSeconds(run: RunData, now: number): number | null {
  if (run.startedAt === null) {
    return null;
  }
  const end = run.endedAt ?? now;
  return Math.max(0, end - run.startedAt);
}

/** The share that is done, 0 to 1; null when the end is not known. */
export function progressShare(progress: ProgressData): number | null {
  const { value, finalValue } = progress;
  return finalValue !== null && finalValue > 0 ? Math.min(1, Math.max(0, value / finalValue)) : null;
}

/** Remembers when progress last moved, so that the estimate counts down between two steps
 *  instead of growing with every second that passes without one. */
export class RemainingTime {
  private share = 0;
  private rate = 0;
  private movedAt = 0;

  /** Seconds still to go, or null while nothing can be said. `now` is the kernel's clock. */
  at(run: RunData, now: number): number | null {
    const first = run.progress[0];
    const share = first ? progressShare(first) : null;
    if (share === null || run.startedAt === null || hasEnded(run.state) || run.state === "stopping") {
      return null;
    }
    if (share !== this.share) {
      this.share = share;
      this.movedAt = now;
      const taken = now - run.startedAt;
      this.rate = taken > 0 ? share / taken : 0;
    }
    if (this.rate <= 0 || share <= 0) {
      return null;
    }
    return Math.max(0, (1 - share) / this.rate - (now - this.movedAt));
  }
}
