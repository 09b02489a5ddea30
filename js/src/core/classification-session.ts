/** The classification metrics of some runs on one host, followed while a view is on the screen. */

import type { Classification } from "./classification";
import { parseClassifications } from "./classification";
import type { Coalesced } from "./frame";
import { coalesce } from "./frame";
import type { FollowStatus, Host } from "./host";
import { isFields, text } from "./parse";

export class RunClassifications {
  readonly key: string;
  /** Id of the run, which decides its colour. */
  id: string;
  name: string;
  logged: readonly Classification[] = [];
  live = true;
  /** Whether anything has been heard of the run. */
  known = false;
  problem: string | null = null;
  status: FollowStatus = { kind: "connecting" };

  constructor(key: string) {
    this.key = key;
    this.id = key;
    this.name = key.slice(0, 8);
  }

  /** That of a name, or the one logged last. */
  chosen(name: string): Classification | undefined {
    return name === "" ? this.logged.at(-1) : this.logged.find((each) => each.name === name);
  }
}

export class ClassificationSession {
  readonly host: Host;
  readonly runs: readonly RunClassifications[];
  private readonly listeners = new Set<() => void>();
  private readonly notify: Coalesced;

  constructor(host: Host, runs: readonly string[]) {
    this.host = host;
    this.runs = runs.map((key) => new RunClassifications(key));
    this.notify = coalesce(() => this.listeners.forEach((listener) => listener()));
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) {
        this.notify.cancel();
      }
    };
  }

  /** Pushes come until the returned function is called. */
  attach(): () => void {
    const leaves = this.runs.map((run) =>
      this.host.follow(
        { name: "classifications", params: { run: run.key }, columns: 0 },
        (update, buffers) => {
          run.problem = isFields(update.error) ? text(update.error.message) : null;
          if (isFields(update.of)) {
            run.id = text(update.of.id, run.id);
            run.name = text(update.of.name, run.name);
            run.live = update.live !== false;
            run.logged = parseClassifications(update.classifications, buffers);
            run.known = true;
          }
          this.notify.request();
        },
        (status) => {
          run.status = status;
          this.notify.request();
        },
      ),
    );
    return () => leaves.forEach((leave) => leave());
  }

  /** The bytes of an image among the artifacts; null where it cannot be shown. */
  async image(run: string, path: string): Promise<DataView | null> {
    const { buffers } = await this.host.call("artifacts.preview", { run, path });
    return buffers[0] ?? null;
  }
}
