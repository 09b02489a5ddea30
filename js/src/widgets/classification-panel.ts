/** Entry of the ClassificationPanel widget. */

import { mountClassification } from "../views/classification";
import { textTrait, textsTrait, widget } from "./entry";

export default widget(
  (el, host, model) =>
    mountClassification(el, host, { runs: textsTrait(model, "runs"), name: textTrait(model, "name") }),
  ["runs", "name"],
);
