import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { errorText } from "../../core/host";

/** What the table shows but does not bring along: whoever mounts it knows where that is. */
export interface Slots {
  /** The live view of a run; the result takes it out again. */
  readonly openRun: (element: HTMLElement, run: string) => Promise<() => void>;
  /** The curves of several runs. */
  readonly draw: (element: HTMLElement) => Promise<Drawing>;
}

export interface Drawing {
  readonly update: (runs: readonly string[]) => void;
  readonly unmount: () => void;
}

interface Props {
  readonly name: string;
  /** Kept free until the content is there. */
  readonly height: number;
  readonly load: (element: HTMLElement) => Promise<() => void>;
}

/** A place for something that is loaded first. */
export function Slot({ name, height, load }: Props): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<"loading" | "there" | { readonly error: string }>("loading");
  useEffect(() => {
    let wanted = true;
    let unmount: (() => void) | null = null;
    const target = element.current;
    if (target !== null) {
      load(target).then(
        (remove) => {
          unmount = remove;
          if (wanted) {
            setState("there");
          } else {
            remove();
          }
        },
        (error: unknown) => setState({ error: errorText(error) }),
      );
    }
    return () => {
      wanted = false;
      unmount?.();
    };
  }, []);
  return (
    <>
      {typeof state === "object" && (
        <p class="jp-tracker-error" role="alert">
          {name} cannot be shown: {state.error}
        </p>
      )}
      <div
        ref={element}
        style={state === "loading" ? { minHeight: `${height}px` } : undefined}
        aria-busy={state === "loading"}
      />
    </>
  );
}
