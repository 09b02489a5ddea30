/** A card in the launcher that shows the runs. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ILauncher } from "@jupyterlab/launcher";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";

export const launcher: JupyterFrontEndPlugin<void> = {
  id: "jupyter-tracker:launcher",
  description: "A card in the launcher that shows the runs.",
  autoStart: true,
  optional: [ILauncher, ITranslator], // Notebook 7 has no launcher
  activate: (_app: JupyterFrontEnd, cards: ILauncher | null, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load("jupyter_tracker");
    cards?.add({ command: "jupyter-tracker:show", category: trans.__("Other"), rank: 50 });
  },
};
