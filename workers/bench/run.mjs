// Runs the benchmarks of the Workers: node workers/bench/run.mjs [NAME]…
// They are small TypeScript files, bundled here with the esbuild that wrangler
// brings.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const all = { boundary: ["../border/core.wasm"] };
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(all);
const out = mkdtempSync(join(tmpdir(), "bench-"));
try {
	for (const name of chosen) {
		if (!all[name]) throw new Error(`there is no benchmark ${name}; there are: ${Object.keys(all).join(" ")}`);
		const file = join(out, `${name}.mjs`);
		buildSync({ entryPoints: [join(here, `${name}.ts`)], bundle: true, platform: "node", format: "esm", outfile: file });
		const { status } = spawnSync(process.execPath, [file, ...all[name].map((f) => join(here, f))], { stdio: "inherit" });
		if (status !== 0) process.exitCode = 1;
	}
} finally {
	rmSync(out, { recursive: true, force: true });
}
