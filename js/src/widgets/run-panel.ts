/** Entry of the RunPanel widget. */

import { mountRunPanel } from "../views/run-panel";
import { textTrait, widget } from "./entry";

export default widget(
  (el, host, model) => mountRunPanel(el, host, { run: textTrait(model, "run") }),
  ["run"],
);
