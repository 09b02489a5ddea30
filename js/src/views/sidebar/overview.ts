/** The experiments of a connection, followed while somebody looks. */

import type { Host } from "../../core/host";
import type { Fields } from "../../core/parse";
import { isFields, text } from "../../core/parse";

export interface Experiment {
  readonly id: string;
  readonly name: string;
  readonly runs: number | null;
  readonly active: number | null;
}

export class Overview {
  experiments: readonly Experiment[] | null = null;
  active = 0;
  problem: string | null = null;
  problemKind = "";
  private unfollow: (() => void) | null = null;

  constructor(
    private readonly host: Host,
    private readonly changed: () => void,
  ) {}

  open(): void {
    this.unfollow ??= this.host.follow(
      { name: "overview", params: {}, columns: 1 },
      (update) => this.onUpdate(update),
      (status) => {
        if (status.kind === "disconnected" || status.kind === "refused") {
          this.problem = status.message;
        }
        this.changed();
      },
    );
  }

  close(): void {
    this.unfollow?.();
    this.unfollow = null;
  }

  private onUpdate(update: Fields): void {
    this.problem = isFields(update.error) ? text(update.error.message, "There is no news.") : null;
    this.problemKind = isFields(update.error) ? text(update.error.kind) : "";
    if (Array.isArray(update.experiments)) {
      this.experiments = (update.experiments as unknown[]).filter(isFields).map((each) => ({
        id: text(each.id),
        name: text(each.name),
        runs: typeof each.runs === "number" ? each.runs : null,
        active: typeof each.active === "number" ? each.active : null,
      }));
      this.active = typeof update.active === "number" ? update.active : 0;
    }
    this.changed();
  }
}
