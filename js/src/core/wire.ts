/** The shapes that travel between kernel and browser, after `parse.ts` has checked them. */

export const RUN_STATES = [
  "queued",
  "running",
  "stopping",
  "succeeded",
  "failed",
  "stopped",
  "lost",
  "unknown",
] as const;

export type RunState = (typeof RUN_STATES)[number];

/** The latest value of a metric; NaN and the infinities have become numbers again. */
export interface MetricData {
  readonly value: number;
  readonly step: number;
  readonly time: number;
}

export interface ProgressData {
  readonly operation: string;
  readonly value: number;
  readonly finalValue: number | null;
  readonly units: string;
}

/** Times are epoch seconds. */
export interface RunData {
  readonly id: string;
  readonly name: string;
  readonly experiment: string;
  readonly state: RunState;
  readonly nativeState: string;
  readonly reason: string;
  readonly kind: "submitted" | "in_kernel" | "sweep";
  readonly lifecycle: "active" | "archived" | "deleted";
  /** What people wrote about it. */
  readonly notes: string;
  /** Id of the run that it is a part of; empty for most. */
  readonly parent: string;
  readonly attempt: number;
  /** When retention removed points, log and files. */
  readonly trimmedAt: number | null;
  readonly params: Readonly<Record<string, unknown>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, MetricData>>;
  readonly progress: readonly ProgressData[];
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** null: possible; text: not possible, and why. An operation that is missing is not offered. */
  readonly actions: Readonly<Record<string, string | null>>;
}

/** Header of one series; its rows are in `buffers[buffer]` as step[count], time[count], value[count]. */
export interface PointsUpdate {
  readonly key: string;
  readonly reset: boolean;
  readonly count: number;
  readonly buffer: number;
  readonly total: number;
  readonly last: number;
  readonly min: number;
  readonly max: number;
  readonly sampled: boolean;
}

export type LogStream = "stdout" | "stderr" | "system";

/** The same `line` again continues that line. */
export interface LogLine {
  readonly line: number;
  readonly time: number;
  readonly stream: LogStream;
  readonly text: string;
  readonly terminated: boolean;
  /** Where the line stands in the log, for asking for what is before it. */
  readonly cursor: string;
}

export type EventLevel = "info" | "warning" | "error";

export interface RunEvent {
  readonly sequence: number;
  readonly time: number;
  readonly kind: string;
  readonly level: EventLevel;
  readonly message: string;
}

export interface RunUpdate {
  /** The kernel's clock (epoch seconds), against which elapsed times are corrected. */
  readonly now: number | null;
  readonly run?: RunData;
  /** Why there is no news: the kernel is there, but what it asks is not. */
  readonly error?: string;
  readonly points?: readonly PointsUpdate[];
  readonly log?: { readonly reset: boolean; readonly lines: readonly LogLine[]; readonly total: number };
  readonly events?: { readonly reset: boolean; readonly events: readonly RunEvent[] };
}

/** System metrics have a tab of their own. */
export const SYSTEM_PREFIX = "system/";

/** A run in one of these states does not change by itself any more. */
export function hasEnded(state: RunState): boolean {
  return state === "succeeded" || state === "failed" || state === "stopped" || state === "lost";
}
