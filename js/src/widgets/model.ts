/** The few parts of a widget model that the panels use. */
export interface WidgetModel {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  /** Sends what was set to the kernel. */
  save_changes(): void;
  send(content: unknown): void;
  on(event: string, callback: (...args: unknown[]) => void): void;
  off(event: string, callback: (...args: unknown[]) => void): void;
}
