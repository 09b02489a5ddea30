/** A run panel on a stand-in for the host, and what tests do with it. */

import { act } from "preact/test-utils";
import { vi } from "vitest";
import { mountRunPanel } from "../src/views/run-panel";
import { push } from "./helpers";
import { MockHost } from "./mock-host";

export class Panel {
  readonly host = new MockHost();
  readonly el = document.createElement("div");
  private unmount: () => void;

  constructor() {
    document.body.append(this.el);
    this.unmount = mountRunPanel(this.el, this.host, { run: "r1" });
  }

  mountAgain(): void {
    this.unmount();
    this.unmount = mountRunPanel(this.el, this.host, { run: "r1" });
  }

  takeOut(): void {
    this.unmount();
  }

  close(): void {
    this.unmount();
    this.el.remove();
  }

  /** Lets chunks come and frames pass. */
  async frame(time = 50): Promise<void> {
    await act(async () => {
      await vi.advanceTimersByTimeAsync(time);
    });
  }

  async show(more: Record<string, unknown>, buffers: DataView[] = []): Promise<void> {
    push(this.host.follows.at(-1), more, buffers);
    await this.frame();
    await this.frame();
  }

  async answer(op: string, result: unknown): Promise<void> {
    const asked = this.host.calls.filter((call) => call.op === op).at(-1);
    if (asked === undefined) {
      throw new Error(`${op} was not asked; asked were ${this.host.calls.map((call) => call.op).join(", ")}`);
    }
    asked.resolve({ result, buffers: [] });
    await this.frame();
  }

  find(selector: string): HTMLElement {
    const found = this.el.querySelector<HTMLElement>(selector);
    if (found === null) {
      throw new Error(`nothing matches ${selector}`);
    }
    return found;
  }

  all(selector: string): HTMLElement[] {
    return Array.from(this.el.querySelectorAll<HTMLElement>(selector));
  }

  tab(name: string): HTMLElement {
    const found = this.all("[role=tab]").find((one) => one.textContent.startsWith(name));
    if (found === undefined) {
      throw new Error(`no tab ${name}`);
    }
    return found;
  }

  button(name: string): HTMLElement {
    const found = this.all("button").find(
      (one) => one.getAttribute("aria-label") === name || one.textContent === name,
    );
    if (found === undefined) {
      throw new Error(`no button ${name}`);
    }
    return found;
  }

  async click(element: HTMLElement): Promise<void> {
    await act(() => element.click());
    await this.frame();
  }

  async choose(item: string): Promise<void> {
    await this.click(this.button("More actions"));
    await this.click(this.button(item));
  }

  async type(selector: string, value: string): Promise<void> {
    const box = this.find(selector) as HTMLInputElement;
    box.value = value;
    await this.fire(box, new Event("input", { bubbles: true }));
  }

  async fire(element: HTMLElement, event: Event): Promise<void> {
    await act(() => {
      element.dispatchEvent(event);
    });
    await this.frame();
  }
}
