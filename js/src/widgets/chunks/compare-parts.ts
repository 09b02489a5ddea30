/** What a comparison shows besides curves; it comes when its first tab is opened. */

export { mountParts } from "../../views/compare/parts";
