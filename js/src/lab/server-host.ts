/** The Host over the server extension: requests by HTTP, updates by the stream that a page has. One for each profile. */

import type { Host, OnStatus, OnUpdate, Params, Reply, Topic } from "../core/host";
import { HostError } from "../core/host";
import type { Fields } from "../core/parse";
import { text } from "../core/parse";
import { Following } from "../widgets/following";
import type { Listener, ServerLink } from "./server-link";
import { trans } from "../core/translate";

export class ServerHost implements Host, Listener {
  readonly profile: string;
  /** When anything at all last came for this profile (epoch ms). */
  heardAt: number | null = null;

  private readonly link: ServerLink;
  private readonly followings = new Map<string, Following>();

  constructor(link: ServerLink, profile: string) {
    this.link = link;
    this.profile = profile;
    link.listen(this);
  }

  async call(op: string, params: Params): Promise<Reply> {
    const { profile } = this;
    if (op === "follow" || op === "unfollow") {
      if (op === "follow") {
        await this.link.follow({ ...params, profile });
      } else {
        this.link.unfollow(params);
      }
      this.heardAt = Date.now();
      return { result: {}, buffers: [] };
    }
    try {
      const reply = await (op === "assets.get"
        ? this.link.asset(text(params.name))
        : this.link.post(op, { profile, params }));
      this.heardAt = Date.now();
      return reply;
    } catch (error) {
      if (error instanceof HostError && !error.unanswered) {
        this.heardAt = Date.now();
      }
      throw error;
    }
  }

  follow(topic: Topic, onUpdate: OnUpdate, onStatus: OnStatus): () => void {
    const key = JSON.stringify([this.profile, topic.name, topic.params]);
    const following =
      this.followings.get(key) ?? new Following(this, key, topic, trans.__("Jupyter's server"));
    this.followings.set(key, following);
    const leave = following.join({ columns: topic.columns, onUpdate, onStatus });
    return () => {
      if (leave() === 0 && this.followings.get(key) === following) {
        this.followings.delete(key);
      }
    };
  }

  onPush(key: string, update: Fields, buffers: readonly DataView[]): void {
    const following = this.followings.get(key);
    if (following !== undefined) {
      this.heardAt = Date.now();
      following.onPush(update, buffers);
    }
  }

  onBroken(message: string): void {
    this.followings.forEach((following) => following.onBroken(message));
  }
}
