// Wrangler gives an imported .wasm file as a compiled module.
// https://developers.cloudflare.com/workers/wrangler/bundling/
declare module "*.wasm" {
	const module: WebAssembly.Module;
	export default module;
}
