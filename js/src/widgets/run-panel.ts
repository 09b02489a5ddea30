/** Entry of the RunPanel widget; other panels take the view out of its bundle. */

import { mountRunPanel } from "../views/run-panel";
import { textTrait, widget } from "./entry";

export { mountRunPanel };

export default widget(
  (el, host, model) => mountRunPanel(el, host, { run: textTrait(model, "run") }),
  ["run"],
);
