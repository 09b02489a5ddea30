/** Texts in the language of the reader. Views know no translator: whoever mounts them hands one over. */

/** `%1`, `%2`, … in the text stand for the values. */
export type Translate = (text: string, ...values: readonly (string | number)[]) => string;

/** The texts as they stand. */
export const asWritten: Translate = (text, ...values) =>
  text.replace(/%(\d)/g, (whole, place: string) => String(values[Number(place) - 1] ?? whole));
