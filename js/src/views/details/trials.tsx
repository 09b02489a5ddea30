import type { JSX } from "preact";
import { formatMetric, formatParam } from "../../core/format";
import { isFields, list, text, wireNumber } from "../../core/parse";
import type { RunSession } from "../../core/session";
import { RUN_STATES } from "../../core/wire";
import { trans } from "../../core/translate";
import { StateMark } from "../common/state-mark";
import { Answered, useAnswer } from "./answer";
import { Table } from "./table";

interface Props {
  readonly session: RunSession;
  readonly count: number;
}

/** The runs of a sweep, the best one marked. Asked for again as trials come and end. */
export function Trials({ session, count }: Props): JSX.Element {
  const ended = session.run?.progress[0]?.value ?? 0;
  const state = useAnswer(session, "runs.children", {}, `${count} ${ended} ${session.run?.state ?? ""}`);
  return (
    <div class="jp-tracker-tables jp-tracker-one">
      <Answered state={state}>
        {({ result }) => {
          const metric = text(result.metric);
          const best = text(result.best);
          const rows = list(result.children).filter(isFields);
          const names = Array.from(
            new Set(rows.flatMap((run) => Object.keys(isFields(run.params) ? run.params : {}))),
          ).slice(0, 8);
          return (
            <Table
              label={trans.__("Trials")}
              head={[trans.__("trial"), trans.__("state"), ...names, ...(metric === "" ? [] : [metric])]}
              rows={rows.map((run) => {
                const params = isFields(run.params) ? run.params : {};
                const value = run.value == null ? null : wireNumber(run.value);
                const word = RUN_STATES.find((known) => known === run.state) ?? "unknown";
                return [
                  {
                    text: run.id === best ? <b>★ {text(run.name)}</b> : text(run.name),
                    title:
                      trans.__("%1\nid %2", text(run.name), text(run.id)) +
                      (run.id === best ? `\n${trans.__("the best")}` : ""),
                  },
                  { text: <StateMark state={word} native="" /> },
                  ...names.map((name) => ({
                    text: formatParam(params[name]),
                    title: formatParam(params[name]),
                  })),
                  ...(metric === ""
                    ? []
                    : [{ text: value === null ? "–" : formatMetric(metric, value), title: String(value) }]),
                ];
              })}
            />
          );
        }}
      </Answered>
    </div>
  );
}
