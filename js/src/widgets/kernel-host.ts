/** The Host over the comm of one widget model: custom messages only, so that nothing of a run gets into
 *  the widget state that a notebook may save. */

import type { Host, OnStatus, OnUpdate, Params, Reply, Topic } from "../core/host";
import { CLOSED, HostError, TIMEOUT } from "../core/host";
import type { Fields } from "../core/parse";
import { isFields, text } from "../core/parse";
import { Following } from "./following";
import type { WidgetModel } from "./model";

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: HostError) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

interface Request {
  readonly id: number;
  readonly op: string;
  readonly params: Params;
  readonly once: string;
}

export const CALL_TIMEOUT = 10_000;
export const FIRST_REPEAT = 100;
const GONE = "The kernel of this panel is gone. Run the cell again.";

function dataViews(value: unknown): DataView[] {
  const result: DataView[] = [];
  for (const buffer of Array.isArray(value) ? value : []) {
    if (buffer instanceof DataView) {
      result.push(buffer);
    } else if (buffer instanceof ArrayBuffer) {
      result.push(new DataView(buffer));
    } else if (ArrayBuffer.isView(buffer)) {
      result.push(new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength));
    } else {
      // Keeps the place, so that the indexes of the others stay right.
      result.push(new DataView(new ArrayBuffer(0)));
    }
  }
  return result;
}

export class KernelHost implements Host {
  /** When anything at all last came from the kernel (epoch ms): a reply, a push, even an error. */
  heardAt: number | null = null;

  private readonly model: WidgetModel;
  private readonly waiting = new Map<number, Waiting>();
  private readonly followings = new Map<string, Following>();
  private readonly token = Math.random().toString(36).slice(2);
  private lastId = 0;
  private closed = false;

  constructor(model: WidgetModel) {
    this.model = model;
    model.on("msg:custom", this.onMessage);
    model.on("comm:close", this.onClose);
    model.on("destroy", this.onClose);
  }

  call(op: string, params: Params): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.closed) {
        reject(new HostError(CLOSED, GONE));
        return;
      }
      const id = (this.lastId += 1);
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new HostError(TIMEOUT, "The kernel did not answer. It may be busy or gone."));
      }, CALL_TIMEOUT);
      this.waiting.set(id, { resolve, reject, timer });
      this.send({ id, op, params, once: `${this.token}-${String(id)}` }, FIRST_REPEAT);
    });
  }

  follow(topic: Topic, onUpdate: OnUpdate, onStatus: OnStatus): () => void {
    const key = JSON.stringify([topic.name, topic.params]);
    const following = this.followings.get(key) ?? new Following(this, key, topic);
    this.followings.set(key, following);
    const leave = following.join({ columns: topic.columns, onUpdate, onStatus });
    return () => {
      if (leave() === 0 && this.followings.get(key) === following) {
        this.followings.delete(key);
      }
    };
  }

  /** The kernel is gone, though the comm has not said so. */
  close(): void {
    this.onClose();
  }

  dispose(): void {
    this.onClose();
    this.model.off("msg:custom", this.onMessage);
    this.model.off("comm:close", this.onClose);
    this.model.off("destroy", this.onClose);
  }

  /** Send, and as long as nothing was ever heard, send again: JupyterLab opens a kernel's subshell for comms when the
   *  first panel appears, and what was sent before that waits until the training cell has ended. The kernel
   *  heeds one of several messages with the same `once`. */
  private send(message: Request, pause: number): void {
    try {
      this.model.send({ ...message });
    } catch {
      // A widget whose kernel was restarted has nobody to send to.
      this.settle(message.id)?.reject(new HostError(CLOSED, GONE));
      return;
    }
    if (this.heardAt === null) {
      setTimeout(() => {
        if (this.heardAt === null && this.waiting.has(message.id)) {
          this.send(message, 2 * pause);
        }
      }, pause);
    }
  }

  private readonly onMessage = (content: unknown, buffers: unknown): void => {
    if (!isFields(content)) {
      return;
    }
    this.heardAt = Date.now();
    if (typeof content.id === "number") {
      this.onReply(content.id, content, dataViews(buffers));
    } else if (typeof content.push === "string" && isFields(content.update)) {
      this.followings.get(content.push)?.onPush(content.update, dataViews(buffers));
    }
  };

  private onReply(id: number, content: Fields, buffers: DataView[]): void {
    const waiting = this.settle(id);
    if (waiting === undefined) {
      return;
    }
    if (isFields(content.error)) {
      const { kind, message, column } = content.error;
      const place = typeof column === "number" ? column : null;
      waiting.reject(new HostError(text(kind, "Error"), text(message, "The kernel gave no reason."), place));
    } else {
      waiting.resolve({ result: content.result, buffers });
    }
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    if (waiting !== undefined) {
      clearTimeout(waiting.timer);
      this.waiting.delete(id);
    }
    return waiting;
  }

  private readonly onClose = (): void => {
    if (this.closed) {
      return;
    }
    this.closed = true;
    for (const id of Array.from(this.waiting.keys())) {
      this.settle(id)?.reject(new HostError(CLOSED, GONE));
    }
    this.followings.forEach((following) => following.onClosed());
  };
}
