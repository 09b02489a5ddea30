import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Fields } from "../../core/parse";
import { list, mapValues, text } from "../../core/parse";
import type { RunSession } from "../../core/session";
import { trans } from "../../core/translate";
import { Answered, useAnswer } from "./answer";
import { Pairs } from "./table";

/** What surrounded the code: Python, git, packages, cells that were executed before. */
export function Environment({ session }: { session: RunSession }): JSX.Element {
  const state = useAnswer(session, "runs.environment", {}, session.run?.startedAt ? "started" : "");
  return <Answered state={state}>{({ result }) => <Surroundings found={result} />}</Answered>;
}

function Surroundings({ found }: { found: Fields }): JSX.Element {
  const [filter, setFilter] = useState("");
  const commit = text(found.git_commit);
  const machine: [string, string][] = [
    ["Python", text(found.python)],
    [trans.__("platform"), text(found.platform)],
    [trans.__("host"), text(found.host)],
    [trans.__("git branch"), text(found.git_branch)],
    [
      trans.__("git commit"),
      commit !== "" && found.git_dirty === true ? trans.__("%1 with changes", commit) : commit,
    ],
  ];
  const known = machine.filter(([, value]) => value !== "");
  const packages = Object.entries(
    mapValues(found.packages, (version) => (typeof version === "string" ? version : undefined)),
  );
  const wanted = filter.trim().toLowerCase();
  const shown = packages.filter(([name]) => name.toLowerCase().includes(wanted));
  const cells = list(found.history).map((cell) => text(cell));
  if (known.length === 0 && packages.length === 0 && cells.length === 0) {
    return <p class="jp-tracker-empty">{trans.__("Nothing is known of what surrounded the code.")}</p>;
  }
  return (
    <div class="jp-tracker-tables">
      <section>
        <h4>{trans.__("Machine")}</h4>
        <Pairs pairs={known} />
        {cells.length > 0 && (
          <>
            <h4>{trans.__("Cells executed before it")}</h4>
            {cells.map((cell, index) => (
              <pre key={index} class="jp-tracker-text jp-tracker-executed">
                {cell}
              </pre>
            ))}
          </>
        )}
      </section>
      <section>
        <h4>
          {trans.__("Packages")} <span class="jp-tracker-tab-count">{packages.length}</span>{" "}
          <input
            type="search"
            class="jp-tracker-input"
            placeholder={trans.__("Filter packages")}
            aria-label={trans.__("Filter packages")}
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </h4>
        {shown.length === 0 ? (
          <p class="jp-tracker-empty">{trans.__("No package has that in its name.")}</p>
        ) : (
          <Pairs pairs={shown} />
        )}
      </section>
    </div>
  );
}
