/** What the sidebar has asked for: the experiments of connections, and runs by query. Only what is shown is followed. */

import type { Host } from "../../core/host";
import type { Look } from "./look";
import { DEFAULT_LOOK } from "./look";
import { Overview } from "./overview";
import { RunPages } from "./pages";

type Pace = Look["pace"];

export class Sources {
  private readonly hostOf: (connection: string) => Host;
  private readonly changed: () => void;
  private readonly overviews = new Map<string, Overview>();
  private readonly lists = new Map<string, RunPages>();
  private pace: Pace = DEFAULT_LOOK.pace;

  constructor(hostOf: (connection: string) => Host, changed: () => void) {
    this.hostOf = hostOf;
    this.changed = changed;
  }

  /** The experiments of a connection, if they were asked for. */
  known(connection: string): Overview | undefined {
    return this.overviews.get(connection);
  }

  /** The experiments of a connection; it is noted that they are used. */
  overview(connection: string, used: Set<string>): Overview {
    used.add(connection);
    const known =
      this.overviews.get(connection) ?? new Overview(this.hostOf(connection), this.params(), this.changed);
    this.overviews.set(connection, known);
    return known;
  }

  /** The runs of a query; what is empty in it is left out. */
  list(connection: string, asked: Readonly<Record<string, string>>, used: Set<string>): RunPages {
    const params = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== ""));
    const key = `${connection}\n${JSON.stringify(params)}`;
    used.add(key);
    const known =
      this.lists.get(key) ?? new RunPages(this.hostOf(connection), params, this.params(), this.changed);
    this.lists.set(key, known);
    return known;
  }

  /** Follows what is used, and leaves the rest. Lists that are not used are forgotten. */
  follow(used: ReadonlySet<string>): void {
    for (const [key, overview] of this.overviews) {
      if (used.has(key)) {
        overview.open();
      } else {
        overview.close();
      }
    }
    for (const [key, list] of this.lists) {
      if (used.has(key)) {
        list.open();
      } else {
        list.close();
        if (used.size > 0) {
          this.lists.delete(key);
        }
      }
    }
  }

  forget(connection: string): void {
    this.overviews.get(connection)?.close();
    this.overviews.delete(connection);
    for (const [key, list] of this.lists) {
      if (key.startsWith(`${connection}\n`)) {
        list.close();
        this.lists.delete(key);
      }
    }
  }

  /** How often the server looks; what is followed begins anew when that changes. */
  setPace(pace: Pace): void {
    if (pace.active !== this.pace.active || pace.quiet !== this.pace.quiet) {
      this.pace = pace;
      for (const followed of [...this.overviews.values(), ...this.lists.values()]) {
        followed.close();
      }
      this.overviews.clear();
      this.lists.clear();
    }
  }

  private params(): Readonly<Record<string, number>> {
    return { active_pause: this.pace.active, quiet_pause: this.pace.quiet };
  }
}
