/** The log of a run. */

export { Log } from "../views/log/log";
