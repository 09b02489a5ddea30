/** Entry of the LogPanel widget. */

import { mountLogPanel } from "../views/log";
import { textTrait, widget } from "./entry";

export default widget(
  (el, host, model) => mountLogPanel(el, host, { run: textTrait(model, "run") }),
  ["run"],
);
