/** The rows of a table around those on the screen: fetched ahead of the scroll, and anew when something has changed. */

import type { Host, Params } from "./host";
import type { RowsReply, TableRow } from "./table-wire";
import { parseRows } from "./table-wire";

const PAGE = 100;
/** Rows that are fetched beyond those on the screen, on either side. */
const AHEAD = 60;
/** Rows that are held; those far from the screen go first. */
const MOST_ROWS = 4000;
const REQUESTS = 2;

/** What is asked: the params that name the table, and the metrics of whose history the rows tell. */
export interface Question {
  readonly params: Params;
  readonly histories: readonly string[];
}

interface Owner {
  question(): Question;
  onRows(): void;
  onFailure(error: unknown): void;
}

export class TableRows {
  /** null before the first rows. */
  count: number | null = null;
  version = 0;
  /** Rows that have come in above the screen; the view scrolls on by so many. */
  shift = 0;

  private readonly host: Host;
  private readonly owner: Owner;
  private rows = new Map<number, TableRow>();
  private first = 0;
  private end = 30;
  private readonly pending = new Set<number>();
  /** Only the answer to the latest question counts. */
  private latest = 0;

  constructor(host: Host, owner: Owner) {
    this.host = host;
    this.owner = owner;
  }

  at(place: number): TableRow | undefined {
    return this.rows.get(place);
  }

  all(): Iterable<TableRow> {
    return this.rows.values();
  }

  /** The rows of another question, from the top. False when another one was asked meanwhile. */
  async ask(question: Question): Promise<boolean> {
    const attempt = (this.latest += 1);
    const reply = await this.read(question, 0, PAGE);
    if (attempt !== this.latest) {
      return false;
    }
    this.first = 0;
    this.end = 30;
    this.shift = -Infinity;
    this.replace(reply);
    return true;
  }

  /** The rows around the screen as they are now, in place of the old ones; the one at its top stays there. */
  async reload(): Promise<void> {
    const attempt = (this.latest += 1);
    const { first, end } = this;
    const anchor = first > 0 ? (this.rows.get(first)?.id ?? null) : null;
    try {
      const question = this.owner.question();
      let reply = await this.read(question, first - AHEAD, end + AHEAD, anchor);
      const moved = reply.anchor === null ? 0 : reply.anchor - first;
      if (Math.abs(moved) > AHEAD / 2) {
        reply = await this.read(question, first + moved - AHEAD, end + moved + AHEAD, anchor);
      }
      if (attempt === this.latest) {
        this.shift += moved;
        this.first = Math.max(0, first + moved);
        this.end = Math.max(0, end + moved);
        this.replace(reply);
        this.owner.onRows();
        this.fetchMissing();
      }
    } catch (error) {
      if (attempt === this.latest) {
        this.owner.onFailure(error);
      }
    }
  }

  /** These are on the screen now. */
  show(first: number, end: number): void {
    this.first = first;
    this.end = end;
    this.fetchMissing();
  }

  private async read(
    { params, histories }: Question,
    from: number,
    to: number,
    anchor: string | null = null,
  ): Promise<RowsReply> {
    const known: Record<string, string> = {};
    for (const [place, row] of this.rows) {
      if (place >= from - AHEAD && place < to + AHEAD) {
        known[row.id] = row.digest;
      }
    }
    const asked = { ...params, histories, from: Math.max(0, from), to, anchor, known };
    const { result } = await this.host.call("runs.rows", asked);
    return parseRows(result);
  }

  private replace(reply: RowsReply): void {
    const byId = new Map(Array.from(this.rows.values(), (row) => [row.id, row]));
    this.rows = new Map();
    this.take(reply, byId);
    this.version = reply.version;
    this.count = reply.count;
  }

  private take(reply: RowsReply, byId: ReadonlyMap<string, TableRow>): void {
    reply.rows.forEach((entry, index) => {
      const row = typeof entry === "string" ? byId.get(entry) : entry;
      if (row !== undefined) {
        this.rows.set(reply.start + index, row);
      }
    });
  }

  private fetchMissing(): void {
    const last = Math.min(this.count ?? 0, this.end + AHEAD);
    // What is on the screen comes before what may be soon.
    const places = [[this.first, Math.min(last, this.end)] as const, [this.first - AHEAD, last] as const];
    for (const [from, to] of places) {
      for (let place = Math.max(0, from); place < to; place += 1) {
        const page = Math.floor(place / PAGE);
        if (!this.rows.has(place) && !this.pending.has(page) && this.pending.size < REQUESTS) {
          void this.fetchPage(page);
        }
      }
    }
  }

  private async fetchPage(page: number): Promise<void> {
    const attempt = this.latest;
    this.pending.add(page);
    let reply: RowsReply | null = null;
    try {
      reply = await this.read(this.owner.question(), page * PAGE, (page + 1) * PAGE);
    } catch (error) {
      this.owner.onFailure(error);
    } finally {
      this.pending.delete(page);
    }
    if (reply === null || attempt !== this.latest) {
      return;
    }
    if (reply.version !== this.version) {
      await this.reload();
      return;
    }
    this.take(reply, new Map(Array.from(this.rows.values(), (row) => [row.id, row])));
    this.forgetFar();
    this.owner.onRows();
    if (reply.rows.length > 0) {
      this.fetchMissing();
    }
  }

  private forgetFar(): void {
    if (this.rows.size > MOST_ROWS) {
      for (const place of this.rows.keys()) {
        if (Math.abs(place - this.first) > MOST_ROWS / 3) {
          this.rows.delete(place);
        }
      }
    }
  }
}
