/** What all hosts of a page share: requests to the server extension, and one WebSocket for what changes. */

import { URLExt } from "@jupyterlab/coreutils";
import { ServerConnection } from "@jupyterlab/services";
import type { Params, Reply } from "../core/host";
import { CLOSED, HostError, TIMEOUT } from "../core/host";
import type { Fields } from "../core/parse";
import { isFields, text } from "../core/parse";
import { unpackFrame } from "./frames";

export const API = "jupyter-tracker/api";
export const CALL_TIMEOUT = 70_000;
/** The WebSocket is given up when nothing was followed for so long (ms). */
export const IDLE_LIMIT = 20_000;
export const SIGNED_OUT = "SignedOut";
export const NOT_INSTALLED = "NotInstalled";

export type OnPush = (key: string, update: Fields, buffers: readonly DataView[]) => void;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: HostError) => void;
}

export interface Listener {
  onPush: OnPush;
  /** The stream broke; everything has to be followed anew. */
  onBroken(message: string): void;
}

export class ServerLink {
  readonly settings: ServerConnection.ISettings;
  private socket: Promise<WebSocket> | null = null;
  private readonly listeners = new Set<Listener>();
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private followed = 0;
  private idle: ReturnType<typeof setTimeout> | undefined;

  constructor(settings: ServerConnection.ISettings = ServerConnection.makeSettings()) {
    this.settings = settings;
  }

  listen(listener: Listener): void {
    this.listeners.add(listener);
  }

  /** Rejects with a {@link HostError} that says what to do. */
  async post(op: string, body: Readonly<Record<string, unknown>>): Promise<Reply> {
    const url = URLExt.join(this.settings.baseUrl, API, encodeURIComponent(op));
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), CALL_TIMEOUT);
    const init = { method: "POST", body: JSON.stringify(body), signal: abort.signal };
    let response: Response;
    let data: ArrayBuffer;
    try {
      response = await ServerConnection.makeRequest(url, init, this.settings);
      data = await response.arrayBuffer();
    } catch {
      throw new HostError(TIMEOUT, "Jupyter's server does not answer. Is it still running?");
    } finally {
      clearTimeout(timer);
    }
    return readReply(response, data);
  }

  /** Begin to follow: opens the stream if need be. */
  async follow(params: Params): Promise<void> {
    this.followed += 1;
    clearTimeout(this.idle);
    try {
      await this.send("follow", params);
    } catch (error) {
      this.followed -= 1;
      throw error;
    }
  }

  /** Nobody waits for the answer: when the stream is gone, nothing is followed. */
  unfollow(params: Params): void {
    this.followed = Math.max(0, this.followed - 1);
    if (this.socket !== null) {
      this.send("unfollow", params).catch(() => undefined);
    }
    clearTimeout(this.idle);
    this.idle = setTimeout(() => {
      if (this.followed === 0) {
        this.close();
      }
    }, IDLE_LIMIT);
  }

  /** Ends the stream; what is followed begins anew. */
  close(): void {
    void this.socket?.then(
      (socket) => socket.close(),
      () => undefined,
    );
  }

  private async send(op: string, params: Params): Promise<void> {
    const socket = await (this.socket ??= this.open());
    const id = (this.lastId += 1);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, op, params }));
    });
  }

  private open(): Promise<WebSocket> {
    const { wsUrl, token, WebSocket: Socket } = this.settings;
    const query = token === "" ? "" : `?token=${encodeURIComponent(token)}`;
    const opened = new Promise<WebSocket>((resolve, reject) => {
      const socket = new Socket(URLExt.join(wsUrl, API, "stream") + query);
      socket.binaryType = "arraybuffer";
      socket.onopen = () => resolve(socket);
      socket.onmessage = ({ data }) => this.onMessage(data);
      socket.onclose = () => {
        if (this.socket === opened) {
          this.socket = null;
        }
        this.why().then(
          (message) => {
            reject(new HostError(CLOSED, message));
            this.onBroken(message);
          },
          (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
        );
      };
    });
    return opened;
  }

  /** A WebSocket does not say why it was refused; a request does, by its error. */
  private async why(): Promise<string> {
    try {
      await this.post("about", {});
    } catch (error) {
      if (error instanceof HostError && error.unanswered) {
        return error.message;
      }
      this.onBroken(error instanceof Error ? error.message : String(error));
      throw error;
    }
    return "The connection to Jupyter's server broke. It is tried again.";
  }

  private onBroken(message: string): void {
    this.followed = 0;
    this.waiting.forEach(({ reject }) => reject(new HostError(CLOSED, message)));
    this.waiting.clear();
    this.listeners.forEach((listener) => listener.onBroken(message));
  }

  private onMessage(data: unknown): void {
    let content: unknown;
    let buffers: DataView[] = [];
    try {
      if (data instanceof ArrayBuffer) {
        ({ content, buffers } = unpackFrame(data));
      } else {
        content = JSON.parse(String(data));
      }
    } catch {
      return; // a message of a newer server
    }
    if (!isFields(content)) {
      return;
    }
    const { push, update } = content;
    if (typeof push === "string" && isFields(update)) {
      this.listeners.forEach((listener) => listener.onPush(push, update, buffers));
    } else if (typeof content.id === "number") {
      const waiting = this.waiting.get(content.id);
      this.waiting.delete(content.id);
      if (isFields(content.error)) {
        waiting?.reject(errorOf(content.error));
      } else {
        waiting?.resolve();
      }
    }
  }
}

function errorOf({ kind, message }: Fields): HostError {
  return new HostError(text(kind, "Error"), text(message, "The server gave no reason."));
}

function readReply(response: Response, data: ArrayBuffer): Reply {
  if (response.status === 401 || response.status === 403) {
    throw new HostError(
      SIGNED_OUT,
      "Jupyter does not let you in: the sign-in has expired or lacks the right. Reload the page to sign in again.",
    );
  }
  let content: unknown = null;
  let buffers: DataView[] = [];
  try {
    if (response.headers.get("Content-Type")?.startsWith("application/octet-stream") === true) {
      ({ content, buffers } = unpackFrame(data));
    } else {
      content = JSON.parse(new TextDecoder().decode(data));
    }
  } catch {
    content = null; // a page of a proxy, say
  }
  if (isFields(content) && isFields(content.error)) {
    throw errorOf(content.error);
  }
  if (response.status === 404) {
    throw new HostError(
      NOT_INSTALLED,
      "The server part of jupyter_tracker is not running. Run `jupyter server extension enable jupyter_tracker` and restart Jupyter.",
    );
  }
  if (!response.ok || !isFields(content)) {
    throw new HostError("Error", `Jupyter's server answered with HTTP ${response.status}.`);
  }
  return { result: content.result, buffers };
}
