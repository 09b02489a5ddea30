/** A host over several: each run leads to the connection that it belongs to. */

import type { Host, OnStatus, OnUpdate, Params, Reply, Topic } from "../core/host";
import { HostError } from "../core/host";
import type { RunTarget } from "./run-target";
import { trans } from "../core/translate";

export class GroupHost implements Host {
  /** By which the page knows each run: its id, with a number where two connections have the same. */
  readonly keys: readonly string[];

  private readonly members: ReadonlyMap<string, RunTarget>;
  private readonly hostOf: (connection: string) => Host;

  constructor(hostOf: (connection: string) => Host, targets: readonly RunTarget[]) {
    this.hostOf = hostOf;
    const members = new Map<string, RunTarget>();
    for (const target of targets) {
      const same = Array.from(members.values()).filter(({ id }) => id === target.id);
      if (same.every(({ connection }) => connection !== target.connection)) {
        members.set(same.length === 0 ? target.id : `${target.id}~${same.length + 1}`, target);
      }
    }
    this.members = members;
    this.keys = Array.from(members.keys());
  }

  async call(op: string, params: Params): Promise<Reply> {
    const { host, connection, params: asked } = this.aim(params);
    const other = typeof params.other === "string" ? this.members.get(params.other) : undefined;
    if (other === undefined) {
      return host.call(op, asked);
    }
    if (other.connection !== connection) {
      throw new HostError(
        "Unsupported",
        trans.__("The code of runs of two connections is compared in a notebook."),
      );
    }
    return host.call(op, { ...asked, other: other.id });
  }

  follow(topic: Topic, onUpdate: OnUpdate, onStatus: OnStatus): () => void {
    const { host, params } = this.aim(topic.params);
    return host.follow({ ...topic, params }, onUpdate, onStatus);
  }

  private aim(params: Params): { host: Host; connection: string; params: Params } {
    const named = typeof params.run === "string" ? this.members.get(params.run) : undefined;
    // What is about no run, as parts of a view are, any of them can answer.
    const target = named ?? this.members.values().next().value;
    const connection = target?.connection ?? "local";
    const asked = named === undefined ? params : { ...params, run: named.id };
    return { host: this.hostOf(connection), connection, params: asked };
  }
}
