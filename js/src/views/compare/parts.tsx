import type { JSX } from "preact";
import { columnsOf } from "../../core/compare";
import type { Host } from "../../core/host";
import { Best } from "./best";
import { Differences } from "./differences";
import type { PartProps } from "./legend";
import { Parallel } from "./parallel";
import { Scatter } from "./scatter";

export interface ShownPart extends PartProps {
  readonly host: Host;
  readonly part: string;
}

/** What a tab of a comparison shows, but for the curves. */
export function ComparePart({ part, host, ...parts }: ShownPart): JSX.Element {
  switch (part) {
    case "parallel":
      return <Parallel {...parts} columns={columnsOf(parts.sessions)} />;
    case "scatter":
      return <Scatter {...parts} columns={columnsOf(parts.sessions)} />;
    case "best":
      return <Best {...parts} />;
    default:
      return <Differences host={host} sessions={parts.sessions} />;
  }
}
