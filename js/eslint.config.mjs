import tseslint from "typescript-eslint";

const MARKUP = {
  selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
  message: "Text from runs is hostile: build elements.",
};

/** Words that a reader sees, as text or in an attribute, and that no translator does. */
function untranslated() {
  const words = "[value=/[a-z]{2}/i]";
  const places = [
    ":matches(JSXElement, JSXFragment) > JSXExpressionContainer",
    "JSXAttribute[name.name=/^(title|label|placeholder|alt|aria-(label|valuetext|description))$/] > JSXExpressionContainer",
  ];
  const shapes = [
    `> Literal${words}`,
    `> TemplateLiteral > TemplateElement[value.raw=/[a-z]{2}/i]`,
    `> :matches(ConditionalExpression, LogicalExpression) > Literal${words}`,
    "> :matches(ConditionalExpression, LogicalExpression) > TemplateLiteral > TemplateElement[value.raw=/[a-z]{2}/i]",
  ];
  const selectors = [
    `JSXText${words}`,
    `JSXAttribute[name.name=/^(title|label|placeholder|alt|aria-(label|valuetext|description))$/] > Literal${words}`,
    ...places.flatMap((place) => shapes.map((shape) => `${place} ${shape}`)),
  ];
  return selectors.map((selector) => ({ selector, message: "What a reader sees goes through trans.__." }));
}

export default tseslint.config(
  { ignores: ["lib", "node_modules"] },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
  },
  {
    files: ["**/*.{ts,tsx}"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "no-console": "error",
      "no-control-regex": "error",
      "max-lines": ["error", 300],
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Text from runs is hostile: build elements." },
        { property: "outerHTML", message: "Text from runs is hostile: build elements." },
        { property: "insertAdjacentHTML", message: "Text from runs is hostile: build elements." },
      ],
      "no-restricted-syntax": ["error", MARKUP],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      // Numbers in text are what this code is about.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ["src/views/**/*.tsx"],
    rules: { "no-restricted-syntax": ["error", MARKUP, ...untranslated()] },
  },
);
