/** Gives the renderer of widgets a picture to fall back to, in whose place the live panel comes where the server can
 *  show it without a kernel.
 *
 *  The renderer stays the very object that the widget manager knows: after a reload of the page the manager
 *  looks for its renderers among the outputs and hands them the kernel, so a wrapper around one would keep a
 *  live panel from coming back. */

import type { IRenderMime, IRenderMimeRegistry } from "@jupyterlab/rendermime";
import type { Widget } from "@lumino/widgets";
import { Panel } from "@lumino/widgets";
import { isFields } from "../core/parse";
import { watchVisibility } from "../views/common/visibility";

export const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";
const PICTURE = "image/svg+xml";
/** Key in the metadata of our outputs, or in the data of the widget view. */
const MARKER = "jupyter_tracker";
/** What the renderer writes when it finds no model; there is no event for it. */
const NO_MODEL = /^\s*error displaying widget/i;
/** What it writes while it waits for the kernel, which may be for ever when none is chosen. */
const WAITING = /^\s*loading widget/i;
/** A model that is there comes sooner (ms), and then the picture should not flash up first. */
const PATIENCE = 300;

/** What stands at the marker, which may be in the metadata of the whole output or of one of its types. */
function markerOf({ metadata, data }: IRenderMime.IMimeModel): unknown {
  const parts: unknown[] = [metadata, metadata[WIDGET_VIEW], metadata[PICTURE], data[WIDGET_VIEW]];
  return parts.map((part) => (isFields(part) ? part[MARKER] : undefined)).find((part) => part !== undefined);
}

function isOurs(model: IRenderMime.IMimeModel): boolean {
  return model.data[PICTURE] !== undefined && markerOf(model) !== undefined;
}

/** The live view of what the metadata of an output tell; null where there is none, rejects where it does not come. */
export type Revive = (metadata: unknown) => Promise<Widget> | null;

class SavedPicture {
  private readonly renderer: Panel;
  private readonly rendermime: IRenderMimeRegistry;
  private model: IRenderMime.IMimeModel | null = null;
  private readonly revive: Revive;
  /** The picture, or the live view that came in its place. */
  private picture: Widget | null = null;
  /** What the live view that is in the place of the picture shows. */
  private live: string | null = null;
  private unwatch: (() => void) | null = null;
  private patience: ReturnType<typeof setTimeout> | undefined;
  private impatient = false;

  constructor(renderer: Panel, rendermime: IRenderMimeRegistry, revive: Revive) {
    this.renderer = renderer;
    this.rendermime = rendermime;
    this.revive = revive;
    // What the renderer says it writes into its own node; a live widget changes only what lies deeper.
    const observer = new MutationObserver(() => this.check());
    observer.observe(renderer.node, { childList: true });
    renderer.disposed.connect(() => {
      observer.disconnect();
      clearTimeout(this.patience);
      this.unwatch?.();
    });
  }

  watch(model: IRenderMime.IMimeModel): void {
    this.model = isOurs(model) ? model : null;
    this.impatient = false;
    clearTimeout(this.patience);
    this.patience = setTimeout(() => {
      this.impatient = true;
      this.check();
    }, PATIENCE);
  }

  private check(): void {
    if (this.renderer.isDisposed) {
      return;
    }
    // Whatever the renderer writes takes the place of the picture.
    if (this.picture !== null && this.picture.node.parentNode !== this.renderer.node) {
      const told = this.renderer.node.textContent;
      if (
        this.model !== null &&
        this.live === JSON.stringify(markerOf(this.model)) &&
        (NO_MODEL.test(told) || WAITING.test(told))
      ) {
        // It looked for its model once more, and what is live already goes on.
        this.renderer.node.textContent = "";
        this.renderer.node.append(this.picture.node);
        return;
      }
      // The layout takes out the node itself, so it must still be there.
      this.renderer.node.append(this.picture.node);
      this.picture.dispose();
      this.picture = null;
      this.live = null;
      this.unwatch?.();
    }
    const said = this.renderer.node.textContent;
    if (this.model !== null && (NO_MODEL.test(said) || (this.impatient && WAITING.test(said)))) {
      this.show(this.model);
    }
  }

  /** Through JupyterLab's own renderer, which shows an SVG as an image: scripts in it never run. */
  private show(model: IRenderMime.IMimeModel): void {
    const picture = this.rendermime.createRenderer(PICTURE);
    this.picture = picture;
    this.renderer.node.textContent = "";
    this.renderer.addWidget(picture);
    void picture.renderModel(model);
    this.unwatch?.();
    let asked = false;
    // A notebook may hold many: each comes when it is looked at.
    this.unwatch = watchVisibility(picture.node, (visible) => {
      if (visible && !asked) {
        asked = true;
        void this.goOn(model, picture);
      }
    });
  }

  /** Puts the live view in place of the picture; where there is none, the picture stays. */
  private async goOn(model: IRenderMime.IMimeModel, picture: Widget): Promise<void> {
    const live = await this.revive(markerOf(model))?.catch(() => null);
    if (live === undefined || live === null) {
      return;
    }
    if (this.picture !== picture || this.renderer.isDisposed) {
      live.dispose();
      return;
    }
    // What stands below stays where it is while the view fills.
    live.node.style.minHeight = `${picture.node.offsetHeight}px`;
    this.picture = live;
    this.live = JSON.stringify(markerOf(model));
    this.renderer.addWidget(live);
    picture.dispose();
  }
}

/** The same renderer; where its output is one of ours, it shows the saved picture while it has no model. */
export function withSavedPicture(
  renderer: IRenderMime.IRenderer,
  rendermime: IRenderMimeRegistry,
  revive: Revive,
): IRenderMime.IRenderer {
  if (renderer instanceof Panel) {
    const saved = new SavedPicture(renderer, rendermime, revive);
    const renderModel = renderer.renderModel.bind(renderer);
    renderer.renderModel = (model) => {
      saved.watch(model);
      return renderModel(model);
    };
  }
  return renderer;
}
