import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { differences, flat } from "../../core/compare";
import type { Host } from "../../core/host";
import { errorText } from "../../core/host";
import type { Fields } from "../../core/parse";
import { isFields, text } from "../../core/parse";
import type { RunSession } from "../../core/session";
import { trans } from "../../core/translate";
import { CodeDifference } from "./code-difference";
import { colorOf, nameOf } from "./legend";

interface Props {
  readonly host: Host;
  readonly sessions: readonly RunSession[];
}

type Pairs = readonly (readonly [string, unknown])[];

/** Runs whose surroundings are read at once. */
const MOST_RUNS = 20;

/** What is not the same in all runs: params, tags, surroundings, packages, code and cells. */
export function Differences({ host, sessions }: Props): JSX.Element {
  const [all, setAll] = useState(false);
  const [found, setFound] = useState<ReadonlyMap<string, Fields | string>>(new Map());
  const asked = sessions.slice(0, MOST_RUNS);
  const ids = asked.map(({ id }) => id).join("\n");

  useEffect(() => {
    let gone = false;
    for (const { id } of asked) {
      if (!found.has(id)) {
        host.call("runs.environment", { run: id }).then(
          ({ result }) => {
            if (!gone) {
              setFound((before) => new Map(before).set(id, isFields(result) ? result : {}));
            }
          },
          (error: unknown) => {
            if (!gone) {
              setFound((before) => new Map(before).set(id, errorText(error)));
            }
          },
        );
      }
    }
    return () => {
      gone = true;
    };
  }, [ids]);

  const environments = asked.map(({ id }) => found.get(id));
  const troubles = asked.flatMap((session) => {
    const each = found.get(session.id);
    return typeof each === "string" ? [`${nameOf(session)}: ${each}`] : [];
  });
  const surroundings = environments.map((each) => (isFields(each) ? around(each) : []));
  const packages = environments.map((each) =>
    isFields(each) && isFields(each.packages) ? Object.entries(each.packages) : [],
  );
  return (
    <div class="jp-tracker-differences">
      <div class="jp-tracker-toolbar">
        <label>
          <input type="checkbox" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />
          {trans.__("also what is the same")}
        </label>
      </div>
      <Part
        title={trans.__("Params")}
        sessions={sessions}
        all={all}
        pairs={sessions.map(({ run }) => flat(run?.params ?? {}))}
      />
      <Part
        title={trans.__("Tags")}
        sessions={sessions}
        all={all}
        pairs={sessions.map(({ run }) => Object.entries(run?.tags ?? {}))}
      />
      <Part title={trans.__("Python, machine and git")} sessions={asked} all={all} pairs={surroundings} />
      <Part title={trans.__("Packages")} sessions={asked} all={all} pairs={packages} />
      {sessions.length > MOST_RUNS && (
        <p class="jp-tracker-empty-line">
          {trans.__("Surroundings and packages are those of the first %1 runs.", MOST_RUNS)}
        </p>
      )}
      {troubles.length > 0 && <p class="jp-tracker-error">{troubles.join(" ")}</p>}
      {sessions.length > 1 && <CodeDifference host={host} sessions={sessions} />}
    </div>
  );
}

function around(found: Fields): [string, unknown][] {
  const commit = text(found.git_commit);
  return [
    ["python", found.python],
    [trans.__("platform"), found.platform],
    [trans.__("host"), found.host],
    [trans.__("git branch"), found.git_branch],
    [
      trans.__("git commit"),
      found.git_dirty === true && commit !== ""
        ? trans.__("%1 with changes", commit.slice(0, 12))
        : commit.slice(0, 12),
    ],
  ].filter(([, value]) => value !== "" && value !== undefined) as [string, unknown][];
}

interface PartProps {
  readonly title: string;
  readonly sessions: readonly RunSession[];
  readonly pairs: readonly Pairs[];
  readonly all: boolean;
}

function Part({ title, sessions, pairs, all }: PartProps): JSX.Element | null {
  const rows = differences(pairs.map((each) => [...each]));
  if (rows.length === 0) {
    return null;
  }
  const shown = rows.filter(({ differs }) => all || differs);
  const same = rows.length - rows.filter(({ differs }) => differs).length;
  return (
    <section aria-label={title}>
      <h4>
        {title} <small>{trans.__("%1 the same", same)}</small>
      </h4>
      {shown.length > 0 && (
        <div class="jp-tracker-data jp-tracker-wide-table" tabIndex={0} role="region" aria-label={title}>
          <table>
            <thead>
              <tr>
                <th scope="col" />
                {sessions.map((session) => (
                  <th key={session.id} scope="col" title={nameOf(session)}>
                    <i class="jp-tracker-key" style={{ background: colorOf(session) }} />
                    {nameOf(session)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map(({ name, values, differs }) => (
                <tr key={name} class={differs ? "" : "jp-tracker-same"}>
                  <th scope="row" title={name}>
                    {name}
                  </th>
                  {values.map((value, at) => (
                    <td key={sessions[at]?.id} title={value ?? trans.__("it has none")}>
                      {value === null ? "–" : value.slice(0, 200)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
