/** Guards at the border: everything from the wire is unknown text until it passed through here.
 *  Unknown fields are ignored and unknown words fall back, so that an older page can read a newer kernel. */

import type {
  EventLevel,
  LogLine,
  LogStream,
  MetricData,
  PointsUpdate,
  ProgressData,
  RunData,
  RunEvent,
  RunState,
  RunUpdate,
} from "./wire";
import { RUN_STATES } from "./wire";

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown, fallback = ""): string {
  return typeof value === "string" ? value : fallback;
}

export function finite(value: unknown, fallback: number): number {
  return typeof value === "number" && Number.isFinite(value) ? value : fallback;
}

export function finiteOrNull(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** JSON has no word for NaN and the infinities, so they travel as text. */
export function wireNumber(value: unknown): number {
  if (typeof value === "number") {
    return value;
  }
  if (value === "Infinity") {
    return Infinity;
  }
  return value === "-Infinity" ? -Infinity : NaN;
}

/** Entries are set as own properties, so that a key such as `__proto__` stays only a key. */
export function mapValues<T>(value: unknown, parse: (entry: unknown) => T | undefined): Record<string, T> {
  const pairs: [string, T][] = [];
  for (const [key, entry] of Object.entries(fields(value))) {
    const parsed = parse(entry);
    if (parsed !== undefined) {
      pairs.push([key, parsed]);
    }
  }
  return Object.fromEntries(pairs);
}

function parseState(value: unknown): RunState {
  return RUN_STATES.find((state) => state === value) ?? "unknown";
}

function parseMetric(value: unknown): MetricData | undefined {
  if (!isFields(value)) {
    return undefined;
  }
  return { value: wireNumber(value.value), step: finite(value.step, 0), time: finite(value.time, 0) };
}

function parseProgress(value: unknown): ProgressData {
  const from = fields(value);
  return {
    operation: text(from.operation),
    value: finite(from.value, 0),
    finalValue: finiteOrNull(from.final_value),
    units: text(from.units),
  };
}

function parseAction(value: unknown): string | null | undefined {
  return value === null || typeof value === "string" ? value : undefined;
}

export function parseRun(value: unknown): RunData | null {
  if (!isFields(value) || typeof value.id !== "string") {
    return null;
  }
  return {
    id: value.id,
    name: text(value.name, value.id),
    experiment: text(value.experiment),
    state: parseState(value.state),
    nativeState: text(value.native_state),
    reason: text(value.reason),
    kind: value.kind === "in_kernel" ? "in_kernel" : "submitted",
    params: fields(value.params),
    tags: mapValues(value.tags, (tag) => (typeof tag === "string" ? tag : undefined)),
    metrics: mapValues(value.metrics, parseMetric),
    progress: list(value.progress).map(parseProgress),
    createdAt: finite(value.created_at, 0),
    startedAt: finiteOrNull(value.started_at),
    endedAt: finiteOrNull(value.ended_at),
    actions: mapValues(value.actions, parseAction),
  };
}

export function parsePoints(value: unknown): PointsUpdate[] {
  const result: PointsUpdate[] = [];
  for (const entry of list(value)) {
    if (isFields(entry) && typeof entry.key === "string") {
      result.push({
        key: entry.key,
        reset: entry.reset === true,
        count: Math.max(0, Math.floor(finite(entry.count, 0))),
        buffer: finite(entry.buffer, -1),
        total: finite(entry.total, 0),
        last: wireNumber(entry.last),
        min: wireNumber(entry.min),
        max: wireNumber(entry.max),
        sampled: entry.sampled === true,
      });
    }
  }
  return result;
}

function parseStream(value: unknown): LogStream {
  return value === "stderr" || value === "system" ? value : "stdout";
}

export function parseLogLines(value: unknown): LogLine[] {
  const result: LogLine[] = [];
  for (const entry of list(value)) {
    if (isFields(entry) && typeof entry.line === "number") {
      result.push({
        line: entry.line,
        time: finite(entry.time, 0),
        stream: parseStream(entry.stream),
        text: text(entry.text),
        terminated: entry.terminated !== false,
        cursor: text(entry.cursor, String(entry.line)),
      });
    }
  }
  return result;
}

function parseLevel(value: unknown): EventLevel {
  return value === "warning" || value === "error" ? value : "info";
}

function parseEvents(value: unknown): RunEvent[] {
  const result: RunEvent[] = [];
  for (const entry of list(value)) {
    if (isFields(entry) && typeof entry.sequence === "number") {
      result.push({
        sequence: entry.sequence,
        time: finite(entry.time, 0),
        kind: text(entry.kind),
        level: parseLevel(entry.level),
        message: text(entry.message),
      });
    }
  }
  return result;
}

/** null when it is no update at all; parts that are not understood are left out. */
export function parseUpdate(value: Fields): RunUpdate {
  const run = parseRun(value.run);
  const log = isFields(value.log) ? value.log : null;
  const events = isFields(value.events) ? value.events : null;
  return {
    now: finiteOrNull(value.now),
    ...(run ? { run } : {}),
    ...(isFields(value.error) ? { error: text(value.error.message, "There is no news of the run.") } : {}),
    ...(Array.isArray(value.points) ? { points: parsePoints(value.points) } : {}),
    ...(log
      ? {
          log: {
            reset: log.reset === true,
            lines: parseLogLines(log.lines),
            total: finite(log.total, 0),
          },
        }
      : {}),
    ...(events ? { events: { reset: events.reset === true, events: parseEvents(events.events) } } : {}),
  };
}
