/** A run once more with other params, in a dialog: the same form as in the panel of the run. */

import { Dialog } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import type { Host } from "../core/host";
import { HostError } from "../core/host";
import { isFields, parseRun } from "../core/parse";
import type { RunData } from "../core/wire";

/** The run that was submitted; null when the reader has thought better of it. */
export async function cloneRun(host: Host, id: string, trans: TranslationBundle): Promise<RunData | null> {
  const { result } = await host.call("runs.get", { run: id });
  const run = isFields(result) ? parseRun(result.run) : null;
  if (run === null) {
    throw new HostError("Error", trans.__("The server does not know the run."));
  }
  const why = run.actions["runs.clone"];
  if (typeof why === "string") {
    throw new HostError("Unsupported", why);
  }
  const { mountCloneForm } = await import("../views/details/mount-clone");
  const body = new Widget();
  body.addClass("jp-tracker-dialog");
  let made: RunData | null = null;
  const dialog = new Dialog({
    title: trans.__("Clone %1", run.name),
    body,
    buttons: [],
    hasClose: true,
    focusNodeSelector: "input",
  });
  const unmount = mountCloneForm(body.node, host, run, (submitted) => {
    made = submitted;
    dialog.dispose();
  });
  try {
    await dialog.launch();
  } catch {
    // Disposing of it is how the form closes it.
  } finally {
    unmount();
  }
  return made;
}
