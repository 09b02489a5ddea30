/** What all hosts of a page share: requests to the server extension, and one WebSocket for what changes. */

import { URLExt } from "@jupyterlab/coreutils";
import { ServerConnection } from "@jupyterlab/services";
import type { Params, Reply } from "../core/host";
import { CLOSED, HostError, TIMEOUT, errorText } from "../core/host";
import type { Fields } from "../core/parse";
import { isFields, text } from "../core/parse";
import { unpackFrame } from "./frames";
import { errorOf, readReply } from "./server-reply";
import { trans } from "../core/translate";

export const API = "jupyter-tracker/api";
export const CALL_TIMEOUT = 70_000;
/** The WebSocket is given up when nothing was followed for so long (ms). */
export const IDLE_LIMIT = 20_000;

export type OnPush = (key: string, update: Fields, buffers: readonly DataView[]) => void;

interface Waiting {
  readonly resolve: (result: Fields) => void;
  readonly reject: (error: HostError) => void;
}

export interface Listener {
  onPush: OnPush;
  /** The stream broke; everything has to be followed anew. */
  onBroken(message: string): void;
  /** The stream is there. */
  onOpen?(): void;
}

export class ServerLink {
  readonly settings: ServerConnection.ISettings;
  private socket: Promise<WebSocket> | null = null;
  private readonly listeners = new Set<Listener>();
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private followed = 0;
  private idle: ReturnType<typeof setTimeout> | undefined;
  /** By which the server knows this page again, and how many updates came: it goes on behind them. */
  private page: string | null = null;
  private received = 0;

  constructor(settings: ServerConnection.ISettings = ServerConnection.makeSettings()) {
    this.settings = settings;
  }

  listen(listener: Listener): void {
    this.listeners.add(listener);
  }

  /** Rejects with a {@link HostError} that says what to do. */
  async post(op: string, body: Readonly<Record<string, unknown>>): Promise<Reply> {
    const [response, data] = await this.request(op, { method: "POST", body: JSON.stringify(body) });
    return readReply(response, data);
  }

  /** A part of the views, out of the browser's cache while the server has no other. */
  async asset(name: string): Promise<Reply> {
    const [response, data] = await this.request(`assets/${encodeURIComponent(name)}`, { cache: "no-cache" });
    return response.ok
      ? { result: { text: new TextDecoder().decode(data) }, buffers: [] }
      : readReply(response, data);
  }

  private async request(path: string, init: RequestInit): Promise<[Response, ArrayBuffer]> {
    const url = URLExt.join(this.settings.baseUrl, API, path);
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), CALL_TIMEOUT);
    try {
      const sent = { ...init, signal: abort.signal };
      const response = await ServerConnection.makeRequest(url, sent, this.settings);
      return [response, await response.arrayBuffer()];
    } catch {
      throw new HostError(TIMEOUT, trans.__("Jupyter's server does not answer. Is it still running?"));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Opens the stream beforehand: something will soon be followed. */
  warm(): void {
    this.socket ??= this.open();
    this.socket.catch(() => undefined); // who follows something hears of it
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
    this.page = null;
    this.received = 0;
    void this.socket?.then(
      (socket) => socket.close(),
      () => undefined,
    );
  }

  private async send(op: string, params: Params): Promise<void> {
    const socket = await (this.socket ??= this.open());
    await this.ask(socket, op, params);
  }

  private ask(socket: WebSocket, op: string, params: Params): Promise<Fields> {
    const id = (this.lastId += 1);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, op, params }));
    });
  }

  private open(): Promise<WebSocket> {
    const { wsUrl, token, WebSocket: Socket } = this.settings;
    const query = token === "" ? "" : `?token=${encodeURIComponent(token)}`;
    let isOpen = false;
    const opened = new Promise<WebSocket>((resolve, reject) => {
      const socket = new Socket(URLExt.join(wsUrl, API, "stream") + query);
      socket.binaryType = "arraybuffer";
      socket.onopen = () => {
        isOpen = true;
        this.resume(socket).then(() => {
          resolve(socket);
          this.listeners.forEach((listener) => listener.onOpen?.());
        }, reject);
      };
      socket.onmessage = ({ data }) => this.onMessage(data);
      socket.onclose = () => {
        if (this.socket === opened) {
          this.socket = null;
        }
        this.reject(trans.__("The connection to Jupyter's server broke."));
        this.why().then(
          (message) => {
            if (isOpen) {
              this.recover(message);
            } else {
              reject(new HostError(CLOSED, message));
            }
          },
          (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
        );
      };
    });
    return opened;
  }

  /** Says which page this is. What is followed begins anew where the server does not know it any more. */
  private async resume(socket: WebSocket): Promise<void> {
    const before = this.page;
    const answer = this.ask(socket, "resume", { page: before, received: this.received });
    const read = answer.then(({ page, resumed }) => {
      this.page = text(page);
      if (resumed !== true) {
        this.received = 0;
        if (before !== null) {
          this.onBroken(
            trans.__("Jupyter's server was restarted, or was away for long. What is shown comes anew."),
          );
        }
      }
    });
    // A new page need not wait: the answer comes before any update.
    await (before === null ? undefined : read);
    read.catch(() => undefined); // `onclose` comes, too
  }

  /** The stream broke and the server is there: go on at once, or begin anew. */
  private recover(message: string): void {
    if (this.followed === 0) {
      return;
    }
    if (this.page === null) {
      this.onBroken(message);
      return;
    }
    this.socket ??= this.open();
    this.socket.catch(() => this.onBroken(message));
  }

  /** A WebSocket does not say why it was refused; a request does, by its error. */
  private async why(): Promise<string> {
    try {
      await this.post("about", {});
    } catch (error) {
      this.onBroken(errorText(error));
      if (error instanceof HostError && error.unanswered) {
        return error.message;
      }
      throw error;
    }
    return trans.__("The connection to Jupyter's server broke. It is tried again.");
  }

  private onBroken(message: string): void {
    this.followed = 0;
    this.reject(message);
    this.listeners.forEach((listener) => listener.onBroken(message));
  }

  private reject(message: string): void {
    const waiting = Array.from(this.waiting.values());
    this.waiting.clear();
    waiting.forEach(({ reject }) => reject(new HostError(CLOSED, message)));
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
      this.received += 1;
      this.listeners.forEach((listener) => listener.onPush(push, update, buffers));
    } else if (typeof content.id === "number") {
      const waiting = this.waiting.get(content.id);
      this.waiting.delete(content.id);
      if (isFields(content.error)) {
        waiting?.reject(errorOf(content.error));
      } else {
        waiting?.resolve(isFields(content.result) ? content.result : {});
      }
    }
  }
}
