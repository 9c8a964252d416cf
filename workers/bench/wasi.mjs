// Runs a Go test program that was built for wasip1: node workers/bench/wasi.mjs FILE [ARGUMENT]…
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [file, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [file, ...args], env: {}, preopens: {} });
wasi.start((await WebAssembly.instantiate(readFileSync(file), wasi.getImportObject())).instance);
