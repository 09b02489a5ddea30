/** The curves above a table of runs, which come when the first run is selected. */

export { mountDrawing } from "../../views/runs-panel/drawing";
