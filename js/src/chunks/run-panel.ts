/** A run as its own panel shows it, inside of another panel. */

export { RunView } from "../views/run-panel/run-view";
