/** Gives the renderer of widgets a picture to fall back to.
 *
 *  The renderer stays the very object that the widget manager knows: after a reload of the page the manager
 *  looks for its renderers among the outputs and hands them the kernel, so a wrapper around one would keep a
 *  live panel from coming back. */

import type { IRenderMime, IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { Panel } from "@lumino/widgets";

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

function hasKey(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && key in value;
}

/** The marker may stand in the metadata of the whole output or of one of its types. */
function isOurs({ metadata, data }: IRenderMime.IMimeModel): boolean {
  return (
    data[PICTURE] !== undefined &&
    [metadata, metadata[WIDGET_VIEW], metadata[PICTURE], data[WIDGET_VIEW]].some((part) =>
      hasKey(part, MARKER),
    )
  );
}

class SavedPicture {
  private readonly renderer: Panel;
  private readonly rendermime: IRenderMimeRegistry;
  private model: IRenderMime.IMimeModel | null = null;
  private picture: IRenderMime.IRenderer | null = null;
  private patience: ReturnType<typeof setTimeout> | undefined;
  private impatient = false;

  constructor(renderer: Panel, rendermime: IRenderMimeRegistry) {
    this.renderer = renderer;
    this.rendermime = rendermime;
    // What the renderer says it writes into its own node; a live widget changes only what lies deeper.
    const observer = new MutationObserver(() => this.check());
    observer.observe(renderer.node, { childList: true });
    renderer.disposed.connect(() => {
      observer.disconnect();
      clearTimeout(this.patience);
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
      // The layout takes out the node itself, so it must still be there.
      this.renderer.node.append(this.picture.node);
      this.picture.dispose();
      this.picture = null;
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
  }
}

/** The same renderer; where its output is one of ours, it shows the saved picture while it has no model. */
export function withSavedPicture(
  renderer: IRenderMime.IRenderer,
  rendermime: IRenderMimeRegistry,
): IRenderMime.IRenderer {
  if (renderer instanceof Panel) {
    const saved = new SavedPicture(renderer, rendermime);
    const renderModel = renderer.renderModel.bind(renderer);
    renderer.renderModel = (model) => {
      saved.watch(model);
      return renderModel(model);
    };
  }
  return renderer;
}
