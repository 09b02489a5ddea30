import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { trans } from "../../core/translate";

interface Props {
  readonly label: string;
  readonly title: string;
  readonly text: () => string | Promise<string>;
}

/** Puts text onto the clipboard, and says for a moment whether that went well. */
export function CopyButton({ label, title, text }: Props): JSX.Element {
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) {
      return undefined;
    }
    const timer = setTimeout(() => setSaid(null), 2000);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(await text());
      setSaid(trans.__("Copied"));
    } catch {
      // Pages without a secure origin have no clipboard, or the reader said no.
      setSaid(trans.__("Not allowed"));
    }
  };
  return (
    <button type="button" class="jp-tracker-button" title={title} onClick={() => void copy()}>
      {said ?? label}
    </button>
  );
}
