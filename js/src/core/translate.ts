/** Texts in the language of the reader. They stand in English where they are used; a page that has a translator hands
 *  it over once, before it shows anything. A notebook has none, and shows them as they stand. */

type Value = string | number;

/** What JupyterLab's bundles of texts offer: `%1`, `%2`, … in a text stand for the values. */
export interface Translator {
  __(text: string, ...values: readonly Value[]): string;
  /** One text for a count of 1, another for any other; `%1` stands for the count. */
  _n(one: string, many: string, count: number, ...values: readonly Value[]): string;
}

const asWritten: Translator = {
  __: (text, ...values) =>
    text.replace(/%(\d)/g, (whole, place: string) => String(values[Number(place) - 1] ?? whole)),
  _n: (one, many, count, ...values) => asWritten.__(count === 1 ? one : many, count, ...values),
};

let translator = asWritten;

/** From now on texts are those of another translator; null for the texts as they stand. */
export function setTranslator(other: Translator | null): void {
  translator = other ?? asWritten;
}

/** To be asked when something is drawn, never when a module is loaded: then the translator is not there yet. */
export const trans: Translator = {
  __: (text, ...values) => translator.__(text, ...values),
  _n: (one, many, count, ...values) => translator._n(one, many, count, ...values),
};
