/** How much a run holds of what is not pushed, so that only those tabs are offered that hold something. */

import { useEffect, useState } from "preact/hooks";
import { finite, isFields, text } from "../../core/parse";
import type { RunSession } from "../../core/session";

export interface Contents {
  readonly artifacts: number;
  readonly checkpoints: number;
  readonly models: number;
  readonly classifications: number;
  readonly children: number;
  /** A line of Python that gets this run. */
  readonly code: string;
}

const NOTHING: Contents = {
  artifacts: 0,
  checkpoints: 0,
  models: 0,
  classifications: 0,
  children: 0,
  code: "",
};
/** Files are logged one after another; they are counted once they rest. */
const PAUSE = 500;

/** Asked anew when something happened to the run or its state has changed. */
export function useContents(session: RunSession): Contents {
  const [contents, setContents] = useState(NOTHING);
  const happened = `${session.run?.state ?? ""} ${session.events.at(-1)?.sequence ?? 0}`;
  const known = session.run !== null;
  useEffect(() => {
    if (!known) {
      return undefined;
    }
    let current = true;
    const ask = async (): Promise<void> => {
      try {
        const { result } = await session.host.call("runs.contents", { run: session.id });
        if (current && isFields(result)) {
          setContents({
            artifacts: finite(result.artifacts, 0),
            checkpoints: finite(result.checkpoints, 0),
            models: finite(result.models, 0),
            classifications: finite(result.classifications, 0),
            children: finite(result.children, 0),
            code: text(result.code),
          });
        }
      } catch {
        // The tabs stay as they are; a kernel that is gone is told of elsewhere.
      }
    };
    const timer = setTimeout(() => void ask(), PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [session, known, happened]);
  return contents;
}
