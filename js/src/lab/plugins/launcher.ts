/** A card in the launcher that shows the runs. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ILauncher } from "@jupyterlab/launcher";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";

export const launcher: JupyterFrontEndPlugin<void> = {
  id: "jupyter-tracker:launcher",
  description: "A card in the launcher that shows the runs.",
  autoStart: true,
  requires: [ILauncher],
  optional: [ITranslator],
  activate: (_app: JupyterFrontEnd, cards: ILauncher, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load("jupyter_tracker");
    cards.add({ command: "jupyter-tracker:show", category: trans.__("Other"), rank: 50 });
  },
};
