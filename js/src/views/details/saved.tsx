import type { JSX } from "preact";
import { formatAge, formatBytes, formatDateTime } from "../../core/format";
import { finite, finiteOrNull, isFields, list, text } from "../../core/parse";
import type { RunSession } from "../../core/session";
import { trans } from "../../core/translate";
import { Answered, useAnswer } from "./answer";
import type { Cell } from "./table";
import { Table } from "./table";

interface Props {
  readonly session: RunSession;
  readonly checkpoints: number;
  readonly models: number;
}

/** Checkpoints and models: what of the training can be used again. */
export function Saved({ session, checkpoints, models }: Props): JSX.Element {
  return (
    <div class="jp-tracker-tables">
      {checkpoints > 0 && <Checkpoints session={session} count={checkpoints} />}
      {models > 0 && <Models session={session} count={models} />}
    </div>
  );
}

function ageCell(value: unknown, now: number): Cell {
  const time = finiteOrNull(value);
  return time === null ? { text: "–" } : { text: formatAge(time, now), title: formatDateTime(time) };
}

function Checkpoints({ session, count }: { session: RunSession; count: number }): JSX.Element {
  const state = useAnswer(session, "checkpoints.list", {}, String(count));
  return (
    <section>
      <h4>{trans.__("Checkpoints")}</h4>
      <Answered state={state}>
        {({ result }) => (
          <Table
            label={trans.__("Checkpoints")}
            head={[trans.__("step"), trans.__("size"), trans.__("age"), trans.__("id")]}
            rows={list(result.checkpoints)
              .filter(isFields)
              .map((one) => [
                { text: finite(one.step, 0).toLocaleString(), title: text(one.path) },
                { text: one.complete === true ? formatBytes(finite(one.size, 0)) : trans.__("incomplete") },
                ageCell(one.created_at, session.now()),
                { text: text(one.id).slice(0, 8), title: text(one.id) },
              ])}
          />
        )}
      </Answered>
    </section>
  );
}

function Models({ session, count }: { session: RunSession; count: number }): JSX.Element {
  const state = useAnswer(session, "models.list", {}, String(count));
  return (
    <section>
      <h4>{trans.__("Models")}</h4>
      <Answered state={state}>
        {({ result }) => (
          <Table
            label={trans.__("Models")}
            head={[trans.__("model"), trans.__("version"), trans.__("size"), trans.__("age")]}
            rows={list(result.models)
              .filter(isFields)
              .map((one) => [
                { text: text(one.name), title: text(one.summary) || text(one.name) },
                { text: text(one.version) },
                { text: formatBytes(finite(one.size, 0)) },
                ageCell(one.created_at, session.now()),
              ])}
          />
        )}
      </Answered>
    </section>
  );
}
