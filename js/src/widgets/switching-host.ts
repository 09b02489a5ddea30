/** The Host of a panel: the kernel's, and another one when the kernel is gone. Views notice no more of it than that
 *  the data goes on. */

import type { FollowStatus, Host, OnStatus, OnUpdate, Params, Reply, Topic } from "../core/host";
import { CLOSED, HostError } from "../core/host";
import { ownError } from "../core/way";

interface Followed {
  readonly topic: Topic;
  readonly onUpdate: OnUpdate;
  readonly onStatus: OnStatus;
  leave: () => void;
  /** What the kernel's host said of it while another one was sought. */
  held: FollowStatus | null;
}

/** The host that takes over. Null when there is none to ask; rejects when it cannot. */
export type Successor = () => Promise<Host> | null;

const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 30_000;

export class SwitchingHost implements Host {
  private host: Host;
  private readonly successor: Successor;
  private readonly followed = new Set<Followed>();
  private switched = false;
  private trying: Promise<void> | null = null;
  /** Why nobody can take over, where that was said. */
  private refusal: string | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private pause = FIRST_PAUSE;

  constructor(kernel: Host, successor: Successor) {
    this.host = kernel;
    this.successor = successor;
  }

  async call(op: string, params: Params): Promise<Reply> {
    if (this.trying !== null) {
      await this.trying;
    }
    if (this.switched) {
      return this.callOther(op, params);
    }
    try {
      return await this.host.call(op, params);
    } catch (error) {
      // A kernel that is gone has not done it; one that is silent may have.
      if (!(error instanceof HostError) || error.kind !== CLOSED) {
        throw error;
      }
      await this.lose();
      if (this.isSwitched()) {
        return this.callOther(op, params);
      }
      throw this.refusal === null ? error : new HostError(CLOSED, `${error.message} ${this.refusal}`);
    }
  }

  follow(topic: Topic, onUpdate: OnUpdate, onStatus: OnStatus): () => void {
    const followed: Followed = { topic, onUpdate, onStatus, leave: () => undefined, held: null };
    this.followed.add(followed);
    this.begin(followed);
    return () => {
      this.followed.delete(followed);
      followed.leave();
      if (this.followed.size === 0) {
        this.rest();
      }
    };
  }

  dispose(): void {
    this.followed.clear();
    this.rest();
  }

  private begin(followed: Followed): void {
    followed.held = null;
    const { topic, onUpdate } = followed;
    followed.leave = this.host.follow(topic, onUpdate, (status) => this.onStatus(followed, status));
  }

  private onStatus(followed: Followed, status: FollowStatus): void {
    if (this.switched || status.kind !== "disconnected") {
      followed.held = null;
      followed.onStatus(status);
      return;
    }
    // Said only if nobody takes over: else it would flash up.
    followed.held = status;
    void this.lose();
  }

  /** Asks who takes over; at once when somebody is being asked already. */
  private async lose(): Promise<void> {
    if (this.switched || this.trying !== null) {
      return this.trying ?? undefined;
    }
    const asked = this.successor();
    if (asked === null) {
      this.say();
      return;
    }
    this.rest();
    this.trying = asked.then(
      (other) => this.switchTo(other),
      (error: unknown) => this.stay(ownError(error)),
    );
    await this.trying;
    this.trying = null;
  }

  private switchTo(other: Host): void {
    this.switched = true;
    this.host = other;
    for (const followed of this.followed) {
      followed.leave();
      this.begin(followed);
    }
  }

  private stay(error: HostError): void {
    this.refusal = error.unanswered ? null : error.message;
    if (error.unanswered) {
      this.timer = setTimeout(() => void this.lose(), this.pause);
      this.pause = Math.min(LONGEST_PAUSE, 2 * this.pause);
    }
    this.say();
  }

  /** What was held back. */
  private say(): void {
    for (const followed of this.followed) {
      const { held } = followed;
      followed.held = null;
      if (held?.kind === "disconnected") {
        const message = this.refusal === null ? held.message : `${held.message} ${this.refusal}`;
        followed.onStatus({ ...held, message });
      }
    }
  }

  /** No further attempt by itself. */
  private rest(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }

  private async callOther(op: string, params: Params): Promise<Reply> {
    try {
      return await this.host.call(op, params);
    } catch (error) {
      throw ownError(error);
    }
  }

  /** A method, since what was false may have become true while something was awaited. */
  private isSwitched(): boolean {
    return this.switched;
  }
}
