import type { JSX } from "preact";
import { useEffect, useReducer, useRef } from "preact/hooks";
import type { Host } from "../../core/host";
import type { RunSession } from "../../core/session";
import { sessionOf } from "../../core/session";
import { RunCurves } from "./run-curves";

/** Pixel columns for which the points are thinned. */
const COLUMNS = 500;

interface Props {
  readonly host: Host;
  readonly runs: readonly string[];
}

/** The curves of some runs of a table. */
export function SelectedCurves({ host, runs }: Props): JSX.Element | null {
  const sessions = useSessions(host, runs);
  const first = sessions[0];
  if (first === undefined || sessions.every(({ run }) => run === null)) {
    return null;
  }
  return <RunCurves first={first} sessions={sessions} lit={null} named />;
}

/** The sessions of some runs, followed as long as they are drawn. */
function useSessions(host: Host, runs: readonly string[]): readonly RunSession[] {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const attached = useRef(new Map<string, () => void>());
  useEffect(() => {
    for (const run of runs) {
      if (!attached.current.has(run)) {
        const session = sessionOf(host, run, "curves");
        const leave = [session.subscribe(() => redraw(undefined)), session.attach(COLUMNS)];
        attached.current.set(run, () => leave.forEach((end) => end()));
      }
    }
    for (const [run, leave] of attached.current) {
      if (!runs.includes(run)) {
        leave();
        attached.current.delete(run);
      }
    }
    redraw(undefined);
  }, [runs.join("\n")]);
  useEffect(() => () => attached.current.forEach((leave) => leave()), []);
  return runs.map((run) => sessionOf(host, run, "curves"));
}
