import js from "@eslint/js";
import globals from "globals";

const INJECTED = "Build elements; the policy forbids injected markup.";
const noInlineCode = [
  { selector: "CallExpression[callee.property.name='insertAdjacentHTML']", message: INJECTED },
  {
    selector: "AssignmentExpression[left.property.name=/^(innerHTML|outerHTML)$/]",
    message: INJECTED,
  },
  {
    selector: "MemberExpression[property.name='style']",
    message: "Set a class or an attribute: the policy forbids inline styles.",
  },
];

export default [
  { ignores: ["dist/", "node_modules/"] },
  js.configs.recommended,
  {
    files: ["editor/**/*.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.browser },
  },
  {
    files: ["**/*.mjs", "eslint.config.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.node },
  },
  {
    rules: {
      complexity: ["error", 8],
      eqeqeq: "error",
      "max-lines": ["error", 300],
      "max-lines-per-function": ["error", { max: 40 }],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-restricted-syntax": ["error", ...noInlineCode],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  { files: ["**/*.test.mjs"], rules: { "max-lines-per-function": "off" } },
];
