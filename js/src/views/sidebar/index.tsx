/** The sidebar: search on top, below it connections, experiments and runs. */

import type { JSX } from "preact";
import { render } from "preact";
import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { coalesce } from "../../core/frame";
import { trans } from "../../core/translate";
import { watchVisibility } from "../common/visibility";
import type { SidebarModel } from "./model";
import { orders } from "./query";
import type { Surroundings } from "./surroundings";
import { Tree } from "./tree";
import "./sidebar.css";

/** Typing is done when nothing came for so long (ms). */
const TYPING = 250;

interface Props {
  readonly model: SidebarModel;
  readonly around: Surroundings;
}

function Sidebar({ model, around }: Props): JSX.Element {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [typed, setTyped] = useState(model.search);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const coalesced = coalesce(() => redraw(undefined));
    const leave = model.subscribe(() => coalesced.request());
    return () => {
      leave();
      coalesced.cancel();
    };
  }, [model]);
  useEffect(() => {
    const timer = setTimeout(() => model.setSearch(typed), TYPING);
    return () => clearTimeout(timer);
  }, [typed, model]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "/" && event.target !== box.current) {
      event.preventDefault();
      box.current?.focus();
    } else if (event.key === "Escape" && typed !== "") {
      event.preventDefault();
      setTyped("");
    }
  };
  const trouble = model.problem ?? model.broken;
  return (
    <div class="jp-tracker-side" onKeyDown={onKeyDown}>
      <div class="jp-tracker-side-head" data-lm-suppress-shortcuts="true">
        <input
          ref={box}
          type="search"
          value={typed}
          placeholder={trans.__("Search, or metrics.loss < 0.2")}
          aria-label={trans.__("Search runs by name or with the filter language")}
          spellcheck={false}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <select
          aria-label={trans.__("Order of the runs")}
          title={trans.__("Order of the runs")}
          value={model.kept.order}
          onChange={(event) => model.change({ order: event.currentTarget.value })}
        >
          {orders().map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
        <button
          type="button"
          title={trans.__("Add a connection")}
          aria-label={trans.__("Add a connection")}
          onClick={() => around.addConnection()}
        >
          +
        </button>
      </div>
      {trouble !== null && (
        <div class="jp-tracker-side-trouble" role="alert">
          <span>{trouble}</span>
          <button type="button" onClick={() => around.refresh()}>
            {trans.__("Try again")}
          </button>
        </div>
      )}
      {model.connections === null && model.problem === null && (
        <div class="jp-tracker-side-loading" role="status" aria-label={trans.__("Loading")}>
          {[70, 45, 60, 50].map((width) => (
            <span key={width} class="jp-tracker-side-bone" style={{ width: `${width}%` }} />
          ))}
        </div>
      )}
      {model.connections !== null && <Tree model={model} around={around} />}
      {model.selection.size > 1 && (
        <div class="jp-tracker-side-selected" role="status">
          <span>{trans.__("%1 selected", model.selection.size)}</span>
          <button type="button" onClick={() => around.compare(model.selection.list())}>
            {trans.__("Compare")}
          </button>
          <button
            type="button"
            aria-label={trans.__("Select none")}
            title={trans.__("Select none")}
            onClick={() => model.selection.clear()}
          >
            ×
          </button>
        </div>
      )}
    </div>
  );
}

export function mountSidebar(el: HTMLElement, model: SidebarModel, around: Surroundings): () => void {
  const root = document.createElement("div");
  root.className = "jp-tracker-sidebar";
  el.append(root);
  render(<Sidebar model={model} around={around} />, root);
  const unwatch = watchVisibility(root, (visible) => model.setShown(visible));
  return () => {
    unwatch();
    model.setShown(false);
    render(null, root);
    root.remove();
  };
}
