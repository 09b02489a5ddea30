import type { Host, OnStatus, OnUpdate, Params, Reply } from "../src/core/host";

export interface Follow {
  readonly run: string;
  readonly columns: number;
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

  follow(run: string, columns: number, onUpdate: OnUpdate, onStatus: OnStatus): () => void {
    const follow = { run, columns, onUpdate, onStatus, active: true };
    this.follows.push(follow);
    return () => {
      follow.active = false;
    };
  }
}
