import type { ComponentProps, JSX } from "preact";
import { useEffect, useReducer, useState } from "preact/hooks";
import type { Host } from "../../core/host";
import type { RunSession } from "../../core/session";
import { trans } from "../../core/translate";
import { Part } from "../common/part";
import { Tabs } from "../common/tabs";
import type { RunCurves } from "../run-curves/run-curves";
import { Legend } from "./legend";
import type { ShownPart } from "./parts";

const tabs = (): { id: string; label: string }[] => [
  { id: "curves", label: trans.__("Curves") },
  { id: "parallel", label: trans.__("Parallel") },
  { id: "scatter", label: trans.__("Scatter") },
  { id: "best", label: trans.__("Best") },
  { id: "differences", label: trans.__("Differences") },
];

interface Props {
  readonly host: Host;
  readonly sessions: readonly RunSession[];
}

export function Compare({ host, sessions }: Props): JSX.Element {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const first = sessions[0];
  const [tab, setTab] = useState("curves");
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  /** The run that the pointer is on, in the legend or in a picture. */
  const [lit, setLit] = useState<string | null>(null);

  useEffect(() => {
    redraw(undefined);
    const leave = sessions.map((session) => session.subscribe(() => redraw(undefined)));
    return () => leave.forEach((end) => end());
  }, [sessions]);

  const shown = sessions.filter(({ id, run }) => run !== null && !hidden.has(id));
  const known = sessions.some(({ run }) => run !== null);
  // Where no run comes, the legend says of each why.
  const waiting =
    !known && sessions.some(({ status, problem }) => status.kind !== "refused" && problem === null);
  const parts = { sessions: shown, lit, onLit: setLit };
  return (
    <>
      <Legend sessions={sessions} hidden={hidden} lit={lit} onHidden={setHidden} onLit={setLit} />
      {waiting ? (
        <div class="jp-tracker-compare-bone" role="status" aria-label={trans.__("Loading the runs")} />
      ) : known ? (
        <Tabs label={trans.__("Comparison")} tabs={tabs()} selected={tab} onSelect={setTab}>
          {shown.length === 0 && (
            <p class="jp-tracker-empty">{trans.__("No run is chosen: tick one above.")}</p>
          )}
          {first && shown.length > 0 && tab === "curves" && (
            <Part<ComponentProps<typeof RunCurves>>
              key="curves"
              host={host}
              chunk="run-curves"
              name="RunCurves"
              props={{ first, sessions: shown, lit }}
            />
          )}
          {shown.length > 0 && tab !== "curves" && (
            <Part<ShownPart>
              key="parts"
              host={host}
              chunk="compare-parts"
              name="ComparePart"
              props={{ host, part: tab, ...parts }}
            />
          )}
        </Tabs>
      ) : null}
    </>
  );
}
