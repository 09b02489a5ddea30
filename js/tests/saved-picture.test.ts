import type { IRenderMime, IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { Panel, Widget } from "@lumino/widgets";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
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

async function settle(milliseconds = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
}

function pictures(): number {
  return renderer.node.querySelectorAll(".picture").length;
}

beforeEach(() => {
  vi.useFakeTimers();
  renderer = new WidgetRenderer();
});

afterEach(() => {
  renderer.dispose();
  vi.useRealTimers();
});

describe("the saved picture", () => {
  it("stands where the model of our panel is gone", async () => {
    await withSavedPicture(renderer, rendermime).renderModel(output(OURS));
    renderer.say(MISSING);
    await settle();
    expect(pictures()).toBe(1);
    expect(renderer.node.textContent).toBe("");
  });

  it("also counts as ours when the marker stands with the MIME type", async () => {
    await withSavedPicture(renderer, rendermime).renderModel(output({ [WIDGET_VIEW]: OURS }));
    renderer.say(MISSING);
    await settle();
    expect(pictures()).toBe(1);
  });

  it("stands in while the kernel is awaited, but does not flash up before that takes long", async () => {
    await withSavedPicture(renderer, rendermime).renderModel(output(OURS));
    await settle(250);
    expect(pictures()).toBe(0);
    await settle(100);
    expect(pictures()).toBe(1);
  });

  it("makes room for the live panel", async () => {
    await withSavedPicture(renderer, rendermime).renderModel(output(OURS));
    await settle(400);
    renderer.showLive();
    await settle();
    expect(pictures()).toBe(0);
    expect(renderer.node.querySelectorAll(".live")).toHaveLength(1);
  });

  it("leaves the outputs of others alone", async () => {
    await withSavedPicture(renderer, rendermime).renderModel(output({}));
    renderer.say(MISSING);
    await settle(400);
    expect(renderer.node.textContent).toBe(MISSING);
  });

  it("leaves an output without a picture alone", async () => {
    await withSavedPicture(renderer, rendermime).renderModel(output(OURS, false));
    renderer.say(MISSING);
    await settle(400);
    expect(renderer.node.textContent).toBe(MISSING);
  });

  it("keeps the renderer the object that the widget manager knows", () => {
    expect(withSavedPicture(renderer, rendermime)).toBe(renderer);
  });
});
