/** The plugins of the JupyterLab extension; each has a file of its own. */

import type { JupyterFrontEndPlugin } from "@jupyterlab/application";
import { savedPanels } from "./plugins/saved-panels";

const plugins: JupyterFrontEndPlugin<void>[] = [savedPanels];

export default plugins;
