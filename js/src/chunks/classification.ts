/** The classification metrics of a run. */

export { ClassificationOfRun as Classification } from "../views/classification/of-run";
