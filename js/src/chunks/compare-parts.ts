/** What a comparison shows besides curves. */

export { ComparePart } from "../views/compare/parts";
