import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { errorText } from "../../core/host";
import type { RunSession } from "../../core/session";
import type { RunData } from "../../core/wire";
import { trans } from "../../core/translate";
import type { MenuItem } from "../common/menu";
import { Menu } from "../common/menu";

/** What was done, or why it was not. */
export interface Notice {
  readonly text: string;
  readonly bad: boolean;
  /** What takes it back. */
  readonly undo?: string;
}

interface Props {
  readonly session: RunSession;
  readonly run: RunData;
  /** A line of Python that gets this run. */
  readonly code: string;
  readonly onClone: () => void;
  readonly onNotice: (notice: Notice | null) => void;
}

/** Operations of the menu: what people call them, what is said afterwards, what takes them back. */
const changes = (): readonly [op: string, label: string, said: string, undo: string | null][] => [
  ["runs.restart", trans.__("Restart"), trans.__("The run starts again, as a further attempt."), null],
  [
    "runs.archive",
    trans.__("Archive"),
    trans.__("The run is archived: it leaves the listing and stays readable."),
    "runs.unarchive",
  ],
  [
    "runs.unarchive",
    trans.__("Take back into the listing"),
    trans.__("The run is back in the listing."),
    "runs.archive",
  ],
  ["runs.delete", trans.__("Delete"), trans.__("The run is deleted."), "runs.restore"],
  ["runs.restore", trans.__("Restore"), trans.__("The run is back."), null],
];
/** Of a pair only the one that is possible is offered. */
const ONLY_WHERE_POSSIBLE = new Set(["runs.unarchive", "runs.restore"]);

export async function change(
  session: RunSession,
  op: string,
  onNotice: (notice: Notice) => void,
): Promise<void> {
  const [, label = op, said = trans.__("Done."), undo = null] = changes().find(([name]) => name === op) ?? [];
  try {
    await session.act(op);
    session.reconnect();
    onNotice({ text: said, bad: false, ...(undo === null ? {} : { undo }) });
  } catch (reason) {
    onNotice({ text: `${label}: ${errorText(reason)}`, bad: true });
  }
}

export function Actions({ session, run, code, onClone, onNotice }: Props): JSX.Element {
  const copy = async (text: string): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      onNotice({ text: trans.__("Copied: %1", text), bad: false });
    } catch {
      onNotice({ text: trans.__("The page may not copy this: %1", text), bad: true });
    }
  };
  const items: MenuItem[] = [];
  const clone = run.actions["runs.clone"];
  if (clone !== undefined) {
    items.push({ label: trans.__("Clone with other params…"), why: clone, onChoose: onClone });
  }
  for (const [op, label] of changes()) {
    const why = run.actions[op];
    if (why === null || (why !== undefined && !ONLY_WHERE_POSSIBLE.has(op))) {
      items.push({ label, why, onChoose: () => void change(session, op, onNotice) });
    }
  }
  if (code !== "") {
    items.push({ label: trans.__("Copy code"), why: null, onChoose: () => void copy(code) });
  }
  items.push({ label: trans.__("Copy id"), why: null, onChoose: () => void copy(run.id) });
  return (
    <>
      <StopButton session={session} run={run} onNotice={onNotice} />
      <Menu label={trans.__("More actions")} items={items} />
    </>
  );
}

/** Not offered at all where the host names no such action, or there is nothing to stop. */
function StopButton({
  session,
  run,
  onNotice,
}: Pick<Props, "session" | "run" | "onNotice">): JSX.Element | null {
  const [asked, setAsked] = useState(false);
  const why = run.actions["runs.stop"];
  const ended = ["succeeded", "failed", "stopped", "lost"].includes(run.state);
  if (why === undefined || ended) {
    return null;
  }
  const stop = async (): Promise<void> => {
    setAsked(true);
    onNotice(null);
    try {
      await session.act("runs.stop");
    } catch (reason) {
      onNotice({ text: trans.__("The run was not stopped: %1", errorText(reason)), bad: true });
    } finally {
      setAsked(false);
    }
  };
  return (
    <button
      type="button"
      class="jp-tracker-button jp-tracker-stop"
      disabled={why !== null || asked || run.state === "stopping"}
      title={why ?? trans.__("Stop %1", run.name)}
      onClick={() => void stop()}
    >
      {trans.__("Stop")}
    </button>
  );
}
