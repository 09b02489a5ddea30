/** Small curves of the rows that are on the screen. */

import type { Host, Params } from "./host";
import { finite, isFields, list, text } from "./parse";
import type { TableRow } from "./table-wire";
import { hasEnded } from "./wire";

/** Width and height of the box into which curves are drawn. */
export const SPARK_WIDTH = 84;
export const SPARK_HEIGHT = 18;
const COLUMNS = 42;
/** Curves of one request; ten kilobytes or so. */
const BATCH = 24;
const MOST = 4000;

interface Spark {
  /** Of an SVG path; empty when the run has no such metric. */
  readonly path: string;
  /** The version of the table it belongs to; a run that has ended keeps its curve. */
  readonly version: number;
  readonly final: boolean;
}

export class Sparklines {
  private readonly host: Host;
  private readonly changed: () => void;
  private readonly known = new Map<string, Spark>();
  private readonly wanted = new Map<string, { metric: string; row: TableRow }>();
  private busy = false;

  constructor(host: Host, changed: () => void) {
    this.host = host;
    this.changed = changed;
  }

  path(row: TableRow, metric: string): string | undefined {
    return this.known.get(`${metric}\n${row.id}`)?.path;
  }

  /** Fetches the curves of some rows that are not known or have grown. */
  want(rows: readonly TableRow[], metrics: readonly string[], version: number, query: Params): void {
    this.wanted.clear();
    for (const metric of metrics) {
      for (const row of rows) {
        const spark = this.known.get(`${metric}\n${row.id}`);
        if (spark === undefined || !(spark.final || spark.version === version)) {
          this.wanted.set(`${metric}\n${row.id}`, { metric, row });
        }
      }
    }
    void this.fetch(version, query);
  }

  private async fetch(version: number, query: Params): Promise<void> {
    while (!this.busy && this.wanted.size > 0) {
      const all = [...this.wanted.values()];
      const metric = all[0]?.metric ?? "";
      const batch = all.filter((one) => one.metric === metric).slice(0, BATCH);
      this.busy = true;
      try {
        await this.fetchBatch(
          metric,
          batch.map(({ row }) => row),
          version,
          query,
        );
      } catch {
        // The rows stay without a curve, and the strip of the table says why the host does not answer.
        this.wanted.clear();
      } finally {
        this.busy = false;
      }
    }
  }

  private async fetchBatch(
    metric: string,
    rows: readonly TableRow[],
    version: number,
    query: Params,
  ): Promise<void> {
    const runs = rows.map(({ id }) => id);
    const reply = await this.host.call("runs.sparks", { ...query, runs, metric, columns: COLUMNS });
    const paths = new Map<string, string>();
    for (const entry of list(isFields(reply.result) ? reply.result.sparks : null)) {
      if (isFields(entry)) {
        const buffer = reply.buffers[finite(entry.buffer, -1)];
        paths.set(text(entry.run), buffer === undefined ? "" : sparkPath(buffer));
      }
    }
    for (const row of rows) {
      const key = `${metric}\n${row.id}`;
      this.known.delete(key);
      this.known.set(key, { path: paths.get(row.id) ?? "", version, final: hasEnded(row.state) });
      this.wanted.delete(key);
    }
    for (const key of this.known.keys()) {
      if (this.known.size <= MOST) {
        break;
      }
      this.known.delete(key);
    }
    this.changed();
  }
}

/** Steps and values from 0 to 1 as float32; a gap in the values is NaN. One point alone is a dot. */
export function sparkPath(buffer: DataView): string {
  const count = Math.floor(buffer.byteLength / 8);
  let path = "";
  let pen = false;
  for (let index = 0; index < count; index += 1) {
    const across = buffer.getFloat32(index * 4, true);
    const up = buffer.getFloat32((count + index) * 4, true);
    if (!Number.isFinite(across) || !Number.isFinite(up)) {
      pen = false;
      continue;
    }
    const x = (1 + across * (SPARK_WIDTH - 2)).toFixed(1);
    const y = (1 + (1 - up) * (SPARK_HEIGHT - 2)).toFixed(1);
    path += pen ? `L${x} ${y}` : `M${x} ${y}h0`;
    pen = true;
  }
  return path;
}
