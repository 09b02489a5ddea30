/** The plugins of the JupyterLab extension; each has a file of its own. */

import type { JupyterFrontEndPlugin } from "@jupyterlab/application";
import { activity } from "./plugins/activity";
import { commands } from "./plugins/commands";
import { connections } from "./plugins/connections";
import { experiments } from "./plugins/experiments";
import { launcher } from "./plugins/launcher";
import { livePanels } from "./plugins/live-panels";
import { savedPanels } from "./plugins/saved-panels";
import { service } from "./plugins/service";
import { sidebar } from "./plugins/sidebar";
import { submission } from "./plugins/submit";
import { tabs } from "./plugins/tabs";

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  savedPanels,
  service,
  livePanels,
  sidebar,
  tabs,
  commands,
  experiments,
  submission,
  connections,
  activity,
  launcher,
];

export default plugins;
