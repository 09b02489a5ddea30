import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { errorText } from "../../core/host";
import type { Fields } from "../../core/parse";
import { finite, isFields, list, text } from "../../core/parse";
import { bytes, save } from "../../core/save";
import type { RunSession } from "../../core/session";
import { trans } from "../../core/translate";
import { Answered, useAnswer } from "./answer";
import type { FileEntry } from "./files";
import { Files } from "./files";

export function filesOf(value: unknown): FileEntry[] {
  return list(value)
    .filter(isFields)
    .map((file: Fields) => ({ path: text(file.path), size: finite(file.size, 0) }));
}

/** The files kept with the run; `count` is how many there are, so that new ones come in. */
export function Artifacts({ session, count }: { session: RunSession; count: number }): JSX.Element {
  const state = useAnswer(session, "artifacts.list", {}, String(count));
  return (
    <Answered state={state}>
      {({ result }) => (
        <Files
          session={session}
          files={filesOf(result.artifacts)}
          total={finite(result.total, 0)}
          op="artifacts.preview"
          label={trans.__("Artifacts")}
          actions={(path) => <Download key={path} session={session} path={path} />}
        />
      )}
    </Answered>
  );
}

function Download({ session, path }: { session: RunSession; path: string }): JSX.Element {
  const [state, setState] = useState<string | null>(null);
  const go = async (): Promise<void> => {
    setState("");
    try {
      const { buffers } = await session.host.call("artifacts.get", { run: session.id, path });
      save(path.slice(path.lastIndexOf("/") + 1), [bytes(buffers[0])]);
      setState(null);
    } catch (reason) {
      setState(errorText(reason));
    }
  };
  return (
    <>
      <button type="button" class="jp-tracker-button" disabled={state === ""} onClick={() => void go()}>
        {trans.__("Download")}
      </button>
      {state !== null && state !== "" && (
        <span class="jp-tracker-error" role="alert">
          {state}
        </span>
      )}
    </>
  );
}
