/** A host on which there is a form: all that is asked of the form names what it is of. */

import type { Host, OnStatus, OnUpdate, Params, Reply, Topic } from "./host";

export class FormHost implements Host {
  private readonly host: Host;
  private readonly start: Params;

  constructor(host: Host, start: Params) {
    this.host = host;
    this.start = start;
  }

  call(op: string, params: Params): Promise<Reply> {
    return this.host.call(op, op.startsWith("form.") ? { ...params, ...this.start } : params);
  }

  follow(topic: Topic, onUpdate: OnUpdate, onStatus: OnStatus): () => void {
    return this.host.follow(topic, onUpdate, onStatus);
  }
}
