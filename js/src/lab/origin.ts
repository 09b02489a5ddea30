/** Where a run was made: the notebook, and the cell in it. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { TranslationBundle } from "@jupyterlab/translation";
import { HostError } from "../core/host";
import { isFields, parseRun, text } from "../core/parse";
import type { RunTarget } from "./run-target";
import type { TrackerService } from "./service";

/** Opens the notebook of a run at its cell. Rejects with what to do when that is not known. */
export async function openCell(
  app: JupyterFrontEnd,
  service: TrackerService,
  { connection, id }: RunTarget,
  trans: TranslationBundle,
): Promise<void> {
  const { result } = await service.call(connection, "runs.get", { run: id });
  const run = isFields(result) ? parseRun(result.run) : null;
  const notebook = text(run?.tags.notebook);
  if (notebook === "") {
    throw new HostError("NotFound", trans.__("The run was not made in a notebook of Jupyter."));
  }
  const path = service.relative(notebook);
  if (path === null) {
    throw new HostError(
      "NotFound",
      trans.__("Its notebook %1 is not below the folder that Jupyter shows.", notebook),
    );
  }
  const opened = (await app.commands.execute("docmanager:open", { path })) as NotebookPanel | undefined;
  if (opened === undefined) {
    throw new HostError("NotFound", trans.__("The notebook %1 cannot be opened.", path));
  }
  await opened.context.ready;
  const place = placeOf(opened, text(run?.tags.cell));
  if (place < 0) {
    throw new HostError("NotFound", trans.__("The cell is not in the notebook any more."));
  }
  const { content } = opened;
  content.activeCellIndex = place;
  content.deselectAll();
  const cell = content.widgets[place];
  if (cell !== undefined) {
    await content.scrollToCell(cell, "center");
  }
}

function placeOf({ content }: NotebookPanel, cell: string): number {
  return content.widgets.findIndex(({ model }) => model.id === cell);
}
