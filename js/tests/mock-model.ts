import type { WidgetModel } from "../src/widgets/model";

interface Sent {
  readonly id: number;
  readonly op: string;
  readonly params: Record<string, unknown>;
  readonly once: string;
}

/** A widget model whose kernel is the test. */
export class MockModel implements WidgetModel {
  readonly sent: Sent[] = [];
  /** What was sent once more, which a kernel does not heed. */
  readonly repeated: Sent[] = [];
  readonly traits = new Map<string, unknown>();
  run = "r1";
  /** How often what was set was sent. */
  saved = 0;
  private readonly callbacks = new Map<string, Set<(...args: unknown[]) => void>>();

  get(name: string): unknown {
    return name === "run" ? this.run : this.traits.get(name);
  }

  set(name: string, value: unknown): void {
    this.traits.set(name, value);
  }

  save_changes(): void {
    this.saved += 1;
  }

  send(content: unknown): void {
    const sent = content as Sent;
    if (this.sent.some((each) => each.once === sent.once)) {
      this.repeated.push(sent);
    } else {
      this.sent.push(sent);
    }
  }

  on(event: string, callback: (...args: unknown[]) => void): void {
    const known = this.callbacks.get(event) ?? new Set();
    this.callbacks.set(event, known.add(callback));
  }

  off(event: string, callback: (...args: unknown[]) => void): void {
    this.callbacks.get(event)?.delete(callback);
  }

  fire(event: string, ...args: unknown[]): void {
    this.callbacks.get(event)?.forEach((callback) => callback(...args));
  }

  message(content: unknown, buffers: DataView[] = []): void {
    this.fire("msg:custom", content, buffers);
  }

  /** As the kernel does for whoever follows that run. */
  push(update: Record<string, unknown>, buffers: DataView[] = [], run = "r1"): void {
    const push = JSON.stringify(["run", { run }]);
    this.message({ push, update: { now: 1000, ...update } }, buffers);
  }

  ops(): string[] {
    return this.sent.map((message) => message.op);
  }

  listeners(): number {
    return Array.from(this.callbacks.values()).reduce((count, known) => count + known.size, 0);
  }
}
