/** What a view may ask of the side that holds the data: a kernel comm today, an HTTP server later. */

import type { Fields } from "./parse";

export type Params = Readonly<Record<string, unknown>>;

export interface Reply {
  readonly result: unknown;
  readonly buffers: readonly DataView[];
}

/** `message` is plain text for people; `since` is when the last word was heard (epoch ms). */
export type FollowStatus =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | { readonly kind: "disconnected"; readonly since: number | null; readonly message: string }
  | { readonly kind: "refused"; readonly message: string };

/** As it came; who follows the topic knows how to read it. */
export type OnUpdate = (update: Fields, buffers: readonly DataView[]) => void;
/** Something that changes. Followers of the same name and params share what is pushed; it is as fine as the finest
 *  of them wants it. */
export interface Topic {
  readonly name: string;
  readonly params: Params;
  /** Pixel columns for which points are reduced. */
  readonly columns: number;
  /** Where to go on when it is followed anew; without it the first push holds everything. */
  readonly cursor?: () => Params;
}

export type OnStatus = (status: FollowStatus) => void;

export interface Host {
  /** Rejects with a {@link HostError}, also when no answer comes in time. */
  call(op: string, params: Params): Promise<Reply>;
  /** Pushes of one topic until the returned function is called; the first push holds everything. */
  follow(topic: Topic, onUpdate: OnUpdate, onStatus: OnStatus): () => void;
}

/** The kinds made on this side; every other kind comes from the host as it is. */
export const TIMEOUT = "Timeout";
export const CLOSED = "Closed";

export class HostError extends Error {
  readonly kind: string;
  /** Where in a filter the mistake is, counted from 0. */
  readonly column: number | null;

  constructor(kind: string, message: string, column: number | null = null) {
    super(message);
    this.name = "HostError";
    this.kind = kind;
    this.column = column;
  }

  /** True when nobody answered, false when somebody answered "no". */
  get unanswered(): boolean {
    return this.kind === TIMEOUT || this.kind === CLOSED;
  }
}

/** Text for people out of whatever was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : String(error);
}
