import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { formatBytes } from "../../core/format";
import { Answered, useAnswer } from "./answer";
import type { RunSession } from "../../core/session";
import { trans } from "../../core/translate";
import { Preview } from "./preview";

export interface FileEntry {
  readonly path: string;
  readonly size: number;
}

interface Props {
  readonly session: RunSession;
  readonly files: readonly FileEntry[];
  readonly total: number;
  /** Answers with what is to be shown of a file. */
  readonly op: string;
  readonly initial?: string | undefined;
  readonly label: string;
  readonly actions?: (path: string) => ComponentChildren;
}

/** Files on one side, the one that is chosen on the other. */
export function Files({ session, files, total, op, initial, label, actions }: Props): JSX.Element {
  const [chosen, setChosen] = useState<string | null>(initial ?? null);
  const known = files.some(({ path }) => path === chosen) ? chosen : null;
  return (
    <div class="jp-tracker-files">
      <ul aria-label={label}>
        {files.map(({ path, size }) => (
          <li key={path}>
            <button
              type="button"
              class="jp-tracker-file"
              aria-pressed={path === known}
              title={`${path}, ${formatBytes(size)}`}
              onClick={() => setChosen(path)}
            >
              <span>{path}</span>
              <small>{formatBytes(size)}</small>
            </button>
          </li>
        ))}
        {total > files.length && (
          <li class="jp-tracker-note">{trans.__("and %1 more", (total - files.length).toLocaleString())}</li>
        )}
      </ul>
      <div class="jp-tracker-shown">
        {known === null ? (
          <p class="jp-tracker-empty">{trans.__("Choose a file to look into it.")}</p>
        ) : (
          <>
            <div class="jp-tracker-shown-head">
              <b title={known}>{known}</b>
              {actions?.(known)}
            </div>
            <Shown key={known} session={session} op={op} path={known} />
          </>
        )}
      </div>
    </div>
  );
}

function Shown({ session, op, path }: { session: RunSession; op: string; path: string }): JSX.Element {
  const state = useAnswer(session, op, { path }, path);
  return <Answered state={state}>{(answer) => <Preview answer={answer} path={path} />}</Answered>;
}
