import type { JSX } from "preact";
import { useEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import { ClassificationSession } from "../../core/classification-session";
import type { Host } from "../../core/host";
import { trans } from "../../core/translate";
import { hueColor, runHue } from "../chart/colors";
import { useThemeChanges } from "../common/hooks";
import { watchVisibility } from "../common/visibility";
import { Curves } from "./curves";
import { MatrixCard } from "./matrix-card";

interface Props {
  readonly host: Host;
  readonly runs: readonly string[];
  readonly name?: string;
}

const kept = new WeakMap<Host, Map<string, ClassificationSession>>();

/** A view that is drawn anew on the same host shows what it knew at once. */
function sessionOf(host: Host, runs: readonly string[]): ClassificationSession {
  const ofHost = kept.get(host) ?? new Map<string, ClassificationSession>();
  kept.set(host, ofHost);
  const key = runs.join("\n");
  const session = ofHost.get(key) ?? new ClassificationSession(host, runs);
  ofHost.set(key, session);
  return session;
}

export function ClassificationView({ host, runs, name = "" }: Props): JSX.Element {
  const session = useMemo(() => sessionOf(host, runs), [host, runs.join("\n")]);
  const root = useRef<HTMLDivElement>(null);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [chosen, setChosen] = useState(name);
  const [shown, setShown] = useState(runs[0] ?? "");
  const theme = useThemeChanges();

  useEffect(() => {
    redraw(undefined);
    return session.subscribe(() => redraw(undefined));
  }, [session]);
  useEffect(() => {
    let detach: (() => void) | null = null;
    const unwatch =
      root.current &&
      watchVisibility(root.current, (visible) => {
        detach?.();
        detach = visible ? session.attach() : null;
      });
    return () => {
      unwatch?.();
      detach?.();
    };
  }, [session]);

  const names = [...new Set(session.runs.flatMap(({ logged }) => logged.map((each) => each.name)))];
  const known = session.runs.every((run) => run.known || run.status.kind === "refused");
  const found = session.runs.flatMap((run) => {
    const data = run.chosen(chosen);
    return data === undefined ? [] : [{ run, data }];
  });
  const current = found.find(({ run }) => run.key === shown) ?? found[0];
  const lacking = session.runs.filter((run) => run.known && run.chosen(chosen) === undefined);
  return (
    <div ref={root} class="jp-tracker-classification">
      {(names.length > 1 || session.runs.length > 1) && found.length > 0 && (
        <div class="jp-tracker-toolbar" role="group" aria-label={trans.__("What is shown")}>
          {names.length > 1 && (
            <label>
              {trans.__("logged as")}
              <select
                class="jp-tracker-select"
                value={chosen}
                onChange={(event) => setChosen(event.currentTarget.value)}
              >
                <option value="">{trans.__("the last one")}</option>
                {names.map((each) => (
                  <option key={each} value={each}>
                    {each}
                  </option>
                ))}
              </select>
            </label>
          )}
          {found.length > 1 && (
            <label>
              <i
                class="jp-tracker-key"
                style={{ background: current ? hueColor(runHue(current.run.id)) : "" }}
              />
              {trans.__("matrix and classes of")}
              <select
                class="jp-tracker-select jp-tracker-run-choice"
                value={current?.run.key}
                onChange={(event) => setShown(event.currentTarget.value)}
              >
                {found.map(({ run }) => (
                  <option key={run.key} value={run.key}>
                    {run.name}
                  </option>
                ))}
              </select>
            </label>
          )}
        </div>
      )}
      {current && (
        <div class="jp-tracker-classification-parts">
          {current.data.matrix.length > 0 && (
            <MatrixCard session={session} run={current.run} data={current.data} theme={theme} />
          )}
          <Curves found={found} current={current} />
        </div>
      )}
      {current === undefined && !known && (
        <div class="jp-tracker-bone jp-tracker-matrix-bone" role="status" aria-label={trans.__("Loading")} />
      )}
      {current === undefined && known && session.runs.every(({ status }) => status.kind !== "refused") && (
        <p class="jp-tracker-empty">
          {session.runs.some(({ live }) => live)
            ? trans.__("No classification metrics yet: call run.log_classification(y_true=…, y_score=…).")
            : trans.__("No classification metrics were logged.")}
        </p>
      )}
      {found.length > 0 && lacking.length > 0 && (
        <p class="jp-tracker-empty-line">
          {chosen === ""
            ? trans.__("%1 logged none.", lacking.map((run) => run.name).join(", "))
            : trans.__("%1 logged none as “%2”.", lacking.map((run) => run.name).join(", "), chosen)}
        </p>
      )}
      <Troubles session={session} />
    </div>
  );
}

/** Why what is shown may be old. */
function Troubles({ session }: { session: ClassificationSession }): JSX.Element | null {
  const told = new Set<string>();
  for (const { status, problem, name } of session.runs) {
    if (status.kind === "disconnected") {
      told.add(trans.__("Disconnected. %1", status.message));
    } else if (status.kind === "refused" || problem !== null) {
      told.add(`${name}: ${problem ?? (status.kind === "refused" ? status.message : "")}`);
    }
  }
  return told.size === 0 ? null : (
    <div class="jp-tracker-strip" role="status">
      {[...told].slice(0, 3).join(" ")}
    </div>
  );
}
