/** The curves of several runs over each other, and the chart library below them. */

export { RunCurves } from "../views/run-curves/run-curves";
export { SelectedCurves } from "../views/run-curves/selected-curves";
