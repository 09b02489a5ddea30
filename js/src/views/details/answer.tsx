import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Params, Reply } from "../../core/host";
import { errorText } from "../../core/host";
import type { Fields } from "../../core/parse";
import { isFields } from "../../core/parse";
import type { RunSession } from "../../core/session";

export interface Answer {
  readonly result: Fields;
  readonly buffers: readonly DataView[];
}

interface State {
  readonly answer: Answer | null;
  readonly error: string | null;
}

const WAITING: State = { answer: null, error: null };

/** What the host answers about the run; asked again when `key` changes. */
export function useAnswer(session: RunSession, op: string, params: Params, key: string): State {
  const [state, setState] = useState<State>(WAITING);
  useEffect(() => {
    let current = true;
    setState(WAITING);
    session.host.call(op, { run: session.id, ...params }).then(
      ({ result, buffers }: Reply) => {
        if (current) {
          setState({ answer: { result: isFields(result) ? result : {}, buffers }, error: null });
        }
      },
      (reason: unknown) => current && setState({ answer: null, error: errorText(reason) }),
    );
    return () => {
      current = false;
    };
  }, [session, op, key]);
  return state;
}

interface Props {
  readonly state: State;
  readonly children: (answer: Answer) => ComponentChildren;
}

/** An answer once it is there; before that its place, and what went wrong where something did. */
export function Answered({ state, children }: Props): JSX.Element {
  if (state.error !== null) {
    return (
      <p class="jp-tracker-error" role="alert">
        {state.error}
      </p>
    );
  }
  if (state.answer === null) {
    return <div class="jp-tracker-waiting" aria-busy="true" />;
  }
  return <>{children(state.answer)}</>;
}
