import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { loadChunk } from "../../core/chunk";
import type { Host } from "../../core/host";
import { errorText } from "../../core/host";
import { trans } from "../../core/translate";

interface Props<P> {
  readonly host: Host;
  readonly chunk: string;
  /** Which of the exports of the chunk. */
  readonly name: string;
  readonly props: P;
  /** Pixels that are kept free while it comes; those of a tab by default. */
  readonly height?: number;
}

type Loaded = Readonly<Record<string, unknown>>;

/** A component out of a chunk. Its place is held while it comes; what went wrong is said where it would be. */
export function Part<P extends object>({ host, chunk, name, props, height }: Props<P>): JSX.Element {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let current = true;
    setLoaded(null);
    setError(null);
    loadChunk(host, chunk).then(
      (module) => current && setLoaded(module as Loaded),
      (reason: unknown) => current && setError(errorText(reason)),
    );
    return () => {
      current = false;
    };
  }, [host, chunk, attempt]);

  if (error !== null) {
    return (
      <p class="jp-tracker-error" role="alert">
        {trans.__("This part of the panel did not come:")} {error}{" "}
        <button type="button" class="jp-tracker-link" onClick={() => setAttempt(attempt + 1)}>
          {trans.__("Try again")}
        </button>
      </p>
    );
  }
  if (loaded === null) {
    return (
      <div
        class="jp-tracker-fixed"
        style={height === undefined ? undefined : { height: `${height}px` }}
        aria-busy="true"
      />
    );
  }
  const View = loaded[name] as ComponentType<P>;
  return <View {...props} />;
}
