import type { Host, OnStatus, OnUpdate, Params, Reply, Topic } from "../src/core/host";

export interface Follow {
  readonly topic: Topic;
  readonly onUpdate: OnUpdate;
  readonly onStatus: OnStatus;
  active: boolean;
}

export interface Call {
  readonly op: string;
  readonly params: Params;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** Records what views ask for; the test answers when it likes. */
export class MockHost implements Host {
  readonly follows: Follow[] = [];
  readonly calls: Call[] = [];

  call(op: string, params: Params): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.calls.push({ op, params, resolve, reject });
    });
  }

  follow(topic: Topic, onUpdate: OnUpdate, onStatus: OnStatus): () => void {
    const follow = { topic, onUpdate, onStatus, active: true };
    this.follows.push(follow);
    return () => {
      follow.active = false;
    };
  }
}
