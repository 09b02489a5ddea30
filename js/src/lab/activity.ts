/** Which runs are active on this machine, and which of them have just ended. */

import { Signal } from "@lumino/signaling";
import { errorText } from "../core/host";
import { isFields, parseRun } from "../core/parse";
import type { RunData } from "../core/wire";
import { hasEnded } from "../core/wire";
import type { TrackerService } from "./service";
import { LOCAL } from "./service";

const ACTIVE = { where: "state IN ('queued', 'running', 'stopping')" };
/** Active runs that are looked at one by one. */
const MOST = 200;

export class Activity {
  readonly changed = new Signal<this, void>(this);
  readonly ended = new Signal<this, RunData>(this);
  count = 0;
  problem: string | null = null;

  private known = new Map<string, RunData>();
  private begun = false;
  private latest = 0;
  private readonly service: TrackerService;

  constructor(service: TrackerService) {
    this.service = service;
  }

  start(): void {
    this.service.host(LOCAL).follow(
      { name: "table", params: ACTIVE, columns: 1 },
      (update) => {
        if (typeof update.count === "number") {
          this.count = update.count;
          void this.read();
        }
        this.problem = null;
        this.changed.emit();
      },
      (status) => {
        this.problem = status.kind === "disconnected" || status.kind === "refused" ? status.message : null;
        this.changed.emit();
      },
    );
  }

  runs(): readonly RunData[] {
    return Array.from(this.known.values());
  }

  private async read(): Promise<void> {
    const attempt = (this.latest += 1);
    try {
      const { result } = await this.service.call(LOCAL, "runs.rows", { ...ACTIVE, from: 0, to: MOST });
      const rows = isFields(result) && Array.isArray(result.rows) ? (result.rows as unknown[]) : [];
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
    const { result } = await this.service.call(LOCAL, "runs.get", { run: id });
    const run = isFields(result) ? parseRun(result.run) : null;
    if (run !== null && hasEnded(run.state)) {
      this.ended.emit(run);
    }
  }
}
