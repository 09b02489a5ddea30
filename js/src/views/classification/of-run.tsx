import type { JSX } from "preact";
import type { Host } from "../../core/host";
import { ClassificationView } from "./classification";

/** The classification metrics of one run, as a tab of its panel. */
export function ClassificationOfRun({ host, run }: { host: Host; run: string }): JSX.Element {
  return <ClassificationView host={host} runs={[run]} />;
}
