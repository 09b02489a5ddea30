/** The experiments of a connection, followed while somebody looks. */

import type { Host, Params } from "../../core/host";
import type { Fields } from "../../core/parse";
import { isFields, list, text } from "../../core/parse";

export interface Experiment {
  readonly id: string;
  readonly name: string;
  readonly runs: number | null;
  readonly active: number | null;
}

/** A platform that has said nothing for so long (ms) is called slow. */
const PATIENCE = 5000;

export class Overview {
  experiments: readonly Experiment[] | null = null;
  active = 0;
  problem: string | null = null;
  problemKind = "";
  /** Nothing has come for a while. */
  slow = false;
  /** Operations that the platform has not. */
  lacking: ReadonlySet<string> = new Set();
  /** Of what was told last: it is not sent again when it is followed anew. */
  private version: unknown = null;
  private unfollow: (() => void) | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly host: Host,
    private readonly pace: Params,
    private readonly changed: () => void,
  ) {}

  open(): void {
    this.timer ??= setTimeout(() => {
      this.slow = this.experiments === null;
      this.changed();
    }, PATIENCE);
    this.unfollow ??= this.host.follow(
      {
        name: "overview",
        params: this.pace,
        columns: 1,
        // While there is a problem, the whole answer says that it is over.
        cursor: () => (this.problem === null && this.version !== null ? { known: this.version } : {}),
      },
      (update) => this.onUpdate(update),
      (status) => {
        // While Jupyter's own server is away the last picture stays: the sidebar says it once for all.
        if (status.kind === "refused") {
          this.problem = status.message;
          this.problemKind = "";
        }
        this.changed();
      },
    );
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.unfollow?.();
    this.unfollow = null;
  }

  private onUpdate(update: Fields): void {
    if (isFields(update.error)) {
      this.problem = text(update.error.message, "There is no news.");
      this.problemKind = text(update.error.kind);
    } else if (Array.isArray(update.experiments) || this.problemKind === "") {
      // A sign of life alone does not mean that the platform answers again.
      this.problem = null;
    }
    if (Array.isArray(update.experiments)) {
      this.slow = false;
      this.version = update.version;
      this.problemKind = "";
      this.experiments = (update.experiments as unknown[]).filter(isFields).map((each) => ({
        id: text(each.id),
        name: text(each.name),
        runs: typeof each.runs === "number" ? each.runs : null,
        active: typeof each.active === "number" ? each.active : null,
      }));
      this.active = typeof update.active === "number" ? update.active : 0;
      this.lacking = new Set(list(update.lacking).map(String));
    }
    this.changed();
  }
}
