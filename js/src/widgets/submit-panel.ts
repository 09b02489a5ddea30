/** Entry of the SubmitPanel widget. */

import { mountSubmit } from "../views/submit";
import { textTrait, widget } from "./entry";

export default widget(
  (el, host, model) => mountSubmit(el, host, { run: textTrait(model, "run") }),
  ["run"],
  // Only the kernel knows the form.
  (model) => textTrait(model, "run") !== "",
);
