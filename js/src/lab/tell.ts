/** What went wrong, where it is seen: JupyterLab keeps a notification that is given no time to itself. */

import { Notification } from "@jupyterlab/apputils";
import { errorText } from "../core/host";

/** Time that it stays in view (ms); afterwards it is among the notifications. */
const IN_VIEW = 10_000;

export function tellWarning(words: string): void {
  Notification.warning(words, { autoClose: IN_VIEW });
}

/** An error, or what is to be said of one. */
export function tellError(error: unknown): void {
  Notification.error(typeof error === "string" ? error : errorText(error), { autoClose: IN_VIEW });
}
