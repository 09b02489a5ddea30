/** Keeps pinned cells where they are while the table moves sideways. */

const SETTLED = 150;

/** To be called with the scroller at each scroll. */
export function followSideways(): (element: HTMLElement) => void {
  let left = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (element) => {
    if (element.scrollLeft === left) {
      return;
    }
    left = element.scrollLeft;
    element.classList.add("jp-tracker-sideways");
    clearTimeout(timer);
    timer = setTimeout(() => {
      element.style.setProperty("--jp-tracker-left", `${element.scrollLeft}px`);
      element.classList.remove("jp-tracker-sideways");
    }, SETTLED);
  };
}
