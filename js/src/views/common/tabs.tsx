import type { ComponentChildren, JSX } from "preact";
import { useRef } from "preact/hooks";
import { useUniqueId } from "./hooks";

export interface Tab {
  readonly id: string;
  readonly label: string;
  readonly count?: number;
}

interface Props {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly selected: string;
  readonly onSelect: (id: string) => void;
  readonly children: ComponentChildren;
}

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };

/** A row of tabs and the panel of the selected one. Arrow keys walk, Home and End jump. */
export function Tabs({ label, tabs, selected, onSelect, children }: Props): JSX.Element {
  const base = useUniqueId();
  const row = useRef<HTMLDivElement>(null);

  const onKeyDown = (event: KeyboardEvent): void => {
    const at = tabs.findIndex((tab) => tab.id === selected);
    const step = STEPS[event.key];
    let to: number;
    if (step !== undefined) {
      to = (at + step + tabs.length) % tabs.length;
    } else if (event.key === "Home") {
      to = 0;
    } else if (event.key === "End") {
      to = tabs.length - 1;
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    onSelect(tabs[to]?.id ?? selected);
    row.current?.querySelectorAll<HTMLElement>("[role=tab]")[to]?.focus();
  };

  return (
    <>
      <div
        ref={row}
        class="jp-tracker-tabs"
        role="tablist"
        aria-label={label}
        onKeyDown={onKeyDown}
        data-lm-suppress-shortcuts="true"
      >
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            class="jp-tracker-tab"
            id={`${base}-tab-${tab.id}`}
            aria-selected={tab.id === selected}
            aria-controls={`${base}-panel`}
            tabIndex={tab.id === selected ? 0 : -1}
            onClick={() => onSelect(tab.id)}
          >
            {tab.label}
            {tab.count !== undefined && tab.count > 0 && (
              <span class="jp-tracker-tab-count">{tab.count.toLocaleString()}</span>
            )}
          </button>
        ))}
      </div>
      <div
        class="jp-tracker-tab-panel"
        role="tabpanel"
        id={`${base}-panel`}
        aria-labelledby={`${base}-tab-${selected}`}
      >
        {children}
      </div>
    </>
  );
}
