/** What the sidebar is given, and what is kept of it from one page to the next. */

export interface Connection {
  readonly name: string;
  readonly address: string;
}

/** What is kept from one page to the next. */
export interface Kept {
  readonly open: readonly string[];
  readonly favourites: readonly string[];
  readonly order: string;
}

export const NOTHING_KEPT: Kept = { open: ["local"], favourites: [], order: "" };
