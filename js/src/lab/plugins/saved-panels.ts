/** A saved notebook opened again has no widget model any more. Where the output brings a picture of our
 *  panel, that picture is shown instead of "Error displaying widget", and then the panel over the server. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import type { NotebookPanel } from "@jupyterlab/notebook";
import { INotebookTracker } from "@jupyterlab/notebook";
import type { IRenderMime, IRenderMimeRegistry } from "@jupyterlab/rendermime";
import type { Widget } from "@lumino/widgets";
import { findWay } from "../../core/way";
import { liveView, readSaved } from "../live-view";
import { WIDGET_VIEW, withSavedPicture } from "../saved-picture";

/** The rank of the factory that is replaced. */
const RANK = -10;

const ours = new WeakSet<IRenderMime.IRendererFactory>();

function revive(metadata: unknown): Promise<Widget> | null {
  const way = findWay();
  const saved = readSaved(metadata);
  return way === null || saved === null ? null : liveView(way, saved);
}

function install(rendermime: IRenderMimeRegistry): void {
  const widgets = rendermime.getFactory(WIDGET_VIEW);
  if (widgets === undefined || ours.has(widgets)) {
    return;
  }
  const factory: IRenderMime.IRendererFactory = {
    safe: widgets.safe,
    mimeTypes: [WIDGET_VIEW],
    createRenderer: (options) => withSavedPicture(widgets.createRenderer(options), rendermime, revive),
  };
  ours.add(factory);
  rendermime.addFactory(factory, RANK);
}

async function prepare({ content, sessionContext }: NotebookPanel): Promise<void> {
  // Now for the outputs that are drawn before the kernel is there …
  install(content.rendermime);
  await sessionContext.ready;
  // … and again when the widget manager has put its own factory in, which it does at this same event.
  setTimeout(() => install(content.rendermime), 0);
}

export const savedPanels: JupyterFrontEndPlugin<void> = {
  id: "jupyter-tracker:saved-panels",
  description: "Shows the saved picture of a panel whose kernel is gone.",
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_app: JupyterFrontEnd, tracker: INotebookTracker) => {
    tracker.forEach((panel) => void prepare(panel));
    tracker.widgetAdded.connect((_sender, panel) => void prepare(panel));
  },
};
