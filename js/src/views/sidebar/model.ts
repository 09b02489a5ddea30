/** What the sidebar shows, without a DOM: connections, their experiments and runs as one long list of rows, of which
 *  only those on the screen are ever made. */

import type { Host } from "../../core/host";
import { trans } from "../../core/translate";
import type { Experiment } from "./overview";
import type { Connection, Kept } from "./kept";
import { NOTHING_KEPT } from "./kept";
import type { Look } from "./look";
import { DEFAULT_LOOK } from "./look";
import type { RunPages } from "./pages";
import { filterOf, notebookFilter } from "./query";
import type { Row, Segment } from "./rows";
import { note, one, step } from "./rows";
import { Selection } from "./selection";
import { Sources } from "./sources";

const NOTHING: ReadonlySet<string> = new Set();

export class SidebarModel {
  connections: readonly Connection[] | null = null;
  problem: string | null = null;
  broken: string | null = null;
  search = "";
  kept: Kept = NOTHING_KEPT;
  look: Look = DEFAULT_LOOK;
  readonly selection = new Selection(() => this.changed());

  private readonly keep: (kept: Kept) => void;
  private readonly listeners = new Set<() => void>();
  private readonly sources: Sources;
  private notebook: string | null = null;
  private shown = false;

  constructor(hostOf: (connection: string) => Host, keep: (kept: Kept) => void = () => undefined) {
    this.sources = new Sources(hostOf, () => this.changed());
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

  /** Why Jupyter's server cannot be heard; what is shown stays. null: it can. */
  setBroken(message: string | null): void {
    if (this.broken !== message) {
      this.broken = message;
      this.changed();
    }
  }

  setConnections(connections: readonly Connection[] | null, problem: string | null = null): void {
    this.connections = connections ?? this.connections;
    this.problem = problem;
    this.changed();
  }

  setLook(look: Look): void {
    this.sources.setPace(look.pace);
    this.look = look;
    this.changed();
  }

  /** Whether the platform of a connection has not that operation, as far as is known. */
  lacks(connection: string, op: string): boolean {
    return this.sources.known(connection)?.lacking.has(op) ?? false;
  }

  /** What kind of platform it is: `mlflow`. */
  kindOf(connection: string): string {
    const address = this.connections?.find(({ name }) => name === connection)?.address ?? connection;
    return /^[a-z]+/.exec(address)?.[0] ?? connection;
  }

  /** A connection was edited or removed: what was known of it is forgotten. */
  forget(connection: string): void {
    this.sources.forget(connection);
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
      const { first } = this.look;
      const isFirst = ({ name }: Connection): boolean => name === first;
      for (const connection of [
        ...connections.filter(isFirst),
        ...connections.filter((each) => !isFirst(each)),
      ]) {
        found.push(...this.connectionSegments(connection, filter, used));
      }
    }
    this.sources.follow(this.shown ? used : NOTHING);
    return found;
  }

  private notebookSegments(notebook: string, used: Set<string>): Segment[] {
    const found: Segment[] = [];
    for (const { name, address } of this.connections ?? []) {
      if (name !== "local" && !this.isOpen(name)) {
        continue; // a platform that nobody looks at is not asked
      }
      const list = this.sources.list(
        name,
        { where: notebookFilter(notebook, address), order_by: this.kept.order },
        used,
      );
      if ((list.count ?? 0) > 0) {
        found.push(...this.runSegments(name, list, 1, true, `notebook\n${name}`));
      }
    }
    if (found.length === 0) {
      return [];
    }
    const label = trans.__("This notebook");
    const key = "notebook";
    const open = !this.isOpen("closed\nnotebook");
    const head = one({ kind: "section", key, label, open, connection: null, title: notebook, active: 0 });
    return open ? [head, ...found] : [head];
  }

  private connectionSegments({ name, address }: Connection, filter: string, used: Set<string>): Segment[] {
    const open = this.isOpen(name);
    const overview = open ? this.sources.overview(name, used) : null;
    const label = name === "local" ? trans.__("On this machine") : name;
    const active = overview?.active ?? 0;
    const head = one({ kind: "section", key: name, label, open, connection: name, title: address, active });
    if (overview === null) {
      return [head];
    }
    const found: Segment[] = [head];
    if (overview.problem !== null) {
      found.push(note(`${name}\nproblem`, overview.problem, 1, true));
      const signedOut = overview.problemKind === "NotAuthenticated" && name !== "local";
      found.push(
        signedOut
          ? step(name, "edit", trans.__("Edit the connection to sign in…"), 1)
          : step(name, "retry", trans.__("Try again now"), 1),
      );
    }
    if (filter !== "") {
      const list = this.sources.list(name, { where: filter, order_by: this.kept.order }, used);
      found.push(...this.runSegments(name, list, 1, true, `search\n${name}`));
      if (list.count === 0 && list.problem === null) {
        found.push(note(`${name}\nnone`, trans.__("No run fits the search."), 1));
      }
      return found;
    }
    if (overview.experiments === null) {
      const words = overview.slow
        ? trans.__("No answer yet: the platform is slow or cannot be reached. It is still tried.")
        : trans.__("Loading…");
      return overview.problem === null ? [...found, note(`${name}\nloading`, words, 1)] : found;
    }
    if (overview.experiments.length === 0) {
      found.push(note(`${name}\nempty`, trans.__("No experiments yet: the first run makes one."), 1));
      if (!overview.lacking.has("runs.submit")) {
        found.push(step(name, "submit", trans.__("New run…"), 1));
      }
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
    const list = this.sources.list(
      connection,
      { experiment: experiment.id, order_by: this.kept.order },
      used,
    );
    const runs = this.runSegments(connection, list, 2, false, key);
    const empty = list.count === 0 && list.problem === null;
    return [head, ...(empty ? [note(`${key}\nempty`, trans.__("No runs yet."), 2)] : runs)];
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
      return [note(`${key}\nloading`, trans.__("Loading…"), level)];
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

  private changed(): void {
    this.listeners.forEach((listener) => listener());
  }
}
