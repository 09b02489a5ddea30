import type { JSX } from "preact";
import { render } from "preact";
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

/** A part of a comparison that is drawn anew with every change. */
export interface MountedPart {
  readonly update: (shown: ShownPart) => void;
  readonly unmount: () => void;
}

/** How the module of the parts comes to a view: whoever mounts it knows where that is. */
export type LoadParts = () => Promise<(el: HTMLElement) => MountedPart>;

export function mountParts(el: HTMLElement): MountedPart {
  return {
    update: (shown) => render(<Part {...shown} />, el),
    unmount: () => render(null, el),
  };
}

function Part({ part, host, ...parts }: ShownPart): JSX.Element {
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
