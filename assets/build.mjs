/**
 * Builds the scripts that need a bundler: `node build.mjs` → dist/editor/*.js, measured.
 * Fails above the budget, so that nobody's telephone pays for a careless import.
 */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "dist", "editor");
const BUDGETS = { "editor.js": 165_000, "sign_out.js": 1_500 };

await build({
  entryPoints: {
    editor: join(here, "editor", "main.js"),
    sign_out: join(here, "editor", "sign_out.js"),
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
