import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

export interface MenuItem {
  readonly label: string;
  /** Why it is not possible now; null when it is. */
  readonly why: string | null;
  readonly onChoose: () => void;
}

interface Props {
  readonly label: string;
  readonly items: readonly MenuItem[];
}

/** A button that opens a menu. Arrow keys walk, Esc closes. */
export function Menu({ label, items }: Props): JSX.Element {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLSpanElement>(null);

  const entries = (): HTMLElement[] =>
    Array.from(root.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? []);

  useEffect(() => {
    if (!open) {
      return undefined;
    }
    entries()[0]?.focus();
    const outside = (event: Event): void => {
      if (event.target instanceof Node && root.current?.contains(event.target) !== true) {
        setOpen(false);
      }
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  const close = (): void => {
    setOpen(false);
    root.current?.querySelector("button")?.focus();
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (!open) {
      return;
    }
    const all = entries();
    const at = all.findIndex((entry) => entry === document.activeElement);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: all.length - 1,
    };
    const to = steps[event.key];
    if (event.key === "Escape") {
      close();
    } else if (to !== undefined) {
      all[(to + all.length) % all.length]?.focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <span ref={root} class="jp-tracker-menu" onKeyDown={onKeyDown} data-lm-suppress-shortcuts="true">
      <button
        type="button"
        class="jp-tracker-button"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={label}
        title={label}
        onClick={() => setOpen(!open)}
      >
        ⋯
      </button>
      {open && (
        <span class="jp-tracker-menu-list" role="menu" aria-label={label}>
          {items.map((item) => (
            <button
              key={item.label}
              type="button"
              role="menuitem"
              aria-disabled={item.why !== null}
              title={item.why ?? undefined}
              onClick={() => {
                if (item.why === null) {
                  close();
                  item.onChoose();
                }
              }}
            >
              {item.label}
            </button>
          ))}
        </span>
      )}
    </span>
  );
}
