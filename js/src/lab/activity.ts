/** Which runs of a connection are active, which of them have just ended, and what alerts are raised there. */

import { Signal } from "@lumino/signaling";
import type { FollowStatus, Params } from "../core/host";
import { errorText } from "../core/host";
import type { Fields } from "../core/parse";
import { isFields, list, parseRun, text } from "../core/parse";
import type { RunData } from "../core/wire";
import { hasEnded } from "../core/wire";
import type { TrackerService } from "./service";

const ACTIVE = { where: "state IN ('queued', 'running', 'stopping')" };
/** Active runs that are looked at one by one. */
const MOST = 200;

export interface AlertData {
  readonly run: string;
  readonly name: string;
  readonly experiment: string;
  readonly level: string;
  readonly title: string;
  readonly text: string;
}

export class Activity {
  readonly changed = new Signal<this, void>(this);
  readonly ended = new Signal<this, RunData>(this);
  readonly alerted = new Signal<this, AlertData>(this);
  readonly connection: string;
  count = 0;
  problem: string | null = null;

  private known = new Map<string, RunData>();
  private begun = false;
  private latest = 0;
  /** Of the alert that was told last. */
  private cursor: Params = {};
  private leave: (() => void)[] = [];
  private readonly service: TrackerService;

  constructor(service: TrackerService, connection: string) {
    this.service = service;
    this.connection = connection;
  }

  start(): void {
    if (this.leave.length > 0) {
      return;
    }
    const host = this.service.host(this.connection);
    const onStatus = (status: FollowStatus): void => {
      this.problem = status.kind === "disconnected" || status.kind === "refused" ? status.message : null;
      this.changed.emit();
    };
    this.leave = [
      host.follow({ name: "table", params: ACTIVE, columns: 1 }, (update) => this.onTable(update), onStatus),
      host.follow(
        { name: "alerts", params: {}, columns: 1, cursor: () => this.cursor },
        (update) => this.onAlerts(update),
        onStatus,
      ),
    ];
  }

  stop(): void {
    this.leave.forEach((leave) => leave());
    this.leave = [];
  }

  runs(): readonly RunData[] {
    return Array.from(this.known.values());
  }

  private onTable(update: Fields): void {
    if (typeof update.count === "number") {
      this.count = update.count;
      void this.read();
    }
    this.problem = null;
    this.changed.emit();
  }

  private onAlerts(update: Fields): void {
    if (isFields(update.cursor)) {
      this.cursor = { cursor: update.cursor };
    }
    for (const each of list(update.alerts).filter(isFields)) {
      this.alerted.emit({
        run: text(each.run),
        name: text(each.name),
        experiment: text(each.experiment),
        level: text(each.level),
        title: text(each.title),
        text: text(each.text),
      });
    }
  }

  private async read(): Promise<void> {
    const attempt = (this.latest += 1);
    try {
      const asked = { ...ACTIVE, from: 0, to: MOST };
      const { result } = await this.service.call(this.connection, "runs.rows", asked);
      const rows = list(isFields(result) ? result.rows : null);
      const active = new Map(rows.map(parseRun).flatMap((run) => (run === null ? [] : [[run.id, run]])));
      if (attempt !== this.latest) {
        return;
      }
      const gone = Array.from(this.known.keys()).filter((id) => !active.has(id));
      this.known = active;
      if (this.begun) {
        await Promise.all(gone.map((id) => this.tell(id)));
      }
      this.begun = true;
    } catch (error) {
      this.problem = errorText(error);
    }
    this.changed.emit();
  }

  private async tell(id: string): Promise<void> {
    const { result } = await this.service.call(this.connection, "runs.get", { run: id });
    const run = isFields(result) ? parseRun(result.run) : null;
    if (run !== null && hasEnded(run.state)) {
      this.ended.emit(run);
    }
  }
}
