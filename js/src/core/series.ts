/** The points of one metric: three growing columns, without any DOM. */

import type { PointsUpdate } from "./wire";

export interface Columns {
  readonly step: Float64Array;
  readonly time: Float64Array;
  readonly value: Float64Array;
}

const EMPTY = new Float64Array(0);
const BYTES = Float64Array.BYTES_PER_ELEMENT;

/** The three columns of one update. A buffer that is too short for its header yields no points:
 *  half a column would be drawn as if it were true. */
export function decodeColumns(update: PointsUpdate, buffers: readonly DataView[]): Columns {
  const view = buffers[update.buffer];
  const { count } = update;
  if (view === undefined || count === 0 || view.byteLength < count * 3 * BYTES) {
    return { step: EMPTY, time: EMPTY, value: EMPTY };
  }
  // A view may begin at any byte, a Float64Array only at a multiple of eight; slicing copies to zero.
  const all = new Float64Array(view.buffer.slice(view.byteOffset, view.byteOffset + count * 3 * BYTES));
  return {
    step: all.subarray(0, count),
    time: all.subarray(count, 2 * count),
    value: all.subarray(2 * count, 3 * count),
  };
}

export class Series {
  readonly key: string;
  /** Grows with every change, so that views can see that there is something new. */
  version = 0;
  length = 0;
  /** Points that the run has logged; more than `length` when the kernel has thinned them. */
  total = 0;
  last = NaN;
  min = NaN;
  max = NaN;
  sampled = false;

  private steps = EMPTY;
  private times = EMPTY;
  private values = EMPTY;

  constructor(key: string) {
    this.key = key;
  }

  get step(): Float64Array {
    return this.steps.subarray(0, this.length);
  }

  get time(): Float64Array {
    return this.times.subarray(0, this.length);
  }

  get value(): Float64Array {
    return this.values.subarray(0, this.length);
  }

  apply(update: PointsUpdate, columns: Columns): void {
    if (update.reset) {
      this.length = 0;
    }
    this.append(columns);
    this.total = Math.max(update.total, this.length);
    this.last = update.last;
    this.min = update.min;
    this.max = update.max;
    this.sampled = update.sampled;
    this.version += 1;
  }

  private append(columns: Columns): void {
    const added = columns.value.length;
    this.reserve(this.length + added);
    this.steps.set(columns.step, this.length);
    this.times.set(columns.time, this.length);
    this.values.set(columns.value, this.length);
    this.length += added;
  }

  /** Doubles, so that appending point by point costs the same for each point. */
  private reserve(needed: number): void {
    if (needed <= this.values.length) {
      return;
    }
    const size = Math.max(needed, 2 * this.values.length, 256);
    this.steps = grown(this.steps, size, this.length);
    this.times = grown(this.times, size, this.length);
    this.values = grown(this.values, size, this.length);
  }
}

function grown(from: Float64Array, size: number, keep: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(size);
  to.set(from.subarray(0, keep));
  return to;
}
