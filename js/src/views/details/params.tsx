import type { JSX } from "preact";
import { formatAge, formatDateTime, formatMetric, formatNumber, formatParam } from "../../core/format";
import { isFields } from "../../core/parse";
import type { RunSession } from "../../core/session";
import type { RunData } from "../../core/wire";
import { SYSTEM_PREFIX } from "../../core/wire";
import { trans } from "../../core/translate";
import { Notes, Tags } from "./notes";
import { Pairs } from "./table";

/** Nested groups become `optimizer.lr`, one row each. */
function flatten(params: Readonly<Record<string, unknown>>, prefix = "", depth = 0): [string, unknown][] {
  return Object.entries(params).flatMap(([key, value]) =>
    isFields(value) && depth < 8 && Object.keys(value).length > 0
      ? flatten(value, `${prefix}${key}.`, depth + 1)
      : [[prefix + key, value] as [string, unknown]],
  );
}

export function Params({ session, run }: { session: RunSession; run: RunData }): JSX.Element {
  const params = flatten(run.params);
  const metrics = Object.entries(run.metrics).filter(([key]) => !key.startsWith(SYSTEM_PREFIX));
  const now = session.now();
  return (
    <div class="jp-tracker-tables">
      <section>
        <h4>{trans.__("Latest metrics")}</h4>
        {metrics.length === 0 ? (
          <p class="jp-tracker-empty">{trans.__("No metrics yet: call run.log({...}).")}</p>
        ) : (
          <table class="jp-tracker-table">
            <thead>
              <tr>
                <th scope="col">{trans.__("metric")}</th>
                <th scope="col">{trans.__("value")}</th>
                <th scope="col">{trans.__("step")}</th>
                <th scope="col">{trans.__("age")}</th>
              </tr>
            </thead>
            <tbody>
              {metrics.map(([key, { value, step, time }]) => (
                <tr key={key}>
                  <th scope="row" title={key}>
                    {key}
                  </th>
                  <td title={String(value)}>{formatMetric(key, value)}</td>
                  <td title={String(step)}>{formatNumber(step)}</td>
                  <td title={formatDateTime(time)}>{formatAge(time, now)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <section>
        <h4>{trans.__("Params")}</h4>
        {params.length === 0 ? (
          <p class="jp-tracker-empty">{trans.__("No params: call run.log_params({...}).")}</p>
        ) : (
          <Pairs pairs={params.map(([key, value]) => [key, formatParam(value)])} />
        )}
        <Tags session={session} run={run} />
        <Notes session={session} run={run} />
      </section>
    </div>
  );
}
