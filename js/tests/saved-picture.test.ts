import type { IRenderMime, IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { Panel, Widget } from "@lumino/widgets";
import type { Mock } from "vitest";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Revive } from "../src/lab/saved-picture";
import { WIDGET_VIEW, withSavedPicture } from "../src/lab/saved-picture";

/** Behaves as the widget manager's renderer: it only writes into its node. */
class WidgetRenderer extends Panel implements IRenderMime.IRenderer {
  renderModel(): Promise<void> {
    this.say("Loading widget...");
    return Promise.resolve();
  }

  say(text: string): void {
    this.node.textContent = text;
  }

  showLive(): void {
    this.say("");
    const live = new Widget();
    live.addClass("live");
    this.addWidget(live);
  }
}

class PictureRenderer extends Widget implements IRenderMime.IRenderer {
  renderModel(): Promise<void> {
    this.addClass("picture");
    return Promise.resolve();
  }
}

const MISSING = "Error displaying widget: model not found";
const rendermime = { createRenderer: () => new PictureRenderer() } as unknown as IRenderMimeRegistry;

function output(metadata: object, svg = true): IRenderMime.IMimeModel {
  const data = { [WIDGET_VIEW]: { model_id: "gone" }, ...(svg ? { "image/svg+xml": "<svg/>" } : {}) };
  return { trusted: true, data, metadata, setData: vi.fn() } as unknown as IRenderMime.IMimeModel;
}

const OURS = { jupyter_tracker: { panel: "run" } };
let renderer: WidgetRenderer;
let revive: Mock<Revive>;

async function settle(milliseconds = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
}

function pictures(): number {
  return renderer.node.querySelectorAll(".picture").length;
}

beforeEach(() => {
  vi.useFakeTimers();
  renderer = new WidgetRenderer();
  revive = vi.fn(() => null);
});

afterEach(() => {
  renderer.dispose();
  vi.useRealTimers();
});

describe("the saved picture", () => {
  it("stands where the model of our panel is gone", async () => {
    await withSavedPicture(renderer, rendermime, revive).renderModel(output(OURS));
    renderer.say(MISSING);
    await settle();
    expect(pictures()).toBe(1);
    expect(renderer.node.textContent).toBe("");
  });

  it("also counts as ours when the marker stands with the MIME type", async () => {
    await withSavedPicture(renderer, rendermime, revive).renderModel(output({ [WIDGET_VIEW]: OURS }));
    renderer.say(MISSING);
    await settle();
    expect(pictures()).toBe(1);
  });

  it("stands in while the kernel is awaited, but does not flash up before that takes long", async () => {
    await withSavedPicture(renderer, rendermime, revive).renderModel(output(OURS));
    await settle(250);
    expect(pictures()).toBe(0);
    await settle(100);
    expect(pictures()).toBe(1);
  });

  it("makes room for the live panel", async () => {
    await withSavedPicture(renderer, rendermime, revive).renderModel(output(OURS));
    await settle(400);
    renderer.showLive();
    await settle();
    expect(pictures()).toBe(0);
    expect(renderer.node.querySelectorAll(".live")).toHaveLength(1);
  });

  it("makes room for the panel over the server, which goes when the kernel brings its own", async () => {
    const live = new Widget();
    live.addClass("over-server");
    revive.mockReturnValue(Promise.resolve(live));
    await withSavedPicture(renderer, rendermime, revive).renderModel(output(OURS));
    renderer.say(MISSING);
    await settle();
    expect(revive).toHaveBeenCalledExactlyOnceWith({ panel: "run" });
    expect(pictures()).toBe(0);
    expect(renderer.node.querySelectorAll(".over-server")).toHaveLength(1);
    renderer.say("Loading widget...");
    await settle();
    renderer.say(MISSING);
    await settle();
    expect(revive).toHaveBeenCalledOnce();
    expect(renderer.node.textContent).toBe("");
    expect(renderer.node.querySelectorAll(".over-server")).toHaveLength(1);
    renderer.showLive();
    await settle();
    expect(live.isDisposed).toBe(true);
    expect(renderer.node.children).toHaveLength(1);
  });

  it("stays where the server cannot show the panel", async () => {
    revive.mockReturnValue(Promise.reject(new Error("no such run")));
    await withSavedPicture(renderer, rendermime, revive).renderModel(output(OURS));
    renderer.say(MISSING);
    await settle();
    expect(revive).toHaveBeenCalledOnce();
    expect(pictures()).toBe(1);
  });

  it("does not bring a panel in when the kernel was quicker", async () => {
    const live = new Widget();
    let come: (live: Widget) => void = () => undefined;
    revive.mockReturnValue(new Promise((resolve) => (come = resolve)));
    await withSavedPicture(renderer, rendermime, revive).renderModel(output(OURS));
    renderer.say(MISSING);
    await settle();
    renderer.showLive();
    await settle();
    come(live);
    await settle();
    expect(live.isDisposed).toBe(true);
    expect(renderer.node.children).toHaveLength(1);
  });

  it("leaves the outputs of others alone", async () => {
    await withSavedPicture(renderer, rendermime, revive).renderModel(output({}));
    renderer.say(MISSING);
    await settle(400);
    expect(renderer.node.textContent).toBe(MISSING);
  });

  it("leaves an output without a picture alone", async () => {
    await withSavedPicture(renderer, rendermime, revive).renderModel(output(OURS, false));
    renderer.say(MISSING);
    await settle(400);
    expect(renderer.node.textContent).toBe(MISSING);
  });

  it("keeps the renderer the object that the widget manager knows", () => {
    expect(withSavedPicture(renderer, rendermime, revive)).toBe(renderer);
  });
});
