import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Host } from "../../core/host";
import { errorText } from "../../core/host";
import { isFields, text } from "../../core/parse";
import type { RunSession } from "../../core/session";
import { trans } from "../../core/translate";
import { nameOf } from "./legend";

interface Props {
  readonly host: Host;
  readonly sessions: readonly RunSession[];
}

interface Found {
  readonly code: string;
  readonly reason: string;
  readonly cells: string;
}

const MOST_LINES = 3000;

/** Unified diffs of the code of two runs and of the cells that were executed before them. */
export function CodeDifference({ host, sessions }: Props): JSX.Element {
  const [chosen, setChosen] = useState<readonly [string, string] | null>(null);
  const [found, setFound] = useState<Found | string | null>(null);
  const known = (id: string | undefined): boolean => sessions.some((session) => session.id === id);
  const before = known(chosen?.[0]) ? (chosen?.[0] ?? "") : (sessions[0]?.id ?? "");
  const after = known(chosen?.[1]) ? (chosen?.[1] ?? "") : (sessions[1]?.id ?? "");

  useEffect(() => {
    let gone = false;
    setFound(null);
    host.call("runs.code_difference", { run: before, other: after }).then(
      ({ result }) => {
        if (!gone) {
          const from = isFields(result) ? result : {};
          setFound({ code: text(from.code), reason: text(from.reason), cells: text(from.cells) });
        }
      },
      (error: unknown) => {
        if (!gone) {
          setFound(errorText(error));
        }
      },
    );
    return () => {
      gone = true;
    };
  }, [host, before, after]);

  const choice = (label: string, value: string, onChange: (id: string) => void): JSX.Element => (
    <label>
      {label}
      <select
        class="jp-tracker-select jp-tracker-run-choice"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {sessions.map((session) => (
          <option key={session.id} value={session.id}>
            {nameOf(session)}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <section aria-label={trans.__("Code and cells")}>
      <h4>{trans.__("Code and cells")}</h4>
      <div class="jp-tracker-toolbar" data-lm-suppress-shortcuts="true">
        {choice(trans.__("from"), before, (id) => setChosen([id, after]))}
        {choice(trans.__("to"), after, (id) => setChosen([before, id]))}
      </div>
      {typeof found === "string" && <p class="jp-tracker-error">{found}</p>}
      {found !== null && typeof found !== "string" && (
        <>
          {found.reason !== "" && <p class="jp-tracker-empty-line">{found.reason}</p>}
          {found.code !== "" && <Diff label={trans.__("Difference of the code")} diff={found.code} />}
          {found.code === "" && found.reason === "" && (
            <p class="jp-tracker-empty-line">{trans.__("The code is the same.")}</p>
          )}
          {found.cells !== "" && <Diff label={trans.__("Difference of the cells")} diff={found.cells} />}
        </>
      )}
    </section>
  );
}

function Diff({ label, diff }: { label: string; diff: string }): JSX.Element {
  const lines = diff.split("\n");
  return (
    <pre class="jp-tracker-diff" tabIndex={0} aria-label={label}>
      {lines.slice(0, MOST_LINES).map((line, at) => (
        <span key={at} class={`jp-tracker-diff-line ${kindOf(line)}`}>
          {line}
          {"\n"}
        </span>
      ))}
      {lines.length > MOST_LINES && trans.__("… and %1 more lines", lines.length - MOST_LINES)}
    </pre>
  );
}

function kindOf(line: string): string {
  if (line.startsWith("+++") || line.startsWith("---") || line.startsWith("@@")) {
    return "jp-tracker-diff-head";
  }
  return line.startsWith("+")
    ? "jp-tracker-diff-added"
    : line.startsWith("-")
      ? "jp-tracker-diff-removed"
      : "";
}
