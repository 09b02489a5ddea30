/** Everything the browser knows of one run. Shared by all views of that run on one host, so that a view
 *  that comes back draws at once, and the run is followed once however many views there are. */

import type { Coalesced } from "./frame";
import { coalesce } from "./frame";
import type { FollowStatus, Host, Params } from "./host";
import { LogBuffer } from "./log-buffer";
import { isFields, parsePoints, parseRun, parseUpdate } from "./parse";
import { Series, decodeColumns } from "./series";
import type { RunData, RunEvent, RunUpdate } from "./wire";

export interface PointsRange {
  readonly keys: readonly string[];
  readonly x: "step" | "time";
  readonly from: number;
  readonly to: number;
  readonly columns: number;
}

const MAX_EVENTS = 5000;

/** What is followed besides the run itself. */
export type Part = "points" | "log" | "events";

export class RunSession {
  readonly id: string;
  readonly series = new Map<string, Series>();
  readonly log = new LogBuffer();
  run: RunData | null = null;
  events: readonly RunEvent[] = [];
  status: FollowStatus = { kind: "connecting" };
  /** The browser's clock minus the kernel's, in seconds. */
  skew = 0;
  /** Epoch seconds on the browser's clock of the last push. */
  heardAt: number | null = null;
  /** Why the kernel itself has no news, while that is so. */
  problem: string | null = null;
  /** Grows with every change. */
  version = 0;
  /** The moment that is marked in the curves. */
  mark: number | null = null;

  readonly host: Host;
  private readonly topic: string;
  private readonly parts: readonly Part[] | null;
  private readonly listeners = new Set<() => void>();
  private readonly notify: Coalesced;
  private followers = 0;
  private columns = 0;
  private unfollow: (() => void) | null = null;

  /** `topic` says what is followed: `run` brings everything, or some parts; `curves` no log, events and machine. */
  constructor(host: Host, id: string, topic = "run", parts: readonly Part[] | null = null) {
    this.host = host;
    this.topic = topic;
    this.id = id;
    this.parts = parts;
    this.notify = coalesce(() => this.listeners.forEach((listener) => listener()));
  }

  /** Pixel columns of the finest view: more points than that cannot be seen. */
  get resolution(): number {
    return this.columns;
  }

  /** The kernel's clock, in epoch seconds. */
  now(): number {
    return Date.now() / 1000 - this.skew;
  }

  /** `listener` is called at most once per animation frame. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) {
        this.notify.cancel();
      }
    };
  }

  /** Pushes come as long as at least one view is attached. */
  attach(columns: number): () => void {
    this.followers += 1;
    if (this.unfollow === null || columns > 1.5 * this.columns) {
      this.columns = Math.max(columns, this.columns);
      this.restart();
    }
    let attached = true;
    return () => {
      if (!attached) {
        return;
      }
      attached = false;
      this.followers -= 1;
      if (this.followers === 0) {
        this.unfollow?.();
        this.unfollow = null;
      }
    };
  }

  /** Tries again at once instead of waiting for the next attempt. */
  reconnect(): void {
    if (this.unfollow !== null) {
      this.restart();
    }
  }

  /** Does something with the run, as `runs.stop` does; the result is the run that the host answers with. */
  async act(op: string, params: Params = {}): Promise<RunData | null> {
    const { result } = await this.host.call(op, { run: this.id, ...params });
    const run = isFields(result) ? parseRun(result.run) : null;
    if (run?.id === this.id) {
      this.run = run;
      this.changed();
    }
    return run;
  }

  /** A moment to which the reader points, in epoch seconds. */
  pointTo(time: number | null): void {
    this.mark = time;
    this.changed();
  }

  /** Points of a part of the run, at the resolution of the screen. */
  async points(range: PointsRange): Promise<Map<string, Series>> {
    const { result, buffers } = await this.host.call("runs.points", { run: this.id, ...range });
    const found = new Map<string, Series>();
    for (const update of parsePoints(isFields(result) ? result.points : null)) {
      const series = new Series(update.key);
      series.apply({ ...update, reset: true }, decodeColumns(update, buffers));
      found.set(update.key, series);
    }
    return found;
  }

  private restart(): void {
    // The new one first: the host then need not tell the kernel to stop in between.
    const previous = this.unfollow;
    this.unfollow = this.host.follow(
      {
        name: this.topic,
        params: { run: this.id, ...(this.parts ? { parts: this.parts } : {}) },
        columns: this.columns,
      },
      (update, buffers) => this.apply(parseUpdate(update), buffers),
      (status) => {
        this.status = status;
        this.changed();
      },
    );
    previous?.();
  }

  private apply(update: RunUpdate, buffers: readonly DataView[]): void {
    const now = Date.now() / 1000;
    this.problem = update.error ?? null;
    if (this.problem === null) {
      this.heardAt = now;
    }
    if (update.now !== null) {
      this.skew = now - update.now;
    }
    this.run = update.run ?? this.run;
    for (const points of update.points ?? []) {
      let series = this.series.get(points.key);
      if (series === undefined) {
        series = new Series(points.key);
        this.series.set(points.key, series);
      }
      series.apply(points, decodeColumns(points, buffers));
    }
    if (update.log) {
      this.log.apply(update.log);
    }
    if (update.events) {
      const kept = update.events.reset ? [] : this.events;
      this.events = kept.concat(update.events.events).slice(-MAX_EVENTS);
    }
    this.changed();
  }

  private changed(): void {
    this.version += 1;
    this.notify.request();
  }
}

const sessions = new WeakMap<Host, Map<string, RunSession>>();

/** The one session of a run and a topic on a host; the first who asks says which parts it follows. */
export function sessionOf(
  host: Host,
  run: string,
  topic = "run",
  parts: readonly Part[] | null = null,
): RunSession {
  const ofHost = sessions.get(host) ?? new Map<string, RunSession>();
  sessions.set(host, ofHost);
  const key = `${topic} ${run}`;
  const session = ofHost.get(key) ?? new RunSession(host, run, topic, parts);
  ofHost.set(key, session);
  return session;
}
