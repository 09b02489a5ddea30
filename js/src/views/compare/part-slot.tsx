import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { errorText } from "../../core/host";
import type { LoadParts, MountedPart, ShownPart } from "./parts";

/** The place of a part, kept free until its module is there. */
export function PartSlot({ load, ...shown }: ShownPart & { load: LoadParts }): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const [mounted, setMounted] = useState<MountedPart | null>(null);
  const [error, setError] = useState<string | null>(null);

  useEffect(() => {
    let made: MountedPart | null = null;
    let gone = false;
    load().then(
      (mount) => {
        if (!gone && element.current !== null) {
          made = mount(element.current);
          setMounted(made);
        }
      },
      (reason: unknown) => setError(errorText(reason)),
    );
    return () => {
      gone = true;
      made?.unmount();
    };
  }, []);
  useLayoutEffect(() => mounted?.update(shown));
  return (
    <>
      {error !== null && (
        <p class="jp-tracker-error" role="alert">
          This part cannot be shown: {error}
        </p>
      )}
      <div ref={element} class="jp-tracker-part" aria-busy={mounted === null && error === null} />
    </>
  );
}
