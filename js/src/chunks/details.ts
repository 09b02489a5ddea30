/** What is known of a run besides its curves and its log. */

export { Artifacts } from "../views/details/artifacts";
export { CloneForm } from "../views/details/clone-form";
export { Code } from "../views/details/code";
export { Environment } from "../views/details/environment";
export { Events } from "../views/events/events";
export { Params } from "../views/details/params";
export { Saved } from "../views/details/saved";
export { Trials } from "../views/details/trials";
