/**
 * Builds what browsers are given: `node build.mjs` → dist/editor/editor.js, dist/site/{site.js,styles.css}.
 * Fails above the budget, so that nobody's telephone pays for a careless import.
 */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "dist");
const BUDGETS = { "editor/editor.js": 165_000, "site/site.js": 9_000, "site/styles.css": 10_000 };

await build({
  entryPoints: {
    "editor/editor": join(here, "editor", "main.js"),
    "site/site": join(here, "site", "main.js"),
    "site/styles": join(here, "site", "main.css"),
  },
  outdir: target,
  bundle: true,
  minify: true,
  format: "iife",
  platform: "browser",
  target: ["es2022"],
  legalComments: "linked",
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
});

let tooLarge = false;
for (const [name, budget] of Object.entries(BUDGETS)) {
  const source = await readFile(join(target, name));
  const compressed = gzipSync(source, { level: 9 }).length;
  const verdict = compressed > budget ? "OVER BUDGET" : "ok";
  console.log(`${name}: ${source.length} bytes, ${compressed} gzipped of ${budget}: ${verdict}`);
  tooLarge ||= compressed > budget;
}
if (tooLarge) {
  console.error("build.mjs: take an import out, or change the budget with a reason");
  process.exitCode = 1;
}
