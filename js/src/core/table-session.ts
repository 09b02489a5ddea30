/** Everything the browser knows of a table of runs: its rows, what is selected, and how it is looked at. No DOM. */

import type { Column } from "./columns";
import { arranged, automaticColumns, historiesOf, parseColumn } from "./columns";
import type { Coalesced } from "./frame";
import { coalesce } from "./frame";
import type { FollowStatus, Host, Params } from "./host";
import { HostError, errorText } from "./host";
import { Layout } from "./layout";
import { Sparklines } from "./sparklines";
import type { Question } from "./table-rows";
import { TableRows } from "./table-rows";
import type { TableSettings } from "./table-settings";
import { DEFAULTS, changedKeys } from "./table-settings";
import type { FieldInfo, Group, TableRow } from "./table-wire";
import { parseGroups, parseTable } from "./table-wire";

export interface Mistake {
  readonly message: string;
  /** Where in the filter, counted from 0. */
  readonly column: number;
}

type Told = (changed: Partial<TableSettings>) => void;

export class TableSession {
  readonly host: Host;
  readonly rows: TableRows;
  readonly sparks: Sparklines;
  settings: TableSettings;
  status: FollowStatus = { kind: "connecting" };
  /** Why there is no news, while that is so. */
  problem: string | null = null;
  heardAt: number | null = null;
  fields: readonly FieldInfo[] = [];
  active = 0;
  /** There are more than can be shown. */
  more = false;
  layout = new Layout(0);
  /** What is wrong with the filter that was tried last. */
  mistake: Mistake | null = null;
  selected: ReadonlySet<string>;
  /** Keys of groups whose rows are folded away. */
  closed: ReadonlySet<string> = new Set();
  /** Grows with every change. */
  version = 0;

  private skew = 0;
  private groups: readonly Group[] = [];
  private readonly listeners = new Set<() => void>();
  private readonly notify: Coalesced;
  private tell: Told | null = null;
  private unfollow: (() => void) | null = null;
  private followers = 0;
  private columnsKey = "";
  private columnList: readonly Column[] = [];

  constructor(host: Host, settings: Partial<TableSettings> = {}) {
    this.host = host;
    this.settings = { ...DEFAULTS, ...settings };
    this.selected = new Set(this.settings.selected);
    this.sparks = new Sparklines(host, () => this.changed());
    this.notify = coalesce(() => this.listeners.forEach((listener) => listener()));
    this.rows = new TableRows(host, {
      question: () => this.question(this.settings),
      onRows: () => {
        this.problem = null;
        this.arrange();
      },
      onFailure: (error) => this.refused(error),
    });
  }

  /** The kernel's clock, in epoch seconds. */
  now(): number {
    return Date.now() / 1000 - this.skew;
  }

  /** `listener` is called at most once per animation frame. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Who keeps the settings is told of each change that is made here. */
  keepSettings(tell: Told): void {
    this.tell = tell;
  }

  /** Pushes come as long as at least one view is attached. */
  attach(): () => void {
    this.followers += 1;
    if (this.followers === 1) {
      this.reconnect();
    }
    let attached = true;
    return () => {
      this.followers -= attached ? 1 : 0;
      attached = false;
      if (this.followers === 0) {
        this.unfollow?.();
        this.unfollow = null;
      }
    };
  }

  reconnect(): void {
    this.follow();
    this.reload();
  }

  /** The columns in the order in which they stand: those that are pinned first. */
  columns(): readonly Column[] {
    const { columns, view, experiment } = this.settings;
    const named = columns.length > 0 ? columns : automaticColumns(this.fields, experiment !== "");
    const key = JSON.stringify([named, view.pinned]);
    if (key !== this.columnsKey) {
      this.columnsKey = key;
      this.columnList = arranged(named, view.pinned);
    }
    return this.columnList;
  }

  /** What the view changes. Other rows are shown as soon as they are there; the old ones stay until then. */
  async change(changes: Partial<TableSettings>): Promise<void> {
    const changed = await this.apply(changes);
    if (Object.keys(changed).length > 0) {
      this.tell?.(changed);
    }
  }

  /** What is changed by whoever keeps the settings. The result is what has come about. */
  async apply(changes: Partial<TableSettings>): Promise<Partial<TableSettings>> {
    const changed = changedKeys(this.settings, changes);
    const next = { ...this.settings, ...changed };
    if (JSON.stringify(this.params(next)) === JSON.stringify(this.params())) {
      const before = this.question(this.settings).histories.join("\n");
      this.settings = next;
      // Back to what is shown: a mistake on the way there is over.
      this.mistake = changes.where === undefined ? this.mistake : null;
      if (before !== this.question(next).histories.join("\n")) {
        this.reload();
      }
    } else if (await this.ask(next)) {
      // What else was changed meanwhile stays.
      this.settings = { ...this.settings, ...changed };
      this.follow();
    } else {
      return {};
    }
    this.selected = changed.selected === undefined ? this.selected : new Set(changed.selected);
    this.changed();
    return changed;
  }

  /** The view shows these lines now. */
  show(first: number, end: number): void {
    const places = this.layout.places(first, end);
    if (places.end > 0) {
      this.rows.show(places.first, places.end);
    }
    const metrics = this.columns().flatMap(({ scope, name }) => (scope === "spark" ? [name] : []));
    if (metrics.length > 0) {
      const shown: TableRow[] = [];
      for (let line = first; line < end; line += 1) {
        const found = this.layout.at(line);
        const row = found?.kind === "row" ? this.rows.at(found.place) : undefined;
        shown.push(...(row === undefined ? [] : [row]));
      }
      this.sparks.want(shown, metrics, this.rows.version, this.params());
    }
  }

  toggleGroup(key: string): void {
    const closed = new Set(this.closed);
    if (!closed.delete(key)) {
      closed.add(key);
    }
    this.closed = closed;
    this.arrange();
  }

  select(ids: Iterable<string>): void {
    void this.change({ selected: [...new Set(ids)] });
  }

  toggle(id: string): void {
    const selected = new Set(this.selected);
    if (!selected.delete(id)) {
      selected.add(id);
    }
    this.select(selected);
  }

  /** What names the runs of the table on the host. */
  params(settings: TableSettings = this.settings): Params {
    const { experiment, where, lifecycle, view, order_by: order } = settings;
    const terms = [view.group, order].filter((term) => term !== "").join(", ");
    return { experiment, where, order_by: terms, lifecycle };
  }

  changed(): void {
    this.version += 1;
    this.notify.request();
  }

  question(settings: TableSettings = this.settings): Question {
    return { params: this.params(settings), histories: historiesOf(this.columns()) };
  }

  private follow(): void {
    if (this.followers === 0) {
      return;
    }
    const previous = this.unfollow;
    this.unfollow = this.host.follow(
      { name: "table", params: this.params(), columns: 1 },
      (update) => this.onUpdate(parseTable(update)),
      (status) => {
        this.status = status;
        this.changed();
      },
    );
    previous?.();
  }

  private onUpdate({ now, error, table }: ReturnType<typeof parseTable>): void {
    this.problem = error;
    this.skew = now === null ? this.skew : Date.now() / 1000 - now;
    this.heardAt = error === null ? Date.now() / 1000 : this.heardAt;
    if (table !== null) {
      const before = this.question(this.settings).histories.join("\n");
      this.fields = table.fields;
      this.active = table.active;
      this.more = table.more;
      if (
        table.version !== this.rows.version ||
        before !== this.question(this.settings).histories.join("\n")
      ) {
        this.reload();
      }
    }
    this.changed();
  }

  private reload(): void {
    void this.rows.reload();
    void this.readGroups(this.settings).then(
      (groups) => {
        this.groups = groups;
        this.arrange();
      },
      (error: unknown) => this.refused(error),
    );
  }

  /** The first rows of another question; false when they did not come or are no longer wanted. */
  private async ask(settings: TableSettings): Promise<boolean> {
    try {
      if (!(await this.rows.ask(this.question(settings)))) {
        return false;
      }
      this.groups = await this.readGroups(settings);
    } catch (error) {
      this.refused(error);
      return false;
    }
    this.mistake = null;
    this.problem = null;
    this.closed = new Set();
    this.arrange();
    return true;
  }

  private async readGroups(settings: TableSettings): Promise<readonly Group[]> {
    const param = parseColumn(settings.view.group);
    if (param?.scope !== "params") {
      return [];
    }
    const asked = { ...this.params(settings), param: param.name };
    return parseGroups((await this.host.call("runs.groups", asked)).result);
  }

  private arrange(): void {
    this.layout = new Layout(this.rows.count ?? 0, this.groups, this.closed);
    this.changed();
  }

  private refused(error: unknown): void {
    if (error instanceof HostError && error.column !== null) {
      this.mistake = { message: error.message, column: error.column };
    } else {
      this.problem = errorText(error);
    }
    this.changed();
  }
}
