/** A form on one host: what was written, what is wrong with it, and how its submission went. It outlives the view,
 *  so that nothing that was written is lost when an output is drawn anew. */

import type { Coalesced } from "./frame";
import { coalesce } from "./frame";
import type { FieldData, FormData, Path, Variable, Written } from "./form";
import { parseForm, pathText, quickMistake, valueAt, withValue } from "./form";
import type { Host } from "./host";
import { HostError, errorText } from "./host";
import { isFields, list, text } from "./parse";
import { trans } from "./translate";

/** The host is asked when nobody has typed for so long (ms). */
const PAUSE = 400;
/** For so long after the button was pressed the run is what its presser looks at (ms). */
const FRESH = 5_000;

export class FormSession {
  readonly host: Host;
  form: FormData | null = null;
  written: Written = {};
  variables: readonly Variable[] = [];
  busy = false;
  /** Why there is no form, or why nothing was submitted. */
  problem: string | null = null;
  /** The run that came of it. */
  run = "";
  /** Of the run, where the host has told it. */
  name = "";

  private told: ReadonlyMap<string, string> = new Map();
  private readonly touched = new Set<string>();
  private attempted = false;
  private attemptedAt = -Infinity;
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly listeners = new Set<() => void>();
  private readonly notify: Coalesced;

  constructor(host: Host) {
    this.host = host;
    this.notify = coalesce(() => this.listeners.forEach((listener) => listener()));
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) {
        this.notify.cancel();
        this.hold();
      }
    };
  }

  async load(): Promise<void> {
    this.problem = null;
    this.notify.request();
    try {
      const { result } = await this.host.call("form.get", {});
      this.form = parseForm(result);
      this.written = this.form?.written ?? {};
      this.problem = this.form === null ? trans.__("The answer holds no form.") : null;
    } catch (error) {
      this.problem = errorText(error);
    }
    this.notify.request();
  }

  value(path: Path): Written | undefined {
    return valueAt(this.written, path);
  }

  set(path: Path, value: Written): void {
    this.written = withValue(this.written, path, value);
    this.changed(pathText(path));
  }

  setVariables(variables: readonly Variable[], at: number): void {
    this.variables = variables;
    this.changed(`variables[${at}]`);
  }

  /** Somebody has left the field: what is wrong with it may be said. */
  leave(path: Path): void {
    if (!this.touched.has(pathText(path))) {
      this.changed(pathText(path));
    }
  }

  /** What is wrong with a field; nothing is said of one that nobody has been at before a first attempt. */
  mistake(path: Path, field: FieldData | null): string | null {
    const name = pathText(path);
    if (!this.attempted && !this.touched.has(name)) {
      return null;
    }
    const written = valueAt(this.written, path);
    const quick = field !== null && typeof written === "string" ? quickMistake(field, written) : null;
    return quick ?? this.told.get(name) ?? null;
  }

  /** All that the host says, after an attempt. */
  get mistakes(): readonly (readonly [path: string, message: string])[] {
    return this.attempted ? [...this.told] : [];
  }

  /** Whether the run that is there now is what somebody waits for. */
  get justSubmitted(): boolean {
    return Date.now() - this.attemptedAt < FRESH;
  }

  async submit(): Promise<void> {
    if (this.busy || this.run !== "") {
      return;
    }
    this.hold();
    this.asked += 1;
    this.attempted = true;
    this.attemptedAt = Date.now();
    this.busy = true;
    this.problem = null;
    this.notify.request();
    try {
      const { result } = await this.host.call("form.submit", { written: this.all() });
      this.read(result);
      this.run = isFields(result) ? text(result.run) : "";
      this.name = isFields(result) ? text(result.name, this.run.slice(0, 8)) : "";
      if (this.run !== "") {
        // Nothing of it is needed any more, least of all a secret.
        this.variables = [];
      }
    } catch (error) {
      const late = error instanceof HostError && error.unanswered;
      this.problem = late
        ? trans.__(
            "%1 The run may be there all the same: look for it before you submit it again.",
            errorText(error),
          )
        : errorText(error);
    }
    this.busy = false;
    this.notify.request();
  }

  private all(): object {
    return {
      ...(isFields(this.written) ? this.written : {}),
      variables: this.variables.filter(({ name, value }) => name !== "" || value !== ""),
    };
  }

  private changed(name: string): void {
    this.touched.add(name);
    this.hold();
    this.timer = setTimeout(() => void this.validate(), PAUSE);
    this.notify.request();
  }

  private hold(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }

  private async validate(): Promise<void> {
    const attempt = (this.asked += 1);
    try {
      const { result } = await this.host.call("form.validate", { written: this.all() });
      if (attempt === this.asked) {
        this.problem = null;
        this.read(result);
      }
    } catch (error) {
      if (attempt === this.asked) {
        this.problem = errorText(error);
      }
    }
    this.notify.request();
  }

  private read(result: unknown): void {
    const found = list(isFields(result) ? result.mistakes : null).flatMap((each) =>
      isFields(each) ? [[text(each.path), text(each.message)] as const] : [],
    );
    this.told = new Map(found);
  }
}

const sessions = new WeakMap<Host, FormSession>();

/** The one form of a host. */
export function formOf(host: Host): FormSession {
  const session = sessions.get(host) ?? new FormSession(host);
  sessions.set(host, session);
  return session;
}
