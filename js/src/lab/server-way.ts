/** The way past the kernel (`core/way`): a host over the server's connection to where the runs of a panel are kept. */

import type { Host } from "../core/host";
import { HostError } from "../core/host";
import { text } from "../core/parse";
import { trans } from "../core/translate";
import type { Place, Way } from "../core/way";
import { GroupHost } from "./group-host";
import type { RunTarget } from "./run-target";
import type { TrackerService } from "./service";

export class ServerWay implements Way {
  readonly version = 1;
  private readonly service: TrackerService;
  private readonly listeners = new Set<(where: Node) => void>();
  /** Names of connections by home. */
  private readonly found = new Map<string, Promise<string>>();

  constructor(service: TrackerService) {
    this.service = service;
    service.connectionsChanged.connect(() => this.found.clear());
  }

  async host({ home, runs, elsewhere }: Place): Promise<Host> {
    const homes = new Set([home, ...Object.values(elsewhere).map(([other]) => other)]);
    const names = new Map<string, string>();
    for (const each of homes) {
      names.set(each, await this.connection(each));
    }
    const first = names.get(home) ?? "";
    if (Object.keys(elsewhere).length === 0) {
      return this.service.host(first);
    }
    const targets = runs.map((key): RunTarget => {
      const [where, id] = elsewhere[key] ?? [home, key];
      return { connection: names.get(where) ?? first, id, name: id };
    });
    // It gives the runs the same keys as the kernel did.
    return new GroupHost((connection) => this.service.host(connection), targets);
  }

  watch(onGone: (where: Node) => void): () => void {
    this.listeners.add(onGone);
    return () => this.listeners.delete(onGone);
  }

  /** The kernel of the outputs in an element is gone. */
  tellGone(where: Node): void {
    Array.from(this.listeners).forEach((listener) => listener(where));
  }

  private connection(home: string): Promise<string> {
    const known = this.found.get(home);
    if (known !== undefined) {
      return known;
    }
    const asked = this.ask(home);
    this.found.set(home, asked);
    asked.catch(() => this.found.delete(home));
    return asked;
  }

  private async ask(home: string): Promise<string> {
    try {
      return text((await this.service.ask("connections.find", { home })).name);
    } catch (error) {
      if (!(error instanceof HostError) || error.kind !== "NotFound") {
        throw error;
      }
      const message = trans.__(
        "Jupyter's server has no connection to where its runs are kept: add one in the sidebar, or run the cell again.",
      );
      throw new HostError("NotFound", message);
    }
  }
}
