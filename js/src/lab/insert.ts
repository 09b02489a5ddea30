/** Code into the notebook in front. */

import type { INotebookTracker } from "@jupyterlab/notebook";
import { NotebookActions } from "@jupyterlab/notebook";

/** Puts code at the cursor, or into a new cell below; false when no notebook is open. */
export function insert(notebooks: INotebookTracker, code: string, ownCell: boolean): boolean {
  const notebook = notebooks.currentWidget?.content;
  const cell = notebook?.activeCell;
  if (notebook === undefined || cell?.editor == null) {
    return false;
  }
  if (ownCell) {
    if (cell.model.sharedModel.getSource().trim() !== "") {
      NotebookActions.insertBelow(notebook);
    }
    notebook.activeCell?.model.sharedModel.setSource(code);
  } else {
    cell.editor.replaceSelection?.(code);
  }
  return true;
}
