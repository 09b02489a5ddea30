/** One topic that is followed over a comm: tells the kernel once for all subscribers, notices when the
 *  kernel has gone quiet, and tries again with growing pauses. */

import type { FollowStatus, Host, OnStatus, OnUpdate, Topic } from "../core/host";
import { HostError, errorText } from "../core/host";
import type { Fields } from "../core/parse";

interface Subscriber {
  readonly columns: number;
  readonly onUpdate: OnUpdate;
  readonly onStatus: OnStatus;
}

/** What a following needs of its host. */
export interface Channel extends Pick<Host, "call"> {
  readonly heardAt: number | null;
}

/** When a live topic has been silent for so long, the kernel is asked whether it is still there … */
export const QUIET_LIMIT = 15_000;
/** … and counts as gone when it says nothing within this time. */
export const PROBE_LIMIT = 3_000;
const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 30_000;

export class Following {
  private readonly channel: Channel;
  private readonly key: string;
  private readonly topic: Topic;
  private readonly source: string;
  private readonly subscribers = new Set<Subscriber>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private pause = FIRST_PAUSE;
  private ended = false;
  private closed = false;
  /** Only the latest `follow` may change the status. */
  private attempt = 0;

  /** `key` names the pushes of this topic, `source` whom they come from, for messages. */
  constructor(channel: Channel, key: string, topic: Topic, source = "The kernel") {
    this.source = source;
    this.channel = channel;
    this.key = key;
    this.topic = topic;
  }

  /** The returned function leaves again and says how many subscribers remain. */
  join(subscriber: Subscriber): () => number {
    this.subscribers.add(subscriber);
    // Also for the second subscriber: only a new follow brings the whole picture, which it lacks.
    this.send();
    return () => {
      if (this.subscribers.delete(subscriber) && this.subscribers.size === 0) {
        this.stop();
      }
      return this.subscribers.size;
    };
  }

  onPush(update: Fields, buffers: readonly DataView[]): void {
    if (typeof update.live === "boolean") {
      this.ended = !update.live;
    }
    this.pause = FIRST_PAUSE;
    this.subscribers.forEach((subscriber) => subscriber.onUpdate(update, buffers));
    this.report({ kind: "live" });
    this.watch();
  }

  onClosed(): void {
    this.closed = true;
    this.clearTimer();
    this.lost("The kernel is gone. Run the cell again.");
  }

  /** What carried the pushes broke: begin anew in a while. */
  onBroken(message: string): void {
    this.attempt += 1;
    this.lost(message);
    this.retry();
  }

  private send(): void {
    const attempt = (this.attempt += 1);
    const columns = Math.max(...Array.from(this.subscribers, (subscriber) => subscriber.columns));
    const sentAt = Date.now();
    this.watch();
    const { name, params, cursor } = this.topic;
    this.channel
      .call("follow", { ...params, ...cursor?.(), key: this.key, topic: name, columns })
      .catch((error: unknown) => {
        if (attempt === this.attempt) {
          this.onFailure(error, sentAt);
        }
      });
  }

  private onFailure(error: unknown, sentAt: number): void {
    if (!(error instanceof HostError) || !error.unanswered) {
      this.clearTimer();
      this.report({ kind: "refused", message: errorText(error) });
      return;
    }
    // Pushes may flow from a thread although the kernel is too busy to answer: then all is well.
    if ((this.channel.heardAt ?? 0) <= sentAt) {
      this.lost(error.message);
      this.retry();
    }
  }

  private lost(message: string): void {
    this.report({ kind: "disconnected", since: this.channel.heardAt, message });
  }

  private watch(): void {
    this.clearTimer();
    if (!this.ended && !this.closed) {
      this.timer = setTimeout(() => this.probe(), QUIET_LIMIT);
    }
  }

  /** Silence alone proves nothing: a topic may have nothing to say. */
  private probe(): void {
    const askedAt = Date.now();
    this.send();
    this.clearTimer();
    this.timer = setTimeout(() => {
      if ((this.channel.heardAt ?? 0) < askedAt) {
        this.lost(`${this.source} has gone quiet.`);
      }
      this.watch();
    }, PROBE_LIMIT);
  }

  private retry(): void {
    this.clearTimer();
    if (this.closed) {
      return;
    }
    this.timer = setTimeout(() => this.send(), this.pause);
    this.pause = Math.min(LONGEST_PAUSE, this.pause * 2);
  }

  private stop(): void {
    this.attempt += 1;
    this.clearTimer();
    if (!this.closed) {
      // Nobody waits for this answer: a kernel that is gone has nothing left to stop.
      this.channel.call("unfollow", { key: this.key }).catch(() => undefined);
    }
  }

  private report(status: FollowStatus): void {
    this.subscribers.forEach((subscriber) => subscriber.onStatus(status));
  }

  private clearTimer(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }
}
