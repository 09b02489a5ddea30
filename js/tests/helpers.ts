/** Stand-ins and sample data that several tests share. */

import type { Follow } from "./mock-host";
import type {} from "../src/core/wire";

export interface SentRow {
  readonly step: number;
  readonly time?: number;
  readonly value: number;
}

export function pointsBuffer(rows: readonly SentRow[]): DataView {
  const all = new Float64Array(rows.length * 3);
  rows.forEach((row, index) => {
    all[index] = row.step;
    all[rows.length + index] = row.time ?? row.step;
    all[2 * rows.length + index] = row.value;
  });
  return new DataView(all.buffer);
}

export function wirePoints(key: string, count: number, more: Record<string, unknown> = {}): object {
  return {
    key,
    reset: true,
    count,
    buffer: 0,
    total: count,
    last: 0,
    min: 0,
    max: 0,
    sampled: false,
    ...more,
  };
}

export function wireRun(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: "r1",
    name: "baseline",
    experiment: "digits",
    state: "running",
    native_state: "running",
    reason: "",
    kind: "submitted",
    params: { lr: 0.1, optimizer: { name: "adam" } },
    tags: {},
    metrics: { loss: { value: "NaN", step: 3, time: 990 } },
    progress: [{ operation: "epoch", value: 12, final_value: 30, units: "" }],
    created_at: 900,
    started_at: 940,
    ended_at: null,
    actions: { "runs.stop": null },
    ...more,
  };
}

export function wireLine(line: number, text: string, more: Record<string, unknown> = {}): object {
  return { line, time: 1000 + line, stream: "stdout", text, terminated: true, ...more };
}

export function push(
  follow: Follow | undefined,
  more: Record<string, unknown>,
  buffers: DataView[] = [],
): void {
  follow?.onUpdate({ now: 1000, ...more }, buffers);
}

export function wireRow(id: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ...wireRun({ id, name: `run ${id}`, metrics: {}, params: {}, progress: [] }),
    histories: {},
    digest: id,
    ...more,
  };
}
