import type { JSX } from "preact";
import type { RunState } from "../../core/wire";
import { trans } from "../../core/translate";
import { stateWord } from "../../core/words";

/** Each state has a shape of its own, so that colour is never the only sign. */
const SHAPES: Readonly<Record<RunState, JSX.Element>> = {
  queued: <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="1.5" />,
  running: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
  stopping: (
    <>
      <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="1.5" />
      <path d="M6 2a4 4 0 0 1 0 8z" fill="currentColor" />
    </>
  ),
  succeeded: <path d="M2 6.5 5 9.5 10.5 3" fill="none" stroke="currentColor" stroke-width="2" />,
  failed: <path d="M2.5 2.5l7 7m0-7l-7 7" fill="none" stroke="currentColor" stroke-width="2" />,
  stopped: <rect x="2.5" y="2.5" width="7" height="7" fill="currentColor" />,
  lost: (
    <circle
      cx="6"
      cy="6"
      r="4"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-dasharray="2.1 2.1"
    />
  ),
  unknown: <path d="M2 6h8" fill="none" stroke="currentColor" stroke-width="2" />,
};

export function StateMark({ state, native }: { state: RunState; native: string }): JSX.Element {
  const word = state === "stopping" ? trans.__("stopping…") : stateWord(state);
  const title =
    native !== "" && native.toLowerCase() !== state ? trans.__("the platform says: %1", native) : undefined;
  return (
    <span class={`jp-tracker-state jp-tracker-state-${state}`} title={title}>
      <StateShape state={state} />
      <span>{word}</span>
    </span>
  );
}

/** The shape alone, where the word stands elsewhere. */
export function StateShape({ state }: { state: RunState }): JSX.Element {
  return (
    <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {SHAPES[state]}
    </svg>
  );
}
