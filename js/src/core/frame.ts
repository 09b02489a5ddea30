/** Runs `task` at most once per animation frame, however often it is asked for. */

export interface Coalesced {
  request(): void;
  cancel(): void;
}

export function coalesce(task: () => void): Coalesced {
  let pending: number | null = null;
  return {
    request() {
      pending ??= requestAnimationFrame(() => {
        pending = null;
        task();
      });
    },
    cancel() {
      if (pending !== null) {
        cancelAnimationFrame(pending);
        pending = null;
      }
    },
  };
}
