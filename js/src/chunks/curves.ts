/** Curves, and the chart library below them. */

export { Curves } from "../views/run-panel/curves";
