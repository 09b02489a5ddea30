/** Long enough that scrolling past and back does not stop and start the stream. */
export const HIDDEN_LIMIT = 2000;

/** Tells whether an element can be seen: at once when it appears, with a delay when it goes. */
export function watchVisibility(element: HTMLElement, onChange: (visible: boolean) => void): () => void {
  let onScreen = true;
  let told: boolean | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;

  const tell = (visible: boolean): void => {
    if (told !== visible) {
      told = visible;
      onChange(visible);
    }
  };
  const check = (): void => {
    if (timer !== null) {
      clearTimeout(timer);
      timer = null;
    }
    if (onScreen && document.visibilityState !== "hidden") {
      tell(true);
    } else if (told !== false) {
      timer = setTimeout(() => tell(false), HIDDEN_LIMIT);
    }
  };

  document.addEventListener("visibilitychange", check);
  let observer: IntersectionObserver | null = null;
  if (typeof IntersectionObserver !== "undefined") {
    observer = new IntersectionObserver((entries) => {
      onScreen = entries.at(-1)?.isIntersecting ?? true;
      check();
    });
    observer.observe(element);
  }
  check();
  return () => {
    document.removeEventListener("visibilitychange", check);
    observer?.disconnect();
    if (timer !== null) {
      clearTimeout(timer);
    }
  };
}
