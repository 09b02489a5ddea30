/** The way past the kernel: where the JupyterLab extension is loaded, it gives panels whose kernel is gone a host over
 *  Jupyter's server. Extension and panels are bundles of their own, so they meet at a symbol that all bundles share. */

import type { Host } from "./host";
import { HostError, errorText } from "./host";
import { isFields, list, text } from "./parse";

/** Where the runs of a panel are kept, by fingerprints that server and kernel make alike. */
export interface Place {
  readonly home: string;
  /** Keys of the runs that are shown, where a panel names any. */
  readonly runs: readonly string[];
  /** Home and id, by key, of those that are kept elsewhere. */
  readonly elsewhere: Readonly<Record<string, readonly [home: string, id: string]>>;
}

export interface Way {
  readonly version: 1;
  /** Rejects when the server has no connection to that place, or does not answer. */
  host(place: Place): Promise<Host>;
  /** Tells of each kernel that is gone, by the element in which its outputs stand. */
  watch(onGone: (where: Node) => void): () => void;
}

const KEY = Symbol.for("jupyter_tracker.host");
const meeting = globalThis as unknown as Record<symbol, Way | undefined>;

export function offerWay(way: Way): void {
  meeting[KEY] = way;
}

/** Null where there is no extension, or one of another time. */
export function findWay(): Way | null {
  const way = meeting[KEY];
  return way?.version === 1 ? way : null;
}

/** Reads what the kernel told of a panel; null when it did not say where the runs are. */
export function readPlace(get: (name: string) => unknown): Place | null {
  const home = text(get("home"));
  const run = text(get("run"));
  const told = get("elsewhere");
  const entries = Object.entries(isFields(told) ? told : {}).flatMap(([key, value]) => {
    const [where, id] = list(value).map((each) => text(each));
    return where !== undefined && id !== undefined ? [[key, [where, id]] as const] : [];
  });
  const runs = run === "" ? list(get("runs")).filter((each) => typeof each === "string") : [run];
  return home === "" ? null : { home, runs, elsewhere: Object.fromEntries(entries) };
}

/** An error of another bundle, whose classes are not ours, as one of this. */
export function ownError(error: unknown): HostError {
  if (error instanceof HostError) {
    return error;
  }
  const { kind, column } = (error instanceof Error ? error : {}) as { kind?: unknown; column?: unknown };
  return new HostError(text(kind, "Error"), errorText(error), typeof column === "number" ? column : null);
}
