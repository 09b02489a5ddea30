/** A run panel on a stand-in for the host, and what tests do with it. */

import { act } from "preact/test-utils";
import { mountRunPanel } from "../src/views/run-panel";
import { push } from "./helpers";
import { View } from "./on-view";

export class Panel extends View {
  constructor() {
    super((el, host) => mountRunPanel(el, host, { run: "r1" }));
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
