import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Host } from "../../core/host";
import { mountRunPanel } from ".";

/** The live view of a run as a component. */
export function RunView({ host, run }: { host: Host; run: string }): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  useEffect(
    () => (place.current === null ? undefined : mountRunPanel(place.current, host, { run })),
    [host, run],
  );
  return <div ref={place} />;
}
