// The core as WebAssembly, which is kept packed.
import { readFileSync, writeFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";

writeFileSync("core.wasm", brotliDecompressSync(readFileSync("core.wasm.br")));
