/** The runs that are selected in the sidebar, to do something with all of them. */

import type { Row } from "./rows";
import type { RunRef } from "./surroundings";

/** Runs that can be selected at once. */
const MOST = 500;

function keyOf({ connection, run }: RunRef): string {
  return `${connection}\n${run.id}`;
}

export function refOf(row: Row): RunRef | null {
  return row.kind === "run" && row.run !== undefined ? { connection: row.connection, run: row.run } : null;
}

export class Selection {
  private refs = new Map<string, RunRef>();
  private anchor = 0;
  private readonly changed: () => void;

  constructor(changed: () => void) {
    this.changed = changed;
  }

  get size(): number {
    return this.refs.size;
  }

  list(): readonly RunRef[] {
    return Array.from(this.refs.values());
  }

  has(ref: RunRef | null): boolean {
    return ref !== null && this.refs.has(keyOf(ref));
  }

  clear(): void {
    if (this.refs.size > 0) {
      this.refs = new Map();
      this.changed();
    }
  }

  /** Where a range begins. */
  setAnchor(place: number): void {
    this.anchor = place;
  }

  toggle(place: number, ref: RunRef | null): void {
    this.anchor = place;
    if (ref === null) {
      return;
    }
    if (!this.refs.delete(keyOf(ref)) && this.refs.size < MOST) {
      this.refs.set(keyOf(ref), ref);
    }
    this.changed();
  }

  /** The runs from the anchor to a place; those that are not here yet are left out. */
  extend(place: number, at: (place: number) => Row): void {
    this.refs = new Map();
    const step = place < this.anchor ? -1 : 1;
    for (let each = this.anchor; each !== place + step && this.refs.size < MOST; each += step) {
      const ref = refOf(at(each));
      if (ref !== null) {
        this.refs.set(keyOf(ref), ref);
      }
    }
    this.changed();
  }
}
