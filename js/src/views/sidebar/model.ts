/** What the sidebar shows, without a DOM: connections, their experiments and runs as one long list of rows, of which
 *  only those on the screen are ever made. */

import type { Host } from "../../core/host";
import type { Experiment } from "./overview";
import { Overview } from "./overview";
import { RunPages } from "./pages";
import { filterOf, notebookFilter } from "./query";
import type { Row, Segment } from "./rows";
import { note, one } from "./rows";

export interface Connection {
  readonly name: string;
  readonly address: string;
}

/** What is kept from one page to the next. */
export interface Kept {
  readonly open: readonly string[];
  readonly favourites: readonly string[];
  readonly order: string;
  readonly metric: string;
}

export const NOTHING_KEPT: Kept = { open: ["local"], favourites: [], order: "", metric: "" };

export class SidebarModel {
  connections: readonly Connection[] | null = null;
  problem: string | null = null;
  search = "";
  kept: Kept = NOTHING_KEPT;

  private readonly hostOf: (connection: string) => Host;
  private readonly keep: (kept: Kept) => void;
  private readonly listeners = new Set<() => void>();
  private readonly overviews = new Map<string, Overview>();
  private readonly lists = new Map<string, RunPages>();
  private notebook: string | null = null;
  private shown = false;

  constructor(hostOf: (connection: string) => Host, keep: (kept: Kept) => void = () => undefined) {
    this.hostOf = hostOf;
    this.keep = keep;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** While it is not shown, nothing is followed. */
  setShown(shown: boolean): void {
    this.shown = shown;
    this.segments(); // now: a page that is hidden draws nothing
    this.changed();
  }

  setConnections(connections: readonly Connection[] | null, problem: string | null = null): void {
    this.connections = connections ?? this.connections;
    this.problem = problem;
    this.changed();
  }

  /** A connection was edited or removed: what was known of it is forgotten. */
  forget(connection: string): void {
    this.overviews.get(connection)?.close();
    this.overviews.delete(connection);
    for (const [key, list] of this.lists) {
      if (key.startsWith(`${connection}\n`)) {
        list.close();
        this.lists.delete(key);
      }
    }
    this.changed();
  }

  /** Absolute path of the notebook in front, or null. */
  setNotebook(path: string | null): void {
    this.notebook = path;
    this.changed();
  }

  restore(kept: Partial<Kept>): void {
    this.kept = { ...this.kept, ...kept };
    this.changed();
  }

  setSearch(search: string): void {
    this.search = search;
    this.changed();
  }

  change(kept: Partial<Kept>): void {
    this.kept = { ...this.kept, ...kept };
    this.keep(this.kept);
    this.changed();
  }

  isOpen(key: string): boolean {
    return this.kept.open.includes(key);
  }

  toggle(key: string, open = !this.isOpen(key)): void {
    const others = this.kept.open.filter((other) => other !== key);
    this.change({ open: open ? [...others, key] : others });
  }

  toggleFavourite(key: string): void {
    const others = this.kept.favourites.filter((other) => other !== key);
    this.change({ favourites: others.length < this.kept.favourites.length ? others : [...others, key] });
  }

  /** The whole list; rows are made when they are asked for. */
  rows(): { readonly count: number; readonly at: (place: number) => Row } {
    const segments = this.segments();
    const count = segments.reduce((sum, segment) => sum + segment.count, 0);
    return {
      count,
      at: (place) => {
        let rest = place;
        for (const segment of segments) {
          if (rest < segment.count) {
            return segment.at(rest);
          }
          rest -= segment.count;
        }
        throw new RangeError(`There is no row ${place} of ${count}.`);
      },
    };
  }

  private segments(): Segment[] {
    const used = new Set<string>();
    const found: Segment[] = [];
    const { connections, notebook, search } = this;
    if (connections !== null) {
      const filter = filterOf(search);
      if (notebook !== null && filter === "") {
        found.push(...this.notebookSegments(notebook, used));
      }
      for (const connection of connections) {
        found.push(...this.connectionSegments(connection, filter, used));
      }
    }
    this.follow(used);
    return found;
  }

  private notebookSegments(notebook: string, used: Set<string>): Segment[] {
    const found: Segment[] = [];
    for (const { name, address } of this.connections ?? []) {
      if (name !== "local" && !this.isOpen(name)) {
        continue; // a platform that nobody looks at is not asked
      }
      const list = this.list(name, { where: notebookFilter(notebook, address), order_by: this.kept.order }, used);
      if ((list.count ?? 0) > 0) {
        found.push(...this.runSegments(name, list, 1, true, `notebook\n${name}`));
      }
    }
    if (found.length === 0) {
      return [];
    }
    const label = "This notebook";
    const key = "notebook";
    const open = !this.isOpen("closed\nnotebook");
    const head = one({ kind: "section", key, label, open, connection: null, title: notebook, active: 0 });
    return open ? [head, ...found] : [head];
  }

  private connectionSegments({ name, address }: Connection, filter: string, used: Set<string>): Segment[] {
    const open = this.isOpen(name);
    const overview = open ? this.overview(name, used) : null;
    const label = name === "local" ? "On this machine" : name;
    const active = overview?.active ?? 0;
    const head = one({ kind: "section", key: name, label, open, connection: name, title: address, active });
    if (overview === null) {
      return [head];
    }
    const found: Segment[] = [head];
    if (overview.problem !== null) {
      const signedOut = overview.problemKind === "NotAuthenticated" ? " Edit the connection to sign in." : "";
      found.push(note(`${name}\nproblem`, overview.problem + signedOut, 1, true));
    }
    if (filter !== "") {
      const list = this.list(name, { where: filter, order_by: this.kept.order }, used);
      found.push(...this.runSegments(name, list, 1, true, `search\n${name}`));
      if (list.count === 0 && list.problem === null) {
        found.push(note(`${name}\nnone`, "No run fits the search.", 1));
      }
      return found;
    }
    if (overview.experiments === null) {
      return overview.problem === null ? [...found, note(`${name}\nloading`, "Loading…", 1)] : found;
    }
    if (overview.experiments.length === 0) {
      found.push(note(`${name}\nempty`, 'No experiments yet: jt.connect().runs.start("digits")', 1));
    }
    for (const experiment of this.sorted(name, overview.experiments)) {
      found.push(...this.experimentSegments(name, experiment, used));
    }
    return found;
  }

  private sorted(connection: string, experiments: readonly Experiment[]): readonly Experiment[] {
    const starred = (each: Experiment): boolean => this.kept.favourites.includes(`${connection}\n${each.id}`);
    return [...experiments.filter(starred), ...experiments.filter((each) => !starred(each))];
  }

  private experimentSegments(connection: string, experiment: Experiment, used: Set<string>): Segment[] {
    const key = `${connection}\n${experiment.id}`;
    const open = this.isOpen(key);
    const favourite = this.kept.favourites.includes(key);
    const head = one({ kind: "experiment", key, connection, experiment, open, favourite });
    if (!open) {
      return [head];
    }
    const list = this.list(connection, { experiment: experiment.id, order_by: this.kept.order }, used);
    const runs = this.runSegments(connection, list, 2, false, key);
    const empty = list.count === 0 && list.problem === null;
    return [head, ...(empty ? [note(`${key}\nempty`, "No runs yet.", 2)] : runs)];
  }

  private runSegments(
    connection: string,
    pages: RunPages,
    level: number,
    withExperiment: boolean,
    key: string,
  ): Segment[] {
    if (pages.problem !== null) {
      return [note(`${key}\nproblem`, pages.problem, level, true)];
    }
    if (pages.count === null) {
      return [note(`${key}\nloading`, "Loading…", level)];
    }
    const at = (place: number): Row => {
      const run = pages.at(place);
      return {
        kind: "run",
        key: `${key}\n${run?.id ?? place}`,
        connection,
        level,
        run,
        pages,
        withExperiment,
      };
    };
    return [{ count: pages.count, at }];
  }

  private overview(connection: string, used: Set<string>): Overview {
    used.add(connection);
    const known = this.overviews.get(connection) ?? new Overview(this.hostOf(connection), this.changed);
    this.overviews.set(connection, known);
    return known;
  }

  private list(connection: string, asked: Readonly<Record<string, string>>, used: Set<string>): RunPages {
    const params = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== ""));
    const key = `${connection}\n${JSON.stringify(params)}`;
    used.add(key);
    const known = this.lists.get(key) ?? new RunPages(this.hostOf(connection), params, this.changed);
    this.lists.set(key, known);
    return known;
  }

  /** Follows what is shown, and leaves the rest. */
  private follow(used: ReadonlySet<string>): void {
    for (const [key, overview] of this.overviews) {
      if (this.shown && used.has(key)) {
        overview.open();
      } else {
        overview.close();
      }
    }
    for (const [key, list] of this.lists) {
      if (this.shown && used.has(key)) {
        list.open();
      } else {
        list.close();
        if (!used.has(key)) {
          this.lists.delete(key);
        }
      }
    }
  }

  private readonly changed = (): void => {
    this.listeners.forEach((listener) => listener());
  };
}
