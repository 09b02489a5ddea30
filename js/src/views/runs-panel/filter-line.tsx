import type { JSX, RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { complete } from "../../core/filter-complete";
import type { Completion } from "../../core/filter-complete";
import type { TableSession } from "../../core/table-session";
import { trans } from "../../core/translate";
import { useUniqueId } from "../common/hooks";

/** A filter is tried when nobody has typed for so long (ms). */
const PAUSE = 300;

interface Props {
  readonly session: TableSession;
  readonly input: RefObject<HTMLInputElement>;
  /** Esc in an empty field. */
  readonly onLeave: () => void;
}

/** The filter, what may come next in it, and below it a mark under the mistake. */
export function FilterLine({ session, input, onLeave }: Props): JSX.Element {
  const { where } = session.settings;
  const [text, setText] = useState(where);
  const [items, setItems] = useState<readonly Completion[] | null>(null);
  const [chosen, setChosen] = useState(0);
  const [scroll, setScroll] = useState(0);
  const span = useRef({ from: 0, to: 0 });
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const base = useUniqueId();
  // What is still being written is no mistake yet.
  const mistake = text.trim() === "" || items !== null ? null : session.mistake;

  // Another place may set the filter: the kernel, or a click on a value.
  useEffect(() => {
    setText((before) => (before.trim() === where ? before : where));
  }, [where]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const apply = (filter: string): void => {
    clearTimeout(timer.current);
    void session.change({ where: filter.trim() });
  };
  const suggest = (filter: string, cursor: number): void => {
    const found = complete(filter, cursor, session.fields, session.rows.all());
    span.current = found;
    setItems(found.items.length > 0 ? found.items : null);
    setChosen(0);
  };
  const write = (filter: string, cursor: number): void => {
    setText(filter);
    suggest(filter, cursor);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => apply(filter), PAUSE);
  };
  const take = (item: Completion | undefined): void => {
    const field = input.current;
    if (item === undefined || field === null) {
      return;
    }
    const { from, to } = span.current;
    const start = from > 0 && !/[\s(]$/.test(text.slice(0, from)) ? " " : "";
    const made = `${text.slice(0, from)}${start}${item.text} `;
    field.value = made + text.slice(to).trimStart();
    field.setSelectionRange(made.length, made.length);
    field.focus();
    write(field.value, made.length);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    const field = input.current;
    const open = items !== null;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      if (open) {
        setChosen((chosen + step + items.length) % items.length);
      } else if (field !== null) {
        suggest(text, field.selectionStart ?? text.length);
      }
    } else if (event.key === "Tab" && open) {
      event.preventDefault();
      take(items[chosen]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      // Enter takes what was walked to; it does not change a filter that is complete.
      if (open && chosen > 0) {
        take(items[chosen]);
      } else {
        setItems(null);
        apply(text);
      }
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (open) {
        setItems(null);
      } else if (text !== "") {
        setText("");
        apply("");
      } else {
        onLeave();
      }
    }
  };

  return (
    <div class="jp-tracker-filter">
      <input
        ref={input}
        type="text"
        class="jp-tracker-input jp-tracker-filter-input"
        placeholder={trans.__("Filter: metrics.acc > 0.9 and params.lr < 0.1   ( / )")}
        aria-label={trans.__("Filter of the runs")}
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={items !== null}
        aria-controls={`${base}-list`}
        aria-activedescendant={items === null ? undefined : `${base}-${chosen}`}
        aria-invalid={mistake !== null}
        aria-errormessage={mistake === null ? undefined : `${base}-mistake`}
        autocomplete="off"
        spellcheck={false}
        maxLength={10_000}
        value={text}
        onInput={({ currentTarget: field }) => write(field.value, field.selectionStart ?? field.value.length)}
        onKeyDown={onKeyDown}
        onScroll={(event) => setScroll(event.currentTarget.scrollLeft)}
        onBlur={() => setItems(null)}
      />
      {items !== null && (
        <ul
          id={`${base}-list`}
          class="jp-tracker-completions"
          role="listbox"
          aria-label={trans.__("What may come next")}
        >
          {items.map((item, index) => (
            <li
              key={item.text}
              id={`${base}-${index}`}
              role="option"
              aria-selected={index === chosen}
              ref={(element) => {
                if (index === chosen) {
                  element?.scrollIntoView({ block: "nearest" });
                }
              }}
              // Not a click: the field must keep the focus.
              onMouseDown={(event) => {
                event.preventDefault();
                take(item);
              }}
            >
              <span>{item.text}</span>
              <small>{item.detail}</small>
            </li>
          ))}
        </ul>
      )}
      {mistake !== null && (
        <p id={`${base}-mistake`} class="jp-tracker-mistake" role="alert">
          <span style={{ "--jp-tracker-at": `${mistake.column}ch`, "--jp-tracker-scroll": `${scroll}px` }}>
            <span class="jp-tracker-caret">^ </span>
            {mistake.message}
          </span>
        </p>
      )}
    </div>
  );
}
