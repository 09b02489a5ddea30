/** A view on a stand-in for the host, and what tests do with it. */

import { act } from "preact/test-utils";
import { afterEach, beforeEach, vi } from "vitest";
import type { Host } from "../src/core/host";
import { MockHost } from "./mock-host";

export type Mount = (el: HTMLElement, host: Host) => () => void;

export class View {
  readonly host = new MockHost();
  readonly el = document.createElement("div");
  private readonly mount: Mount;
  private unmount: () => void;

  constructor(mount: Mount) {
    document.body.append(this.el);
    this.mount = mount;
    this.unmount = mount(this.el, this.host);
  }

  mountAgain(): void {
    this.unmount();
    this.unmount = this.mount(this.el, this.host);
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
}

/** A new view for each test, in a page in which everything is near the screen, with a clock of its own. */
export function forEachTest<V extends View>(make: () => V, told: (view: V) => void): void {
  let view: V;

  beforeEach(async () => {
    vi.useFakeTimers({ now: 1_000_000 });
    vi.stubGlobal("IntersectionObserver", undefined);
    view = make();
    told(view);
    await view.frame();
  });

  afterEach(() => {
    view.close();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });
}
