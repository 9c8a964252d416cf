// Starts worker.ts on Cloudflare's own runtime, and says "ready URL":
//
//	node workers/replay/host.mjs
//
// It ends with its standard input. core.wasm is made by scripts/build-workers.sh.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

const here = dirname(fileURLToPath(import.meta.url));
const { outputFiles } = buildSync({ entryPoints: [join(here, "worker.ts")], bundle: true, format: "esm", external: ["*.wasm"], write: false });
const runtime = new Miniflare(
	convertV4MiniflareOptions({
		compatibilityDate: "2026-10-01",
		modules: [
			{ type: "ESModule", path: join(here, "worker.mjs"), contents: outputFiles[0].text },
			{ type: "CompiledWasm", path: join(here, "../border/core.wasm"), contents: readFileSync(join(here, "../border/core.wasm")) },
		],
		modulesRoot: join(here, ".."),
	}),
);
process.stdout.write(`ready ${await runtime.ready}\n`);
process.stdin.resume().on("end", async () => {
	await runtime.dispose();
	process.exit();
});
