/** Entry of the ComparePanel widget. */

import { mountCompare } from "../views/compare";
import { textsTrait, widget } from "./entry";

export default widget(
  (el, host, model) => mountCompare(el, host, { runs: textsTrait(model, "runs") }),
  ["runs"],
);
