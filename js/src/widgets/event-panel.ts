/** Entry of the EventPanel widget. */

import { mountEventPanel } from "../views/events";
import { textTrait, widget } from "./entry";

export default widget(
  (el, host, model) => mountEventPanel(el, host, { run: textTrait(model, "run") }),
  ["run"],
);
